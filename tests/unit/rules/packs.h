// Small packs for the tests of the engine.
#pragma once

#include "rules/rules.h"

#include <cstdlib>
#include <iostream>

namespace veritag::rules::test {

inline constexpr const char* kCatchAll = "grammar: plain\npriority: 1000\nrepositories: ['**']\nforms: [{pattern: '(?P<parts>.+)'}]\n";

inline Result<RuleSet> load(const std::vector<std::string>& texts) {
    std::vector<PackText> packs{{"plain.yaml", kCatchAll, "test"}};
    int number = 0;
    for (const std::string& text : texts) packs.push_back({"pack" + std::to_string(++number) + ".yaml", text, "test"});
    return load_rules(packs);
}

/// A rule set of one component of kind tool called `x` with further lines.
inline RuleSet with_component(const std::string& lines) {
    Result<RuleSet> rules = load({"component: x\nkind: tool\n" + lines});
    if (!rules) {
        std::cerr << rules.error().message() << "\n";
        std::abort();
    }
    return std::move(*rules);
}

}  // namespace veritag::rules::test
