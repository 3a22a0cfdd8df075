// An rpm header as databases store it, big endian: u32 entry count, u32 data size, entries of 16 bytes {tag, type, offset,
// count}, then the data. Package files put 8 bytes of magic (8eade801 and four zeros) in front; databases do not.
// The first entry may be a region (tags 61 to 63): what was signed in the package file. Its 16 bytes of data close the region
// and hold {tag, type, minus the size of the region's index, 16}. Entries behind the region were added on installation, with
// data behind the region's; they replace entries of the same tag. Data lie in the order of the entries, without overlap.
// Source: rpm-software-management/rpm: lib/header.c, docs/manual/format_header.md.

#include "pkgdb/rpm_header.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read rpm header";
constexpr std::uint32_t kMagic = 0x8eade801;
constexpr std::uint32_t kEntryBytes = 16;
constexpr std::uint32_t kFirstRegionTag = 61;
constexpr std::uint32_t kLastRegionTag = 63;

constexpr std::uint32_t kInt32 = 4;
constexpr std::uint32_t kString = 6;
constexpr std::uint32_t kBinary = 7;
constexpr std::uint32_t kStringArray = 8;
constexpr std::uint32_t kI18nString = 9;
// Bytes of one element, by type: null, char, int8, int16, int32, int64, string, binary, string array, i18n string.
// It is the alignment too. Strings have no fixed size.
constexpr std::array<std::uint32_t, 10> kElementBytes{0, 1, 1, 2, 4, 8, 0, 1, 0, 0};

bool holds_text(std::uint32_t type) noexcept { return type == kString || type == kStringArray || type == kI18nString; }

RpmEntry read_entry(ByteReader& in) noexcept {
    RpmEntry entry;
    entry.tag = in.u32be();
    entry.type = in.u32be();
    entry.offset = in.u32be();
    entry.count = in.u32be();
    return entry;
}

Error bad_entry(const ByteReader& data, const RpmEntry& entry, std::string_view saw) {
    return data.malformed("read rpm tag " + std::to_string(entry.tag), saw);
}

// Where the entry's data end, as an offset into `data`.
Result<std::uint64_t> end_of_entry(const ByteReader& data, const RpmEntry& entry) {
    if (entry.type >= kElementBytes.size()) return bad_entry(data, entry, "type " + std::to_string(entry.type) + " (0 to 9 exist)");
    if (entry.offset > data.size())
        return bad_entry(data, entry, "offset " + std::to_string(entry.offset) + " in " + std::to_string(data.size()) + " bytes of data");
    const std::uint64_t room = data.size() - entry.offset;

    if (holds_text(entry.type)) {
        if (entry.type == kString && entry.count != 1)
            return bad_entry(data, entry, std::to_string(entry.count) + " strings where one belongs");
        ByteReader strings = data.sub(entry.offset, room);
        for (std::uint32_t i = 0; i < entry.count && strings.ok(); ++i) (void)strings.c_string();
        if (!strings.ok()) return bad_entry(data, entry, std::to_string(entry.count) + " strings do not end inside the data");
        return entry.offset + static_cast<std::uint64_t>(strings.position());
    }

    const std::uint32_t width = kElementBytes[entry.type];
    if (width == 0) return std::uint64_t{entry.offset};
    if (entry.offset % width != 0)
        return bad_entry(data, entry, "offset " + std::to_string(entry.offset) + " is not aligned to " + std::to_string(width));
    if (entry.count > room / width)
        return bad_entry(
            data, entry,
            std::to_string(entry.count) + " elements of " + std::to_string(width) + " bytes in " + std::to_string(room) + " bytes");
    return entry.offset + std::uint64_t{entry.count} * width;
}

// Checks entries [first, last), whose data must lie in order between `begin` and the end of `data`.
Result<void> check_entries(const ByteReader& data, const std::vector<RpmEntry>& entries, std::size_t first, std::size_t last,
                           std::uint64_t begin) {
    std::array<bool, 32> identity_seen{};
    for (std::size_t i = first; i < last; ++i) {
        const RpmEntry& entry = entries[i];
        if (entry.offset < begin)
            return bad_entry(data, entry, "offset " + std::to_string(entry.offset) + " overlaps data that end at " + std::to_string(begin));
        VERITAG_TRY(begin, end_of_entry(data, entry));
        // rpm's own look-up picks any of two, so that such a header names no one package.
        const std::uint32_t identity = entry.tag - static_cast<std::uint32_t>(RpmTag::name);
        if (identity < identity_seen.size() && std::exchange(identity_seen[identity], true))
            return bad_entry(data, entry, "the tag stands twice");
    }
    return ok();
}

// The number of entries that the region at entry 0 spans, itself included.
Result<std::size_t> region_length(const ByteReader& data, const std::vector<RpmEntry>& entries) {
    const RpmEntry& region = entries.front();
    if (region.type != kBinary || region.count != kEntryBytes) return bad_entry(data, region, "a region whose data are no 16-byte trailer");
    ByteReader at = data.sub(region.offset, kEntryBytes);
    const RpmEntry trailer = read_entry(at);
    if (!at.ok()) return bad_entry(data, region, "region trailer at " + std::to_string(region.offset) + ", beyond the data");
    const std::uint32_t index_bytes = 0U - trailer.offset;
    if (trailer.tag != region.tag || trailer.type != kBinary || trailer.count != kEntryBytes || index_bytes % kEntryBytes != 0 ||
        index_bytes == 0 || index_bytes / kEntryBytes > entries.size())
        return bad_entry(data, region,
                         "region trailer {" + std::to_string(trailer.tag) + ", " + std::to_string(trailer.type) + ", " +
                             std::to_string(trailer.offset) + ", " + std::to_string(trailer.count) + "}");
    return std::size_t{index_bytes / kEntryBytes};
}

