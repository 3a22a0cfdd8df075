#include "report/terminal.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace veritag::report {
namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// Blocks whose characters are wide (Unicode 15, EastAsianWidth.txt: W and F), a little generalised.
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF}, {0xA960, 0xA97C}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 4> kCombining{{{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
// Direction marks, joiners, fillers, line separators, annotations, the byte order mark, tags: nobody sees them, and they change how the text around
// them reads. The page has the same ones (api/page/dom.js: HIDDEN); a test holds them together.
constexpr std::array<Range, 14> kUnseen{{{0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F},
                                         {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF}}};
// Chinese closing punctuation does not begin a line.
constexpr std::string_view kClosing = "，。；：、）”’！？》】";
// And opening punctuation does not end one.
constexpr std::string_view kOpening = "（“‘《【";

template <std::size_t N>
bool is_in(std::uint32_t c, const std::array<Range, N>& ranges) noexcept {
    return std::any_of(ranges.begin(), ranges.end(), [c](const Range& range) { return c >= range.first && c <= range.last; });
}

struct Character {
    std::uint32_t value = 0;
    std::size_t bytes = 1;
};

// The first character of well-formed UTF-8; a stray byte counts as itself.
Character first_character(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length == 1 || length > text.size()) return {.value = lead, .bytes = 1};
    std::uint32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (byte(i) & 0x3FU);
    return {.value = value, .bytes = length};
}

std::size_t width_of(std::uint32_t c) noexcept { return is_in(c, kCombining) ? 0 : is_in(c, kWide) ? 2 : 1; }

// The next piece that may not be broken: a word, or one wide character with the punctuation that opens before it and closes behind it.
std::string_view next_unit(std::string_view text) noexcept {
    std::size_t end = 0;
    bool opened = false;
    while (end < text.size() && text[end] != ' ') {
        const Character c = first_character(text.substr(end));
        const bool wide = width_of(c.value) == 2;
        if (wide && end > 0 && !opened && kClosing.find(text.substr(end, c.bytes)) == std::string_view::npos) break;
        opened = kOpening.find(text.substr(end, c.bytes)) != std::string_view::npos && c.bytes > 1;
        end += c.bytes;
        if (!wide || opened) continue;
        if (end >= text.size() || kClosing.find(text.substr(end, first_character(text.substr(end)).bytes)) == std::string_view::npos) break;
    }
    return text.substr(0, end);
}

}  // namespace

Colour colour_of(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::pass: return Colour::green;
        case Verdict::warn: return Colour::yellow;
        case Verdict::fail: return Colour::red;
        case Verdict::unknown: return Colour::magenta;
        case Verdict::error: return Colour::red;
    }
    return Colour::none;
}

Colour colour_of(Severity severity) noexcept { return severity == Severity::error ? Colour::red : severity == Severity::warning ? Colour::yellow : Colour::dim; }

std::string paint(std::string_view text, Colour colour, bool enabled) {
    if (!enabled || colour == Colour::none || text.empty()) return std::string(text);
    const char* code = "0";
    switch (colour) {
        case Colour::none: break;
        case Colour::red: code = "31"; break;
        case Colour::yellow: code = "33"; break;
        case Colour::green: code = "32"; break;
        case Colour::magenta: code = "35"; break;
        case Colour::bold: code = "1"; break;
        case Colour::dim: code = "2"; break;
    }
    return std::string("\x1b[") + code + "m" + std::string(text) + "\x1b[0m";
}

std::size_t display_width(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character c = first_character(text);
        width += width_of(c.value);
        text.remove_prefix(c.bytes);
    }
    return width;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    std::size_t line_width = 0;
    while (!text.empty()) {
        std::size_t spaces = 0;
        while (spaces < text.size() && text[spaces] == ' ') ++spaces;
        const std::string_view unit = next_unit(text.substr(spaces));
        const std::size_t unit_width = display_width(unit);
        if (!line.empty() && line_width + spaces + unit_width > width) {
            lines.push_back(std::move(line));
            line.clear();
            line_width = 0;
        }
        const std::size_t gap = line.empty() ? 0 : spaces;
        line.append(gap, ' ');
        line += unit;
        line_width += gap + unit_width;
        text.remove_prefix(spaces + unit.size());
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
    return lines;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    const std::string quoted = quote(text, max_bytes);
    std::string result;
    for (std::string_view rest = quoted; !rest.empty();) {
        const Character c = first_character(rest);
        if (is_in(c.value, kUnseen)) {
            std::array<char, 16> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u{%x}", static_cast<unsigned>(c.value));
            result += escape.data();
        } else {
            result += rest.substr(0, c.bytes);
        }
        rest.remove_prefix(c.bytes);
    }
    return result;
}

}  // namespace veritag::report
