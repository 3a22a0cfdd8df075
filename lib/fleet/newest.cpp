#include "fleet/newest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace veritag::fleet {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A number, a word that comes before the release, the release's end, or a word that comes after it, in this order of age.
struct Part {
    enum class Kind { before, end, after, number } kind = Kind::end;
    std::string text;  // numbers without leading zeros
};

Part word(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::array<std::string_view, 6> kBefore{"a", "alpha", "b", "beta", "rc", "dev"};
    const bool before = std::find(kBefore.begin(), kBefore.end(), text) != kBefore.end() || text == "pre" || text == "preview" || text == "c" || text == "m";
    return {before ? Part::Kind::before : Part::Kind::after, std::move(text)};
}

std::vector<Part> parts_of(std::string_view version) {
    std::vector<Part> parts;
    if (version.size() > 1 && (version[0] == 'v' || version[0] == 'V') && is_digit(version[1])) version.remove_prefix(1);
    for (std::size_t i = 0; i < version.size();) {
        const std::size_t start = i;
        if (is_digit(version[i])) {
            while (i < version.size() && is_digit(version[i])) ++i;
            std::string_view number = version.substr(start, i - start);
            while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
            parts.push_back({Part::Kind::number, std::string(number)});
        } else if (is_letter(version[i])) {
            while (i < version.size() && is_letter(version[i])) ++i;
            parts.push_back(word(std::string(version.substr(start, i - start))));
        } else {
            ++i;
        }
    }
    return parts;
}

std::strong_ordering compare(const Part& a, const Part& b) {
    if (a.kind != b.kind) return a.kind <=> b.kind;
    if (a.kind == Part::Kind::number && a.text.size() != b.text.size()) return a.text.size() <=> b.text.size();
    return a.text <=> b.text;
}

}  // namespace

std::strong_ordering compare_age(std::string_view a, std::string_view b) {
    const std::vector<Part> left = parts_of(a);
    const std::vector<Part> right = parts_of(b);
    static const Part end;
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        const std::strong_ordering order = compare(i < left.size() ? left[i] : end, i < right.size() ? right[i] : end);
        if (order != 0) return order;
    }
    return std::strong_ordering::equal;
}

}  // namespace veritag::fleet
