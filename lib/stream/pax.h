// Records of a pax extended header, as far as they change what an entry is.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::stream {

/// Values as text; an empty one is as good as none (POSIX.1-2017 pax: a zero-length value takes back the earlier one).
struct PaxRecords {
    std::string path;
    std::string linkpath;
    std::optional<std::uint64_t> size;  ///< at most 2^63 - 1
    std::string sparse_major;           ///< GNU.sparse.major, and so on
    std::string sparse_minor;
    std::string sparse_name;
    std::string sparse_size;
    std::string sparse_real_size;
    std::string sparse_block_count;     ///< GNU.sparse.numblocks
    std::string sparse_map;             ///< offset,length,…: of GNU.sparse.map, or joined from GNU.sparse.offset and .numbytes

    /// True where a record says what a global header must not (see TarReader): names, sizes, sparse maps.
    [[nodiscard]] bool changes_entries() const noexcept;
};

Result<PaxRecords> parse_pax(std::string_view payload, std::string_view where);

}  // namespace veritag::stream
