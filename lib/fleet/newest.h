// Which of several versions is the newest.
#pragma once

#include <compare>
#include <string_view>

namespace veritag::fleet {

/// Numbers by value, words by letters; a word is older than nothing (`2.0rc1` < `2.0` < `2.0.1`), but for `post`, `sp` and the like, which
/// come after. A plain order for the versions of one component; which versions are equal is the rules' business.
std::strong_ordering compare_age(std::string_view a, std::string_view b);

}  // namespace veritag::fleet
