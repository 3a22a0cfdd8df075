// Which rules a path of the image concerns.
#pragma once

#include "rules/rules.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::detect {

/// All path globs of a rule set compiled once. Keeps a reference to the rules, which must outlive it.
class EvidenceMatcher {
public:
    struct Target {
        enum class What : std::uint8_t { evidence, fact, could_hold };
        What what = What::evidence;
        const rules::Component* component = nullptr;
        const rules::EvidenceRule* rule = nullptr;  ///< evidence, fact
        std::size_t rule_index = 0;                 ///< position in the component: earlier is stronger
        std::string fact;                           ///< fact: its name
        [[nodiscard]] bool excepts(std::string_view path) const;
    };
    explicit EvidenceMatcher(const rules::RuleSet& rules);
    /// For a walk over the files of one image.
    [[nodiscard]] rules::GlobSet::Walk walk() const { return rules::GlobSet::Walk(globs_); }
    [[nodiscard]] std::vector<const Target*> match(std::string_view path, rules::GlobSet::Walk& walk) const;  ///< exceptions already taken out
    [[nodiscard]] bool could_match_below(std::string_view directory) const { return globs_.could_match_below(directory); }
    [[nodiscard]] const rules::RuleSet& rules() const noexcept { return rules_; }

private:
    const rules::RuleSet& rules_;
    rules::GlobSet globs_;
    std::vector<Target> targets_;
    struct Meaning {
        std::size_t target;
        bool is_exception;
    };
    std::vector<Meaning> meanings_;  // by glob id; the exceptions of a target stand behind its globs
};

}  // namespace veritag::detect
