// modules: detect
// Any bytes as an ELF file. What a head tells, the whole file tells too.
#include "detect/elf.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace veritag;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto info = detect::parse_elf(ByteReader(bytes, "lib.so"));
  if (!info) {
    VERITAG_ASSERT(!info.error().message().empty());
    return 0;
  }
  VERITAG_ASSERT(!info->architecture.empty());
  if (info->soname)
    VERITAG_ASSERT(!info->soname->empty() && info->soname->size() < size);
  const auto head = detect::parse_elf(
      ByteReader(bytes.first(size < 64 ? size : 64), "lib.so"));
  if (head)
    VERITAG_ASSERT(head->machine == info->machine);
  return 0;
}
