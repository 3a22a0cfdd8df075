#include "rules/rules.h"

#include <algorithm>

namespace veritag::rules {

const Component* RuleSet::find(std::string_view name) const noexcept {
    const auto found = std::find_if(components_.begin(), components_.end(), [&](const Component& c) { return c.name == name; });
    return found == components_.end() ? nullptr : &*found;
}

const Grammar& RuleSet::grammar_for(std::string_view registry, std::string_view repository) const noexcept {
    const std::string full = registry.empty() ? std::string(repository) : std::string(registry) + "/" + std::string(repository);
    const auto claims = [&](const Grammar& grammar) {
        return std::any_of(grammar.repositories.begin(), grammar.repositories.end(),
                           [&](const std::string& glob) { return glob_matches(glob, full) || glob_matches(glob, repository); });
    };
    const auto found = std::find_if(grammars_.begin(), grammars_.end(), claims);
    VERITAG_ASSERT(found != grammars_.end());  // the loader insists on a grammar for everything
    return *found;
}

bool Grammar::marks_development() const {
    return std::any_of(forms.begin(), forms.end(), [](const TagForm& form) {
        const auto groups = form.pattern.named_groups();
        return std::any_of(groups.begin(), groups.end(), [](const auto& group) { return group.first == "dev"; });
    });
}

}  // namespace veritag::rules
