// Versions of things that no rule may know, and folders that stand for versions.
#pragma once

#include "rules/rules.h"

#include <string_view>

namespace veritag::catalog {

/// Numbers and words one by one, whatever stands between them and before the first number: `v1.2.0` is `1-2-0`. The beginning of the
/// other is `unclear` (`1.2` beside `1.2.3`), and so is a text without a number.
rules::Match compare_loosely(std::string_view a, std::string_view b);

/// Whether version `a` is older than `b`, number by number; the beginning of the other is older (22.03-LTS than 22.03-LTS-SP1).
bool is_older(std::string_view a, std::string_view b);

/// As the rule of the component compares; where that says `differs` and nobody could tell the two apart, they are the same.
rules::Match compare_versions(const rules::Component* component, std::string_view claimed, std::string_view observed);

/// Whether `text` holds the version as a word of its own: `torch==2.1.0`, not `12.1.0` or `2.1.01`.
bool mentions_version(std::string_view text, std::string_view version);

}  // namespace veritag::catalog
