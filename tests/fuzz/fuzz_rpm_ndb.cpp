// modules: pkgdb
// Any bytes as an NDB database: no crash, and every package listed has what a
// package must have.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace veritag;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto parsed =
      pkgdb::parse_rpm_ndb(ByteReader(bytes, "Packages.db"), Limits{});
  if (!parsed) {
    VERITAG_ASSERT(!parsed.error().message().empty());
    return 0;
  }
  VERITAG_ASSERT(parsed->items.size() <=
                 size / 32); // a blob takes two blocks of 16 bytes at the least
  for (const Package &package : parsed->items)
    VERITAG_ASSERT(!package.name.empty() &&
                   package.version.find('-') != std::string::npos);
  return 0;
}
