// modules: pkgdb
// Any bytes as apk's installed database: every package has a name and a version, and a whole file read once more with a block
// behind it gives one package more.
#include "pkgdb/pkgdb.h"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const auto parsed = pkgdb::parse_apk_installed(ByteReader(std::as_bytes(std::span(data, size)), "installed"), Limits{});
    if (!parsed) {
        VERITAG_ASSERT(!parsed.error().message().empty());
        return 0;
    }
    for (const Package& package : parsed->items) VERITAG_ASSERT(!package.name.empty() && !package.version.empty());
    if (!parsed->problems.empty()) return 0;
    const std::string longer = std::string(as_text(std::as_bytes(std::span(data, size)))) + "\nP:last\nV:1-r0\n\n";
    const auto again = pkgdb::parse_apk_installed(ByteReader(std::string_view(longer), "installed"), Limits{});
    VERITAG_ASSERT(again && again->problems.empty() && again->items.size() == parsed->items.size() + 1);
    return 0;
}
