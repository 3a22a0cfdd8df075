// Maps of sparse files: which parts of a file the archive holds; the rest are holes.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "stream/pax.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace veritag::stream {

struct SparseExtent {
    std::uint64_t offset = 0;  ///< in the expanded file
    std::uint64_t length = 0;
    [[nodiscard]] std::uint64_t end() const noexcept { return offset + length; }
    friend bool operator==(const SparseExtent&, const SparseExtent&) = default;
};

using SparseMap = std::vector<SparseExtent>;

/// In order, without overlap, inside `real_size`, and `stored_size` bytes in all. Numbers up to 2^64 - 1 are safe.
Result<void> check_sparse_map(const SparseMap& map, std::uint64_t real_size, std::uint64_t stored_size, std::string_view where);

/// GNU tar's old form: four extents in the header block, 21 in each block that follows it. Adds those of one block to `map` and
/// tells whether a further block follows.
struct OldGnuSparse {
    static Result<bool> read_header(std::span<const std::byte> block, SparseMap& map, std::uint64_t& real_size, std::string_view where);
    static Result<bool> read_extension(std::span<const std::byte> block, SparseMap& map, std::string_view where);
};

/// The map of formats 0.0 and 0.1, which stands in the pax header.
Result<SparseMap> parse_pax_sparse_map(const PaxRecords& records, std::string_view where);

/// The map of format 1.0: decimal lines at the start of the content, padded to a block: the count, then offset and length of each.
class SparseMapText {
public:
    /// One more block. True when the map is whole; what follows in that block is padding.
    Result<bool> take(std::span<const std::byte> block, const Limits& limits, std::string_view where);
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }  ///< taken so far, whole blocks
    [[nodiscard]] SparseMap& map() noexcept { return map_; }

private:
    Result<void> end_line(std::string_view where);
    [[nodiscard]] bool whole() const noexcept { return count_ && !offset_ && map_.size() == *count_; }

    SparseMap map_;
    std::optional<std::uint64_t> count_;
    std::optional<std::uint64_t> offset_;  // read, while its length is still to come
    std::string line_;
    std::uint64_t bytes_ = 0;
};

}  // namespace veritag::stream