Result<void> check_header(const ByteReader& data, const std::vector<RpmEntry>& entries) {
    const RpmEntry& region = entries.front();
    if (region.tag < kFirstRegionTag || region.tag > kLastRegionTag) return check_entries(data, entries, 0, entries.size(), 0);
    VERITAG_TRY(const std::size_t length, region_length(data, entries));
    VERITAG_CHECK(check_entries(data.sub(0, region.offset), entries, 1, length, 0));
    return check_entries(data, entries, length, entries.size(), std::uint64_t{region.offset} + kEntryBytes);
}

Result<std::string_view> required_text(const RpmHeader& header, RpmTag tag, std::string_view name) {
    VERITAG_TRY(const std::optional<std::string_view> text, header.text(tag));
    if (!text || text->empty()) return header.data().malformed(kWhat, "it has no " + std::string(name));
    return *text;
}

}  // namespace

const RpmEntry* RpmHeader::find(RpmTag tag) const noexcept {
    const auto same = [tag](const RpmEntry& entry) { return entry.tag == static_cast<std::uint32_t>(tag); };
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(), same);  // from behind: added entries replace the region's
    return found == entries_.rend() ? nullptr : &*found;
}

Result<std::optional<std::string_view>> RpmHeader::text(RpmTag tag) const {
    using Text = std::optional<std::string_view>;
    const RpmEntry* entry = find(tag);
    if (entry == nullptr || entry->count == 0) return Text();
    if (!holds_text(entry->type)) return bad_entry(data_, *entry, "type " + std::to_string(entry->type) + " where text belongs");
    return Text(data_.sub(entry->offset, data_.size() - entry->offset).c_string());
}

Result<std::optional<std::uint32_t>> RpmHeader::number(RpmTag tag) const {
    using Number = std::optional<std::uint32_t>;
    const RpmEntry* entry = find(tag);
    if (entry == nullptr || entry->count == 0) return Number();
    if (entry->type != kInt32) return bad_entry(data_, *entry, "type " + std::to_string(entry->type) + " where a 32-bit number belongs");
    return Number(data_.sub(entry->offset, sizeof(std::uint32_t)).u32be());
}

Result<RpmHeader> parse_rpm_header(ByteReader in, const Limits& limits) {
    if (in.size() > limits.rpm_header_bytes) return in.over_limit(kWhat, in.size(), "limits.rpm_header_bytes", limits.rpm_header_bytes);
    if (in.sub(0, sizeof(kMagic)).u32be() == kMagic) in.skip(8);
    const std::uint32_t entry_count = in.u32be();
    const std::uint32_t data_size = in.u32be();
    if (!in.ok()) return in.truncated(kWhat);
    if (entry_count == 0) return in.malformed(kWhat, "no entries");
    if (entry_count > limits.rpm_header_entries)
        return in.over_limit(kWhat, entry_count, "limits.rpm_header_entries", limits.rpm_header_entries);

    const std::uint64_t needed = std::uint64_t{entry_count} * kEntryBytes + data_size;
    if (needed > in.remaining()) return in.truncated(kWhat);
    if (needed < in.remaining())
        return in.malformed(kWhat, std::to_string(in.remaining()) + " bytes where index and data take " + std::to_string(needed));

    std::vector<RpmEntry> entries(entry_count);
    for (RpmEntry& entry : entries) entry = read_entry(in);
    const ByteReader data = in.sub(in.position(), data_size);
    VERITAG_CHECK(check_header(data, entries));
    return RpmHeader(std::move(entries), data);
}

Result<std::optional<Package>> read_rpm_package(ByteReader blob, const Limits& limits) {
    VERITAG_TRY(const RpmHeader header, parse_rpm_header(blob, limits));
    VERITAG_TRY(const std::string_view name, required_text(header, RpmTag::name, "name"));
    if (name == "gpg-pubkey") return std::optional<Package>();
    const auto of_package = [name](const Error& error) { return error.at("package " + quote(name)); };

    const Result<std::string_view> version = required_text(header, RpmTag::version, "version");
    if (!version) return of_package(version.error());
    const Result<std::string_view> release = required_text(header, RpmTag::release, "release");
    if (!release) return of_package(release.error());
    const Result<std::optional<std::uint32_t>> epoch = header.number(RpmTag::epoch);
    if (!epoch) return of_package(epoch.error());
    const Result<std::optional<std::string_view>> arch = header.text(RpmTag::arch);
    if (!arch) return of_package(arch.error());

    Package package;
    package.type = PackageType::rpm;
    package.name = std::string(name);
    if (*epoch) package.version = std::to_string(**epoch) + ":";
    package.version += std::string(*version) + "-" + std::string(*release);
    package.arch = std::string(arch->value_or(""));
    package.path = std::string(blob.origin());
    return std::optional(std::move(package));
}

}  // namespace veritag::pkgdb
