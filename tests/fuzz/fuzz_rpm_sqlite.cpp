// modules: pkgdb
// Any bytes as an SQLite database with a write-ahead log. Input: u32 little
// endian size of the database, the database, the log; a size beyond the input
// means a database without log.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace veritag;
  ByteReader in(std::as_bytes(std::span(data, size)), "rpmdb.sqlite");
  const std::uint32_t database_size = in.u32le();
  const bool has_wal = database_size <= in.remaining();
  const ByteReader database =
      in.sub(in.position(), has_wal ? database_size : in.remaining());
  std::optional<std::span<const std::byte>> wal;
  in.skip(database.size());
  if (has_wal)
    wal = in.bytes(in.remaining());

  Limits limits;
  limits.package_database_bytes = 1 << 20;
  const auto parsed = pkgdb::parse_rpm_sqlite(database, wal, limits);
  if (!parsed) {
    VERITAG_ASSERT(!parsed.error().message().empty());
    return 0;
  }
  for (const Package &package : parsed->items)
    VERITAG_ASSERT(!package.name.empty() &&
                   package.version.find('-') != std::string::npos);
  return 0;
}
