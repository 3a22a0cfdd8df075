#include "detect/evidence_matcher.h"

#include <algorithm>
#include <set>
#include <utility>

namespace veritag::detect {

EvidenceMatcher::EvidenceMatcher(const rules::RuleSet& rules) : rules_(rules) {
    const auto add = [&](const std::vector<std::string>& globs, Target target) {
        for (const std::string& glob : globs) {
            globs_.add(glob, static_cast<std::uint32_t>(target_of_id_.size()));
            target_of_id_.push_back(targets_.size());
        }
        targets_.push_back(std::move(target));
    };
    for (const rules::Component& component : rules.components()) {
        for (std::size_t i = 0; i < component.evidence.size(); ++i)
            add(component.evidence[i].globs,
                {.what = Target::What::evidence, .component = &component, .rule = &component.evidence[i], .rule_index = i, .fact = {}});
        for (const rules::FactRule& fact : component.facts)
            add(fact.evidence.globs, {.what = Target::What::fact, .component = &component, .rule = &fact.evidence, .rule_index = 0, .fact = fact.name});
        add(component.could_hold, {.what = Target::What::could_hold, .component = &component, .rule = nullptr, .rule_index = 0, .fact = {}});
    }
}

std::vector<const EvidenceMatcher::Target*> EvidenceMatcher::match(std::string_view path) const {
    std::vector<std::uint32_t> ids;
    globs_.match(path, ids);
    std::set<std::size_t> seen;
    std::vector<const Target*> found;
    for (const std::uint32_t id : ids) {
        if (!seen.insert(target_of_id_[id]).second) continue;
        const Target& target = targets_[target_of_id_[id]];
        if (!target.excepts(path)) found.push_back(&target);
    }
    return found;
}

bool EvidenceMatcher::Target::excepts(std::string_view path) const {
    const std::vector<std::string>& except = rule != nullptr ? rule->except : component->could_hold_except;
    return std::any_of(except.begin(), except.end(), [&](const std::string& glob) { return rules::glob_matches(glob, path); });
}

}  // namespace veritag::detect
