// modules: pkgdb
// Any bytes as an egg-link and as direct_url.json: a directory that may be looked up, or an error.
#include "pkgdb/pkgdb.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const auto bytes = std::as_bytes(std::span(data, size));
    const Limits limits;
    const auto is_path = [&](const std::string& path) { return !path.empty() && path.size() <= limits.path_bytes && path.find('\0') == std::string::npos; };
    const auto link = pkgdb::parse_egg_link(ByteReader(bytes, "a.egg-link"), limits);
    VERITAG_ASSERT(link ? is_path(*link) : !link.error().message().empty());
    const auto direct = pkgdb::parse_direct_url(ByteReader(bytes, "direct_url.json"), limits);
    VERITAG_ASSERT(direct ? !*direct || (is_path(**direct) && (*direct)->starts_with('/')) : !direct.error().message().empty());
    return 0;
}
