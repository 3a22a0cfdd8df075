// The little of ELF that evidence needs: machine and DT_SONAME (System V ABI, gabi 4.1).
#pragma once

#include "base/byte_reader.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace veritag::detect {

struct ElfInfo {
    std::uint16_t machine = 0;
    std::string architecture;           ///< OCI word: `amd64`, `arm64`, `riscv64`, …; `machine-<n>` where unknown
    bool shared_object = false;
    std::optional<std::string> soname;  ///< absent where there is none, or it lies beyond the bytes at hand
};

inline constexpr std::size_t kElfHeadBytes = 20;  ///< identification, type and machine
/// Whether a file of that name, size and mode may be code: the kernel loads what has an x bit, the dynamic linker what is called *.so*.
bool may_be_code(std::string_view path, std::uint64_t size, std::uint32_t mode) noexcept;
bool is_elf(std::string_view head) noexcept;
/// The architecture as in ElfInfo from the first kElfHeadBytes; empty where that is no ELF file.
std::string elf_architecture(std::string_view head);
/// Reads what the bytes at hand allow: the head of a big library gives the machine, the whole file the soname too.
Result<ElfInfo> parse_elf(ByteReader reader);

}  // namespace veritag::detect
