#include "catalog/compare.h"

#include "base/text.h"

#include <algorithm>
#include <string>
#include <vector>

namespace veritag::catalog {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Runs of digits without leading zeros, and of letters in lower case.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        const auto run = [&](auto is) {
            while (i < text.size() && is(text[i])) ++i;
        };
        if (is_digit(text[i])) {
            run(is_digit);
            const std::size_t first = std::min(text.find_first_not_of('0', start), i - 1);
            words.emplace_back(text.substr(first, i - first));
        } else if (is_letter(text[i])) {
            run(is_letter);
            words.push_back(to_lower(text.substr(start, i - start)));
        } else {
            ++i;
        }
    }
    return words;
}

std::vector<std::string> from_first_number(std::vector<std::string> words) {
    words.erase(words.begin(), std::find_if(words.begin(), words.end(), [](const std::string& word) { return is_digit(word.front()); }));
    return words;
}

bool is_lower(const std::string& a, const std::string& b) {
    if (is_digit(a.front()) && is_digit(b.front()) && a.size() != b.size()) return a.size() < b.size();
    return a < b;
}

}  // namespace

rules::Match compare_loosely(std::string_view a, std::string_view b) {
    const std::vector<std::string> left = from_first_number(words_of(a)), right = from_first_number(words_of(b));
    if (left == right && !left.empty()) return rules::Match::holds;
    const std::size_t common = std::min(left.size(), right.size());
    return std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(common), right.begin()) ? rules::Match::unclear : rules::Match::differs;
}

bool is_older(std::string_view a, std::string_view b) {
    const std::vector<std::string> left = words_of(a), right = words_of(b);
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(), is_lower);
}

rules::Match compare_versions(const rules::Component* component, std::string_view claimed, std::string_view observed) {
    const rules::Match loosely = compare_loosely(claimed, observed);
    if (component == nullptr) return loosely;
    const rules::Match match = component->compare_versions(claimed, observed);
    return match == rules::Match::differs && loosely == rules::Match::holds ? rules::Match::holds : match;
}

bool mentions_version(std::string_view text, std::string_view version) {
    if (version.empty()) return false;
    for (std::size_t at = text.find(version); at != std::string_view::npos; at = text.find(version, at + 1)) {
        const char before = at > 0 ? text[at - 1] : ' ';
        const std::size_t end = at + version.size();
        const char after = end < text.size() ? text[end] : ' ';
        const bool starts = !is_digit(before) && !(before == '.' && at > 1 && is_digit(text[at - 2]));
        if (starts && !is_digit(after)) return true;
    }
    return false;
}

}  // namespace veritag::catalog
