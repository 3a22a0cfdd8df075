#include "report/patch_text.h"

#include "base/text.h"
#include "report/markup.h"
#include "report/terminal.h"

#include <algorithm>
#include <map>

namespace veritag::report {
namespace {

constexpr int kContext = 3;

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

// The text of a line cannot end it.
std::string one_line(std::string_view text) { return replace_all(std::string(text), "\n", "\\n"); }

std::string diff_line(char mark, std::string_view line) {
    std::string text(1, mark);
    text += line;
    if (!line.ends_with('\n')) text += "\n\\ No newline at end of file\n";
    return text;
}

// Up to and with its line end, which is taken away.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(line.size());
    return line;
}

std::string_view end_of(const LineMend& mend) {
    std::string_view below = mend.below;
    return mend.above.empty() && below.empty() ? std::string_view("\n") : take_line(below);
}

// What is known of the file, by number, each line with its end.
std::map<int, std::string> known_lines(const std::vector<LineMend>& mends) {
    std::map<int, std::string> lines;
    for (const LineMend& each : mends) {
        std::string_view above = each.above, below = each.below;
        int line = each.line - static_cast<int>(std::count(above.begin(), above.end(), '\n'));
        while (!above.empty()) lines.emplace(line++, take_line(above));
        lines[line] = one_line(each.before) + std::string(end_of(each));
        take_line(below);
        while (!below.empty()) lines.emplace(++line, take_line(below));
    }
    return lines;
}

}  // namespace

std::string patch_of(std::vector<LineMend> mends) {
    std::sort(mends.begin(), mends.end(), [](const LineMend& a, const LineMend& b) { return a.line < b.line; });
    const std::map<int, std::string> lines = known_lines(mends);
    const auto all_known = [&](int from, int to) {
        while (from < to && lines.contains(from)) ++from;
        return from == to;
    };
    const std::string& path = mends.front().file;
    const std::string tab = path.find(' ') == std::string::npos ? "" : "\t";  // ends a name that holds blanks
    std::string diff = "diff --git " + git_name("a/", path) + " " + git_name("b/", path) + "\n--- " + git_name("a/", path) + tab + "\n+++ " + git_name("b/", path) + tab + "\n";
    for (std::size_t i = 0; i < mends.size();) {
        std::size_t last = i;
        while (last + 1 < mends.size() && mends[last + 1].line - mends[last].line <= 2 * kContext && all_known(mends[last].line, mends[last + 1].line)) ++last;
        int start = mends[i].line, end = mends[last].line + 1;
        while (mends[i].line - start < kContext && lines.contains(start - 1)) --start;
        while (end - mends[last].line <= kContext && lines.contains(end)) ++end;
        const std::string range = std::to_string(start) + "," + std::to_string(end - start);
        diff += "@@ -" + range + " +" + range + " @@\n";
        for (int line = start; line < end; ++line) {
            const std::string& text = lines.at(line);
            const bool mended = i <= last && line == mends[i].line;
            diff += diff_line(mended ? '-' : ' ', text);
            if (!mended) continue;
            diff += diff_line('+', one_line(mends[i].after) + std::string(end_of(mends[i])));
            ++i;
        }
    }
    return diff;
}

std::vector<std::string> printable_lines(std::string_view diff) {
    std::vector<std::string> lines;
    while (!diff.empty()) {
        std::string_view line = take_line(diff);
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        std::string shown;
        for (const std::string_view part : split(line, '\t')) shown += (part.data() == line.data() ? "" : "\t") + printable(part, kMarkupBytes);
        lines.push_back(std::move(shown));
    }
    return lines;
}

}  // namespace veritag::report
