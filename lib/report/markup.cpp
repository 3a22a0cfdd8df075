#include "report/markup.h"

#include "report/terminal.h"

#include <algorithm>

namespace veritag::report {
namespace {

constexpr std::string_view kWordJoiner = "\xE2\x81\xA0";  // takes no width, and parts what would be joined

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// `# x`, `- x`, `+ x`, `1. x`, `1) x` and an underline of `=` mean something at the start of a line only.
std::size_t mark_at_start(std::string_view text) noexcept {
    if (!text.empty() && std::string_view("#-+=").find(text.front()) != std::string_view::npos) return 0;
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    const bool is_number = digits > 0 && digits < text.size() && (text[digits] == '.' || text[digits] == ')');
    return is_number && (digits + 1 == text.size() || text[digits + 1] == ' ') ? digits : std::string_view::npos;
}

}  // namespace

std::string markup_text(std::string_view text, std::size_t max_bytes) {
    static constexpr std::string_view kNoCharacters[] = {"\xEF\xBF\xBE", "\xEF\xBF\xBF"};  // U+FFFE and U+FFFF, which XML 1.0 does not take
    std::string safe;
    const std::string shown = printable(text, max_bytes);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        switch (shown[i]) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default: {
                const std::string_view three = std::string_view(shown).substr(i, 3);
                if (three == kNoCharacters[0] || three == kNoCharacters[1]) {
                    safe += "\xEF\xBF\xBD";
                    i += 2;
                } else {
                    safe += shown[i];
                }
            }
        }
    }
    return safe;
}

std::string markdown_text(std::string_view text, std::size_t max_bytes) {
    static constexpr std::string_view kMarkup = "\\`*_{}[]<>|~&$!";
    const std::string shown = printable(text, max_bytes);
    const std::size_t start = mark_at_start(shown);
    std::string safe;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const char c = shown[i];
        // `#1`, `owner/repo#1` and `GH-1` become links to issues where such a page is shown.
        const bool numbered = i + 1 < shown.size() && is_digit(shown[i + 1]);
        if (i == start || kMarkup.find(c) != std::string_view::npos) safe += '\\';
        safe += c;
        // Links and mentions are looked for in the text that is left when escapes are gone.
        const bool before_slashes = c == ':' && shown.compare(i + 1, 2, "//") == 0;
        const bool after_www = c == '.' && i >= 3 && shown.compare(i - 3, 3, "www") == 0;
        const bool issue = numbered && (c == '#' || (c == '-' && i >= 2 && (shown[i - 2] == 'g' || shown[i - 2] == 'G') && (shown[i - 1] == 'h' || shown[i - 1] == 'H')));
        if (c == '@' || before_slashes || after_www || issue) safe += kWordJoiner;
    }
    return safe;
}

std::string markdown_code(std::string_view text, std::size_t max_bytes) {
    std::string code = "`";
    for (const char c : printable(text, max_bytes)) code += c == '`' ? '\'' : c;
    return code + (code.size() == 1 ? " `" : "`");
}

std::string markdown_block(std::string_view kind, std::string_view lines) {
    std::size_t longest = 0, run = 0;
    for (const char c : lines) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
    return fence + std::string(kind) + "\n" + std::string(lines) + fence + "\n";
}

}  // namespace veritag::report
