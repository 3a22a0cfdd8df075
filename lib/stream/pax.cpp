// The payload of a pax extended header is a list of records "LENGTH KEY=VALUE\n". LENGTH is decimal and counts the whole record,
// itself and the newline included; VALUE may hold any byte. Records that do not change what an entry is are checked and dropped.
// Sources: POSIX.1-2017 pax "pax Extended Header"; GNU tar manual "Storing Sparse Files"; golang/go: src/archive/tar/strconv.go.

#include "stream/pax.h"

#include "base/text.h"

#include <array>
#include <limits>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read pax header";

Error malformed(std::string_view where, std::size_t offset, std::string saw) {
    return {ErrorCode::malformed, std::string(kWhat), std::string(where) + " +" + std::to_string(offset), std::move(saw), ""};
}

struct Record {
    std::string_view key;
    std::string_view value;
};

// Takes the record at `offset` and moves `offset` behind it.
Result<Record> next_record(std::string_view payload, std::size_t& offset, std::string_view where) {
    const std::string_view rest = payload.substr(offset);
    const std::size_t space = rest.substr(0, 20).find(' ');  // no length that fits has more digits
    const std::optional<std::uint64_t> length = space == std::string_view::npos ? std::nullopt : parse_u64(rest.substr(0, space));
    if (!length) return malformed(where, offset, "\"" + quote(rest, 40) + "\" does not start with a record's length");
    if (*length > rest.size())
        return malformed(where, offset, "a record of " + std::to_string(*length) + " bytes, " + std::to_string(rest.size()) + " are left");
    if (*length < space + 2 || rest[static_cast<std::size_t>(*length) - 1] != '\n')
        return malformed(where, offset, "a record of " + std::to_string(*length) + " bytes does not end in a newline there");
    const std::string_view text = rest.substr(space + 1, static_cast<std::size_t>(*length) - space - 2);
    const auto parts = split_once(text, '=');
    if (!parts || parts->first.empty()) return malformed(where, offset, "record \"" + quote(text) + "\" is not KEY=VALUE");
    offset += static_cast<std::size_t>(*length);
    return Record{parts->first, parts->second};
}

std::string* text_field(PaxRecords& records, std::string_view key) {
    struct Field {
        std::string_view key;
        std::string PaxRecords::*member;
    };
    static constexpr std::array<Field, 9> kFields{{{"path", &PaxRecords::path},
                                                   {"linkpath", &PaxRecords::linkpath},
                                                   {"GNU.sparse.major", &PaxRecords::sparse_major},
                                                   {"GNU.sparse.minor", &PaxRecords::sparse_minor},
                                                   {"GNU.sparse.name", &PaxRecords::sparse_name},
                                                   {"GNU.sparse.size", &PaxRecords::sparse_size},
                                                   {"GNU.sparse.realsize", &PaxRecords::sparse_real_size},
                                                   {"GNU.sparse.numblocks", &PaxRecords::sparse_block_count},
                                                   {"GNU.sparse.map", &PaxRecords::sparse_map}}};
    for (const Field& field : kFields)
        if (field.key == key) return &(records.*field.member);
    return nullptr;
}

// GNU sparse format 0.0 repeats these two keys by turns; joined they are the map of format 0.1.
bool is_map_piece(std::string_view key) { return key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes"; }

Result<void> add_map_piece(std::string& map, std::size_t& pieces, const Record& record, std::string_view where, std::size_t offset) {
    const bool wants_offset = pieces % 2 == 0;
    if (wants_offset != (record.key == "GNU.sparse.offset") || !parse_u64(record.value))
        return malformed(where, offset, std::string(record.key) + "=" + quote(record.value) + " (" + (wants_offset ? "an offset" : "a length") + " is expected)");
    if (pieces++ > 0) map += ',';
    map += record.value;
    return ok();
}

}  // namespace

bool PaxRecords::changes_entries() const noexcept {
    return size || !path.empty() || !linkpath.empty() || !sparse_major.empty() || !sparse_minor.empty() || !sparse_name.empty() ||
           !sparse_size.empty() || !sparse_real_size.empty() || !sparse_map.empty();
}

Result<PaxRecords> parse_pax(std::string_view payload, std::string_view where) {
    PaxRecords records;
    std::string map;
    std::size_t pieces = 0;
    for (std::size_t offset = 0; offset < payload.size();) {
        const std::size_t start = offset;
        VERITAG_TRY(const Record record, next_record(payload, offset, where));
        if (std::string* const text = text_field(records, record.key)) {
            if (record.value.find('\0') != std::string_view::npos)
                return malformed(where, start, std::string(record.key) + "=\"" + quote(record.value) + "\" holds a NUL");
            *text = record.value;
        } else if (is_map_piece(record.key)) {
            VERITAG_CHECK(add_map_piece(map, pieces, record, where, start));
        } else if (record.key == "size") {
            records.size = parse_u64(record.value);
            const bool fits = records.size && *records.size <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            if (!fits && !record.value.empty()) return malformed(where, start, "size=" + quote(record.value) + " is not a number that fits 63 bits");
        }
    }
    if (pieces > 0) records.sparse_map = std::move(map);
    return records;
}

}  // namespace veritag::stream
