#include "detect/evidence_matcher.h"

#include <algorithm>
#include <utility>

namespace veritag::detect {

EvidenceMatcher::EvidenceMatcher(const rules::RuleSet& rules) : rules_(rules) {
    const auto add = [&](const std::vector<std::string>& globs, const std::vector<std::string>& exceptions, Target target) {
        for (const auto* list : {&globs, &exceptions})
            for (const std::string& glob : *list) {
                globs_.add(glob, static_cast<std::uint32_t>(meanings_.size()));
                meanings_.push_back({.target = targets_.size(), .is_exception = list == &exceptions});
            }
        targets_.push_back(std::move(target));
    };
    for (const rules::Component& component : rules.components()) {
        for (std::size_t i = 0; i < component.evidence.size(); ++i)
            add(component.evidence[i].globs, component.evidence[i].except,
                {.what = Target::What::evidence, .component = &component, .rule = &component.evidence[i], .rule_index = i, .fact = {}});
        for (const rules::FactRule& fact : component.facts)
            add(fact.evidence.globs, fact.evidence.except, {.what = Target::What::fact, .component = &component, .rule = &fact.evidence, .rule_index = 0, .fact = fact.name});
        add(component.could_hold, component.could_hold_except, {.what = Target::What::could_hold, .component = &component, .rule = nullptr, .rule_index = 0, .fact = {}});
    }
}

std::vector<const EvidenceMatcher::Target*> EvidenceMatcher::match(std::string_view path, rules::GlobSet::Walk& walk) const {
    std::vector<std::uint32_t> ids;
    walk.match(path, ids);
    std::vector<const Target*> found;  // ids ascend, so globs and exceptions of one target stand together
    for (const std::uint32_t id : ids) {
        const auto& [index, is_exception] = meanings_[id];
        const Target* target = &targets_[index];
        const bool is_last = !found.empty() && found.back() == target;
        if (is_exception && is_last) found.pop_back();
        if (!is_exception && !is_last) found.push_back(target);
    }
    return found;
}

bool EvidenceMatcher::Target::excepts(std::string_view path) const {
    const std::vector<std::string>& except = rule != nullptr ? rule->except : component->could_hold_except;
    return std::any_of(except.begin(), except.end(), [&](const std::string& glob) { return rules::glob_matches(glob, path); });
}

}  // namespace veritag::detect
