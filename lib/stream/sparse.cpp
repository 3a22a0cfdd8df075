// Forms of a sparse map, all by GNU tar:
//   old (type 'S'): pairs of 12-byte numbers {offset, length} at 386 of the header (four, then one byte "more follows" at 482 and the
//     real size at 483) and at 0 of each following block (21, then the same byte at 504); an empty offset ends the list
//   0.0, 0.1: in the pax header; 1.0: as text at the start of the content (pax.h, sparse.h)
// Sources: GNU tar manual "Storing Sparse Files"; golang/go: src/archive/tar/reader.go.

#include "stream/sparse.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/tar_header.h"

#include <string>
#include <utility>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read sparse map";
constexpr std::size_t kNumber = 12;

Error malformed(std::string_view where, std::string saw) { return {ErrorCode::malformed, std::string(kWhat), std::string(where), std::move(saw), ""}; }

Result<std::uint64_t> old_number(std::span<const std::byte> block, std::size_t offset, std::string_view where) {
    const std::string_view text = as_text(block.subspan(offset, kNumber));
    const std::optional<std::int64_t> number = parse_tar_number(text);
    if (!number || *number < 0) return malformed(where, "field \"" + quote(text) + "\" at byte " + std::to_string(offset) + " of the block is not a size");
    return static_cast<std::uint64_t>(*number);
}

// `count` pairs from `offset` on, then the byte that tells whether a further block follows.
Result<bool> read_pairs(std::span<const std::byte> block, std::size_t offset, std::size_t count, SparseMap& map, std::string_view where) {
    const bool more = block[offset + count * 2 * kNumber] != std::byte{0};
    for (std::size_t i = 0; i < count; ++i, offset += 2 * kNumber) {
        if (block[offset] == std::byte{0}) break;
        VERITAG_TRY(const std::uint64_t start, old_number(block, offset, where));
        VERITAG_TRY(const std::uint64_t length, old_number(block, offset + kNumber, where));
        map.push_back({start, length});
    }
    return more;
}

std::string to_text(const SparseExtent& extent) { return std::to_string(extent.length) + " bytes at " + std::to_string(extent.offset); }

}  // namespace

Result<void> check_sparse_map(const SparseMap& map, std::uint64_t real_size, std::uint64_t stored_size, std::string_view where) {
    std::uint64_t end = 0;
    std::uint64_t left = stored_size;
    for (const SparseExtent& extent : map) {
        if (extent.offset < end) return malformed(where, to_text(extent) + ", the part before ends at " + std::to_string(end));
        if (extent.offset > real_size || extent.length > real_size - extent.offset)
            return malformed(where, to_text(extent) + " in a file of " + std::to_string(real_size));
        if (extent.length > left) return malformed(where, "more parts than the " + std::to_string(stored_size) + " bytes that are stored");
        left -= extent.length;
        end = extent.end();
    }
    if (left > 0) return malformed(where, std::to_string(left) + " of " + std::to_string(stored_size) + " stored bytes belong to no part");
    return ok();
}

Result<bool> OldGnuSparse::read_header(std::span<const std::byte> block, SparseMap& map, std::uint64_t& real_size, std::string_view where) {
    VERITAG_TRY(real_size, old_number(block, 483, where));
    return read_pairs(block, 386, 4, map, where);
}

Result<bool> OldGnuSparse::read_extension(std::span<const std::byte> block, SparseMap& map, std::string_view where) {
    return read_pairs(block, 0, 21, map, where);
}

Result<SparseMap> parse_pax_sparse_map(const PaxRecords& records, std::string_view where) {
    SparseMap map;
    std::vector<std::string_view> numbers;
    if (!records.sparse_map.empty()) numbers = split(records.sparse_map, ',');
    const std::optional<std::uint64_t> count = parse_u64(records.sparse_block_count);
    if (!count || numbers.size() % 2 != 0 || numbers.size() / 2 != *count)
        return malformed(where, "GNU.sparse.numblocks=\"" + quote(records.sparse_block_count) + "\" with a map of " + std::to_string(numbers.size()) + " numbers");
    map.reserve(numbers.size() / 2);
    for (std::size_t i = 0; i < numbers.size(); i += 2) {
        const std::optional<std::uint64_t> offset = parse_u64(numbers[i]);
        const std::optional<std::uint64_t> length = parse_u64(numbers[i + 1]);
        if (!offset || !length) return malformed(where, "part \"" + quote(numbers[i]) + "," + quote(numbers[i + 1]) + "\" is not two numbers");
        map.push_back({*offset, *length});
    }
    return map;
}

Result<bool> SparseMapText::take(std::span<const std::byte> block, const Limits& limits, std::string_view where) {
    bytes_ += block.size();
    if (bytes_ > limits.tar_header_bytes) return limit_error(kWhat, where, bytes_, "limits.tar_header_bytes", limits.tar_header_bytes);
    for (const char c : as_text(block)) {
        if (whole()) return true;
        if (c == '\n') {
            VERITAG_CHECK(end_line(where));
        } else {
            line_ += c;
        }
    }
    return whole();
}

Result<void> SparseMapText::end_line(std::string_view where) {
    const std::optional<std::uint64_t> number = parse_u64(line_);
    if (!number) return malformed(where, "line \"" + quote(line_, 40) + "\" is not a number");
    line_.clear();
    if (!count_) {
        count_ = number;
    } else if (!offset_) {
        offset_ = number;
    } else {
        map_.push_back({*std::exchange(offset_, std::nullopt), *number});
    }
    return ok();
}

}  // namespace veritag::stream
