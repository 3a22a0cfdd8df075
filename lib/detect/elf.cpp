// ELF: identification {magic, class (1: 32 bit, 2: 64 bit), data (1: little endian, 2: big endian)}, then the file header with
// e_type, e_machine and the place of the program headers. PT_DYNAMIC points to {tag, value} pairs: DT_SONAME is an offset into
// the string table, DT_STRTAB the table's address, which a PT_LOAD segment maps to a place in the file. Section headers are not
// needed, and stripped files have none. Source: System V ABI (gabi 4.1), chapters 4 and 5.

#include "detect/elf.h"

#include <array>
#include <vector>

namespace veritag::detect {
namespace {

constexpr std::string_view kWhat = "read ELF file";
constexpr std::string_view kMagic =
    "\x7f"
    "ELF";
constexpr std::uint16_t kSharedObject = 3;
constexpr std::uint32_t kLoad = 1;
constexpr std::uint32_t kDynamic = 2;
constexpr std::uint64_t kEndOfDynamic = 0;
constexpr std::uint64_t kStringTable = 5;
constexpr std::uint64_t kStringTableBytes = 10;
constexpr std::uint64_t kSoname = 14;
constexpr std::uint64_t kLongestSoname = 4096;

/// Reads numbers in the file's own width and byte order.
struct Layout {
    bool wide = true;
    bool big_endian = false;

