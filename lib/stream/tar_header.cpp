// A tar header block (offset, length):
//   0,100 name; 100,8 mode; 108,8 uid; 116,8 gid; 124,12 size; 136,12 mtime; 148,8 checksum; 156,1 type; 157,100 link name;
//   257,6 magic; 263,2 version; 265,32 user; 297,32 group; 329,8 device major; 337,8 device minor
//   ustar ("ustar\0"): 345,155 name prefix; star (ustar with "tar\0" at 508): 345,131 name prefix
//   gnu ("ustar  \0"): 345,12 atime; 357,12 ctime; 386,96 sparse map; 482,1 more of it follows; 483,12 real size
// The checksum is the sum of all bytes with its own field as spaces; old programs summed signed chars.
// Sources: POSIX.1-2017 pax "ustar Interchange Format"; GNU tar manual "Basic Tar Format"; golang/go: src/archive/tar/format.go.

#include "stream/tar_header.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read tar header";
constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kChecksumSize = 8;

std::string_view field(std::span<const std::byte> block, std::size_t offset, std::size_t size) {
    return as_text(block.subspan(offset, size));
}

// Text up to the first NUL; a field may be full.
std::string_view text_field(std::span<const std::byte> block, std::size_t offset, std::size_t size) {
    const std::string_view all = field(block, offset, size);
    return all.substr(0, all.find('\0'));
}

std::optional<std::int64_t> parse_base256(std::string_view field) noexcept {
    // Two's complement, big endian; the marker bit is not part of the number and bit 6 is the sign.
    const bool negative = (static_cast<unsigned char>(field[0]) & 0x40) != 0;
    const unsigned char flip = negative ? 0xff : 0x00;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size(); ++i) {
        auto byte = static_cast<unsigned char>(static_cast<unsigned char>(field[i]) ^ flip);
        if (i == 0) byte &= 0x7f;
        if (value >> 56 != 0) return std::nullopt;
        value = (value << 8) | byte;
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    const auto number = static_cast<std::int64_t>(value);
    return negative ? ~number : number;
}

std::optional<std::int64_t> parse_octal(std::string_view field) noexcept {
    const auto is_pad = [](char c) { return c == ' ' || c == '\0'; };
    while (!field.empty() && is_pad(field.front())) field.remove_prefix(1);
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; digits < field.size() && field[digits] >= '0' && field[digits] <= '7'; ++digits) {
        if (value >> 60 != 0) return std::nullopt;
        value = (value << 3) | static_cast<std::uint64_t>(field[digits] - '0');
    }
    // What follows a NUL is left over from whatever the writer had in its buffer.
    const std::string_view rest = field.substr(digits, field.find('\0', digits) - digits);
    if (!std::all_of(rest.begin(), rest.end(), is_pad)) return std::nullopt;
    if (digits == 0 && !field.empty()) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

bool has_number(std::string_view field) noexcept { return field[0] == '\0' || parse_tar_number(field).has_value(); }

// The sum of the bytes, and how many of them are negative as signed chars.
struct ByteSum {
    std::int64_t sum = 0;
    std::int64_t negative = 0;
};

ByteSum sum_of(std::span<const std::byte> bytes) noexcept {
    std::uint32_t sum = 0;
    std::uint32_t negative = 0;
    for (const std::byte byte : bytes) {
        sum += std::to_integer<std::uint32_t>(byte);
        negative += std::to_integer<std::uint32_t>(byte) >> 7;
    }
    return {sum, negative};
}

Result<void> check_checksum(std::span<const std::byte> block) {
    const ByteSum all = sum_of(block);
    const ByteSum in_field = sum_of(block.subspan(kChecksumAt, kChecksumSize));
    const std::int64_t unsigned_sum = all.sum - in_field.sum + std::int64_t{kChecksumSize} * ' ';
    const std::int64_t signed_sum = unsigned_sum - 256 * (all.negative - in_field.negative);
    const std::string_view stored = field(block, kChecksumAt, kChecksumSize);
    const std::optional<std::int64_t> checksum = parse_octal(stored);
    if (checksum && (*checksum == unsigned_sum || *checksum == signed_sum)) return ok();
    return Error{ErrorCode::malformed, std::string(kWhat), "",
                 "checksum field \"" + quote(stored) + "\", the block sums to " + std::to_string(unsigned_sum) + "; this is not a tar header", ""};
}

TarFormat format_of(std::span<const std::byte> block) {
    const std::string_view magic = field(block, 257, 6);
    if (magic == std::string_view("ustar\0", 6))
        return field(block, 508, 4) == std::string_view("tar\0", 4) ? TarFormat::star : TarFormat::ustar;
    if (magic == "ustar " && field(block, 263, 2) == std::string_view(" \0", 2)) return TarFormat::gnu;
    return TarFormat::v7;
}

std::string_view name_prefix(std::span<const std::byte> block, TarFormat format) {
    switch (format) {
        case TarFormat::v7: return {};
        case TarFormat::ustar: return text_field(block, 345, 155);
        case TarFormat::star: return text_field(block, 345, 131);
        case TarFormat::gnu: break;
    }
    // Before Go 1.8 archive/tar wrote a ustar prefix into GNU headers; today's reads it back where the times in its place are no
    // numbers (golang/go: src/archive/tar/reader.go). Old Docker layers have such headers, and a runtime unpacks the long name.
    if (has_number(field(block, 345, 12)) && has_number(field(block, 357, 12))) return {};
    const std::string_view prefix = text_field(block, 345, 155);
    const bool ascii = std::all_of(prefix.begin(), prefix.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    return ascii ? prefix : std::string_view{};
}

Result<std::uint64_t> number_field(std::span<const std::byte> block, std::size_t offset, std::size_t size, std::string_view name) {
    const std::string_view text = field(block, offset, size);
    const std::optional<std::int64_t> number = parse_tar_number(text);
    if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
    return Error{ErrorCode::malformed, std::string(kWhat), "",
                 std::string(name) + " field \"" + quote(text) + "\" is " + (number ? "negative" : "not a number that fits 63 bits"), ""};
}

}  // namespace

std::optional<std::int64_t> parse_tar_number(std::string_view field) noexcept {
    const bool base256 = !field.empty() && (static_cast<unsigned char>(field[0]) & 0x80) != 0;
    return base256 ? parse_base256(field) : parse_octal(field);
}

Result<TarHeader> parse_tar_header(std::span<const std::byte> block) {
    VERITAG_ASSERT(block.size() == kTarBlock);
    VERITAG_CHECK(check_checksum(block));
    TarHeader header;
    header.format = format_of(block);
    header.type = static_cast<char>(block[156]);
    VERITAG_TRY(header.size, number_field(block, 124, 12, "size"));
    VERITAG_TRY(const std::uint64_t mode, number_field(block, 100, 8, "mode"));
    header.mode = static_cast<std::uint32_t>(mode & 07777);
    header.name = name_prefix(block, header.format);
    if (!header.name.empty()) header.name += '/';
    header.name += text_field(block, 0, 100);
    header.link = text_field(block, 157, 100);
    return header;
}

bool all_zero(std::span<const std::byte> bytes) noexcept {
    // Equal to itself one byte further on: memcmp runs at the speed of memory.
    return bytes.empty() || (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace veritag::stream
