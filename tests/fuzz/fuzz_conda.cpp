// modules: pkgdb
// Any bytes as a conda record: a package with name and version, or an error; the file's name decides only whether it is one.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto named = pkgdb::parse_conda_record(ByteReader(bytes, "conda-meta/a-1-0.json"), Limits{});
    const auto other = pkgdb::parse_conda_record(ByteReader(bytes, "conda-meta/notes.json"), Limits{});
    if (!named) {
        VERITAG_ASSERT(!named.error().message().empty() && (!other || !*other));
        return 0;
    }
    VERITAG_ASSERT(named->has_value() && !(*named)->name.empty() && !(*named)->version.empty());
    VERITAG_ASSERT(other && *other && (*other)->name == (*named)->name);
    return 0;
}