    std::uint16_t half(ByteReader& in) const noexcept { return big_endian ? in.u16be() : in.u16le(); }
    std::uint32_t word(ByteReader& in) const noexcept { return big_endian ? in.u32be() : in.u32le(); }
    /// An address, offset or size.
    std::uint64_t native(ByteReader& in) const noexcept {
        if (!wide) return word(in);
        return big_endian ? in.u64be() : in.u64le();
    }
    [[nodiscard]] std::uint16_t segment_bytes() const noexcept { return wide ? 56 : 32; }
};

struct Segment {
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
    std::uint64_t address = 0;
    std::uint64_t file_size = 0;
};

struct Dynamic {
    std::optional<std::uint64_t> soname;
    std::optional<std::uint64_t> table_address;
    std::uint64_t table_bytes = 0;
};

std::string architecture_of(std::uint16_t machine, const Layout& layout) {
    struct Known {
        std::uint16_t machine;
        bool wide;
        bool big_endian;
        const char* name;
    };
    // e_machine numbers: gabi 4.1 and its registry; names: Go's GOARCH, which OCI uses (opencontainers/image-spec: config.md).
    static constexpr std::array<Known, 15> kKnown{{{62, true, false, "amd64"},
                                                   {183, true, false, "arm64"},
                                                   {3, false, false, "386"},
                                                   {40, false, false, "arm"},
                                                   {40, false, true, "armbe"},
                                                   {243, true, false, "riscv64"},
                                                   {243, false, false, "riscv"},
                                                   {21, true, false, "ppc64le"},
                                                   {21, true, true, "ppc64"},
                                                   {22, true, true, "s390x"},
                                                   {258, true, false, "loong64"},
                                                   {8, true, false, "mips64le"},
                                                   {8, true, true, "mips64"},
                                                   {8, false, false, "mipsle"},
                                                   {8, false, true, "mips"}}};
    for (const Known& known : kKnown)
        if (known.machine == machine && known.wide == layout.wide && known.big_endian == layout.big_endian) return known.name;
    return "machine-" + std::to_string(machine);
}

Segment read_segment(ByteReader& in, const Layout& layout) noexcept {
    Segment segment;
    segment.type = layout.word(in);
    if (layout.wide) in.skip(4);  // p_flags, which 32-bit files keep further down
    segment.offset = layout.native(in);
    segment.address = layout.native(in);
    (void)layout.native(in);  // physical address
    segment.file_size = layout.native(in);
    (void)layout.native(in);  // size in memory
    if (!layout.wide) in.skip(4);
    (void)layout.native(in);  // alignment
    return segment;
}

Dynamic read_dynamic(ByteReader in, const Layout& layout) noexcept {
    Dynamic dynamic;
    while (!in.at_end()) {
        const std::uint64_t tag = layout.native(in);
        const std::uint64_t value = layout.native(in);
        if (!in.ok() || tag == kEndOfDynamic) break;
        if (tag == kStringTable) dynamic.table_address = value;
        if (tag == kStringTableBytes) dynamic.table_bytes = value;
        if (tag == kSoname) dynamic.soname = value;
    }
    return dynamic;
}

std::optional<std::uint64_t> file_offset_of(std::uint64_t address, const std::vector<Segment>& segments) noexcept {
    for (const Segment& segment : segments)
        if (segment.type == kLoad && address >= segment.address && address - segment.address < segment.file_size)
            return segment.offset + (address - segment.address);
    return std::nullopt;
}

// The name at the place that the dynamic section gives; nullopt where there is none or it lies beyond the bytes at hand.
Result<std::optional<std::string>> read_soname(const ByteReader& file, const Layout& layout, const std::vector<Segment>& segments) {
    const Segment* dynamic_segment = nullptr;
    for (const Segment& segment : segments)
        if (segment.type == kDynamic) dynamic_segment = &segment;
    if (dynamic_segment == nullptr) return std::optional<std::string>();
    const ByteReader dynamic_bytes = file.sub(dynamic_segment->offset, dynamic_segment->file_size);
    if (!dynamic_bytes.ok()) return std::optional<std::string>();

    const Dynamic dynamic = read_dynamic(dynamic_bytes, layout);
    if (!dynamic.soname) return std::optional<std::string>();
    if (!dynamic.table_address) return dynamic_bytes.malformed(kWhat, "a DT_SONAME without a DT_STRTAB");
    if (*dynamic.soname >= dynamic.table_bytes)
        return dynamic_bytes.malformed(kWhat, "DT_SONAME " + std::to_string(*dynamic.soname) + " in a string table of " +
                                                  std::to_string(dynamic.table_bytes) + " bytes");
    const std::optional<std::uint64_t> table = file_offset_of(*dynamic.table_address, segments);
    if (!table)
        return dynamic_bytes.malformed(kWhat, "DT_STRTAB " + std::to_string(*dynamic.table_address) + " lies in no segment of the file");

    const ByteReader strings = file.sub(*table, dynamic.table_bytes);
    if (!strings.ok()) return std::optional<std::string>();
    const std::uint64_t room = dynamic.table_bytes - *dynamic.soname;
    ByteReader at = strings.sub(*dynamic.soname, room);
    const std::string_view name = at.c_string();
    if (!at.ok()) return strings.malformed(kWhat, "DT_SONAME does not end inside the string table");
    if (name.size() > kLongestSoname)
        return strings.malformed(kWhat, "a DT_SONAME of " + std::to_string(name.size()) + " bytes (4096 are allowed)");
    if (name.empty()) return std::optional<std::string>();
    return std::optional(std::string(name));
}

}  // namespace

bool may_be_code(std::string_view path, std::uint64_t size, std::uint32_t mode) noexcept {
    constexpr std::uint32_t kAnyExecute = 0111;
    if (size < kElfHeadBytes) return false;
    if ((mode & kAnyExecute) != 0) return true;
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name.ends_with(".so") || name.find(".so.") != std::string_view::npos;
}

bool is_elf(std::string_view head) noexcept { return head.starts_with(kMagic); }

std::string elf_architecture(std::string_view head) {
    ByteReader reader(head);
    const std::string_view magic = reader.text(kMagic.size());
    const Layout layout{.wide = reader.u8() == 2, .big_endian = reader.u8() == 2};
    reader.seek(18);
    const std::uint16_t machine = layout.half(reader);
    return reader.ok() && magic == kMagic ? architecture_of(machine, layout) : std::string();
}

Result<ElfInfo> parse_elf(ByteReader reader) {
    const ByteReader file = reader;
    const std::string_view magic = reader.text(kMagic.size());
    const std::uint8_t file_class = reader.u8();
    const std::uint8_t data = reader.u8();
    reader.seek(16);
    if (!reader.ok()) return file.truncated(kWhat);
    if (magic != kMagic) return file.malformed(kWhat, "no ELF magic");
    if (file_class != 1 && file_class != 2) return file.malformed(kWhat, "class " + std::to_string(file_class) + " (1 and 2 exist)");
    if (data != 1 && data != 2) return file.malformed(kWhat, "byte order " + std::to_string(data) + " (1 and 2 exist)");
    const Layout layout{.wide = file_class == 2, .big_endian = data == 2};

    ElfInfo info;
    info.shared_object = layout.half(reader) == kSharedObject;
    info.machine = layout.half(reader);
    if (!reader.ok()) return file.truncated(kWhat);
    info.architecture = architecture_of(info.machine, layout);

    reader.skip(4);               // e_version
    (void)layout.native(reader);  // e_entry
    const std::uint64_t segments_at = layout.native(reader);
    (void)layout.native(reader);  // e_shoff
    reader.skip(4 + 2);           // e_flags, e_ehsize
    const std::uint16_t segment_bytes = layout.half(reader);
    const std::uint16_t segment_count = layout.half(reader);
    if (!reader.ok() || segment_count == 0) return info;
    if (segment_bytes != layout.segment_bytes())
        return file.malformed(kWhat, "program headers of " + std::to_string(segment_bytes) + " bytes (" +
                                         std::to_string(layout.segment_bytes()) + " are expected)");
    ByteReader table = file.sub(segments_at, std::uint64_t{segment_count} * segment_bytes);
    std::vector<Segment> segments;
    while (!table.at_end()) segments.push_back(read_segment(table, layout));
    VERITAG_TRY(info.soname, read_soname(file, layout, segments));
    return info;
}

}  // namespace veritag::detect
