// modules: pkgdb
// Any bytes as a dpkg status file, and as a file of status.d. The text formats
// agree: what has a Status reads alike in both.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace veritag;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto status =
      pkgdb::parse_dpkg_status(ByteReader(bytes, "status"), false, Limits{});
  const auto status_d =
      pkgdb::parse_dpkg_status(ByteReader(bytes, "status"), true, Limits{});
  VERITAG_ASSERT(status.has_value() == status_d.has_value());
  if (!status)
    return 0;
  VERITAG_ASSERT(status->items.size() <= status_d->items.size());
  for (const Package &package : status_d->items)
    VERITAG_ASSERT(!package.name.empty() && !package.version.empty());
  return 0;
}
