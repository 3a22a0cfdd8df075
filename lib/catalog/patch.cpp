#include "catalog/patch.h"

#include "base/text.h"

#include <algorithm>
#include <map>

namespace veritag::catalog {
namespace {

constexpr std::size_t kContext = 3;

// git quotes names that hold control bytes, quotes or backslashes in C's way (git: quote.c).
std::string git_name(std::string_view prefix, std::string_view path) {
    const bool plain = std::none_of(path.begin(), path.end(), [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    std::string name(prefix);
    if (plain) return name + std::string(path);
    static constexpr std::string_view kDigits = "01234567";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            name += {'\\', c};
        } else if (byte < 0x20 || byte == 0x7F) {
            name += {'\\', kDigits[byte >> 6], kDigits[(byte >> 3) & 7], kDigits[byte & 7]};
        } else {
            name += c;
        }
    }
    return "\"" + name + "\"";
}

std::string diff_line(char mark, std::string_view line) {
    std::string text(1, mark);
    text += line;
    if (!line.ends_with('\n')) text += "\n\\ No newline at end of file\n";
    return text;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

std::string unified_diff(std::string_view path, std::string_view text, std::vector<LineMend> mends) {
    const std::vector<std::string_view> lines = lines_of(text);
    std::sort(mends.begin(), mends.end(), [](const LineMend& a, const LineMend& b) { return a.line < b.line; });
    const std::string tab = path.find(' ') == std::string_view::npos ? "" : "\t";  // ends a name that holds blanks
    std::string diff = "diff --git " + git_name("a/", path) + " " + git_name("b/", path) + "\n--- " + git_name("a/", path) + tab + "\n+++ " + git_name("b/", path) + tab + "\n";
    for (std::size_t i = 0; i < mends.size();) {
        const auto index = [&](std::size_t mend) { return static_cast<std::size_t>(mends[mend].line) - 1; };
        std::size_t last = i;
        while (last + 1 < mends.size() && index(last + 1) - index(last) <= 2 * kContext) ++last;
        const std::size_t start = index(i) - std::min(index(i), kContext);
        const std::size_t end = std::min(lines.size(), index(last) + 1 + kContext);
        const std::string range = std::to_string(start + 1) + "," + std::to_string(end - start);
        diff += "@@ -" + range + " +" + range + " @@\n";
        for (std::size_t line = start; line < end; ++line) {
            if (i <= last && line == index(i)) {
                diff += diff_line('-', lines[line]);
                const std::string_view ending = lines[line].substr(std::min(mends[i].before.size(), lines[line].size()));
                diff += diff_line('+', mends[i].after + std::string(ending));
                ++i;
            } else {
                diff += diff_line(' ', lines[line]);
            }
        }
    }
    return diff;
}

Result<std::string> make_patch(const Tree& tree, const std::vector<Finding>& findings, const Limits& limits) {
    std::map<std::string, std::vector<LineMend>> files;
    for (const Finding& each : findings) {
        if (!each.mend || each.waived) continue;
        std::vector<LineMend>& mends = files[each.mend->file];
        if (std::find(mends.begin(), mends.end(), *each.mend) == mends.end()) mends.push_back(*each.mend);
    }
    std::string patch;
    for (const auto& [path, mends] : files) {
        VERITAG_TRY(const std::string text, read_file(tree, path, std::max(limits.catalog_file_bytes, limits.dockerfile_bytes), "catalog_file_bytes"));
        patch += unified_diff(path, text, mends);
    }
    return patch;
}

}  // namespace veritag::catalog
