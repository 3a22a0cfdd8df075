// One 512-byte header block of a tar archive, and the number formats that stand in it.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace veritag::stream {

constexpr std::size_t kTarBlock = 512;

enum class TarFormat : std::uint8_t { v7, ustar, star, gnu };

/// What one header block says, before pax records and long names override it.
struct TarHeader {
    TarFormat format = TarFormat::v7;
    char type = '0';
    std::string name;  ///< prefix and name joined where the format has a prefix
    std::string link;
    std::uint64_t size = 0;  ///< at most 2^63 - 1
    std::uint32_t mode = 0;
};

/// `block` holds kTarBlock bytes. The caller adds to an error where it stands.
Result<TarHeader> parse_tar_header(std::span<const std::byte> block);

/// Octal text, padded by spaces and NULs at both ends, or GNU's base-256 form (first bit set), which may be negative.
/// An empty field is 0. nullopt where it is neither or does not fit.
std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept;

[[nodiscard]] bool all_zero(std::span<const std::byte> bytes) noexcept;

/// Zero bytes from `size` to the next block border.
constexpr std::uint64_t tar_padding(std::uint64_t size) noexcept { return (kTarBlock - size % kTarBlock) % kTarBlock; }

}  // namespace veritag::stream
