// modules: pkgdb
// Any bytes as METADATA: a name and a version, or an error.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace veritag;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto package = pkgdb::parse_python_metadata(
      ByteReader(bytes, "a-1.dist-info/METADATA"), Limits{});
  if (!package) {
    VERITAG_ASSERT(!package.error().message().empty());
    return 0;
  }
  VERITAG_ASSERT(package->has_value() && !(*package)->name.empty() &&
                 !(*package)->version.empty());
  const std::string normal = pkgdb::normalise_python_name((*package)->name);
  VERITAG_ASSERT(pkgdb::normalise_python_name(normal) == normal);
  return 0;
}
