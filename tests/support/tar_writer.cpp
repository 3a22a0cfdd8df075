#include "tar_writer.h"

#include <cstdio>

namespace veritag::test {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kChecksumAt = 148;

void put(std::string& block, std::size_t offset, std::string_view bytes) { block.replace(offset, bytes.size(), bytes); }

void set_checksum(std::string& block) {
    put(block, kChecksumAt, "        ");
    std::uint64_t sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(block, kChecksumAt, tar_octal(sum, 7));
}

std::string_view magic_of(TarStyle style) {
    switch (style) {
        case TarStyle::v7: return {};
        case TarStyle::ustar: return {"ustar\0" "00", 8};
        case TarStyle::gnu: return {"ustar  \0", 8};
    }
    return {};
}

}  // namespace

std::string tar_octal(std::uint64_t value, std::size_t width) {
    std::string text(width, '0');
    text.back() = '\0';
    for (std::size_t at = width - 1; at > 0; value >>= 3) text[--at] = static_cast<char>('0' + (value & 7));
    return text;
}

std::string tar_base256(std::int64_t value, std::size_t width) {
    std::string bytes(width, value < 0 ? '\xff' : '\0');
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < 8 && i < width; ++i, bits >>= 8) bytes[width - 1 - i] = static_cast<char>(bits & 0xff);
    bytes[0] = static_cast<char>(bytes[0] | '\x80');
    return bytes;
}

std::string tar_header(const TarItem& item) {
    std::string block(kBlock, '\0');
    put(block, 0, std::string_view(item.name).substr(0, 100));
    put(block, 100, tar_octal(item.mode, 8));
    put(block, 108, tar_octal(0, 8));
    put(block, 116, tar_octal(0, 8));
    put(block, 124, tar_octal(item.size.value_or(item.content.size()), 12));
    put(block, 136, tar_octal(0, 12));
    block[156] = item.type;
    put(block, 157, std::string_view(item.link).substr(0, 100));
    put(block, 257, magic_of(item.style));
    put(block, 345, std::string_view(item.prefix).substr(0, 155));
    set_checksum(block);
    return block;
}

std::string tar_patched(std::string header, std::size_t offset, std::string_view bytes) {
    put(header, offset, bytes);
    set_checksum(header);
    return header;
}

std::string tar_padded(std::string content) {
    content.resize((content.size() + kBlock - 1) / kBlock * kBlock, '\0');
    return content;
}

std::string tar_entry(const TarItem& item) { return tar_header(item) + tar_padded(item.content); }

std::string tar_file(std::string name, std::string content) { return tar_entry({.name = std::move(name), .content = std::move(content)}); }

std::string pax_record(std::string_view key, std::string_view value) {
    const std::size_t fixed = key.size() + value.size() + 3;  // space, '=', newline
    std::size_t length = fixed + 1;
    while (fixed + std::to_string(length).size() != length) ++length;
    return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

std::string pax_header(PaxList records, char type) {
    std::string payload;
    for (const auto& [key, value] : records) payload += pax_record(key, value);
    return tar_entry({.name = "PaxHeaders/x", .content = payload, .type = type});
}

std::string gnu_long(char type, std::string_view text) {
    return tar_entry({.name = "././@LongLink", .content = std::string(text) + '\0', .type = type, .style = TarStyle::gnu});
}

std::string tar_end(std::size_t blocks) { return std::string(blocks * kBlock, '\0'); }

}  // namespace veritag::test
