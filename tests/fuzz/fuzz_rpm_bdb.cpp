// modules: pkgdb
// Any bytes as a Berkeley DB database: no crash, and every package listed has what a package must have.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto parsed = pkgdb::parse_rpm_bdb(ByteReader(bytes, "Packages"), Limits{});
    if (!parsed) {
        VERITAG_ASSERT(!parsed.error().message().empty());
        return 0;
    }
    // A record takes two offsets, a key of five bytes and a value of at least one beside its type.
    VERITAG_ASSERT(parsed->items.size() <= size / 11);
    for (const Package& package : parsed->items)
        VERITAG_ASSERT(!package.name.empty() && package.version.find('-') != std::string::npos);
    return 0;
}
