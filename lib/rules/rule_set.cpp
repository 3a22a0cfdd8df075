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

std::uint64_t RuleSet::wanted_bytes(std::string_view path, std::uint64_t size) const {
    std::vector<std::uint32_t> ids;
    wanted_->match(path, ids);
    std::uint64_t bytes = 0;
    for (const std::uint32_t id : ids) {
        const Want& want = wants_[id];
        if (want.smaller_than != 0 && size >= want.smaller_than) continue;
        bytes = std::max(bytes, want.head == 0 ? size : std::min(size, want.head));
    }
    return bytes;
}

std::vector<const EvidenceRule*> RuleSet::wanted_derivations(std::string_view path) const {
    std::vector<std::uint32_t> ids;
    derived_->match(path, ids);
    std::vector<const EvidenceRule*> wanted;
    for (const std::uint32_t id : ids) {
        const std::string how = derivation_of(derivations_[id]);
        const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const EvidenceRule* rule) { return derivation_of(*rule) == how; });
        if (same == wanted.end())
            wanted.push_back(&derivations_[id]);
        else if (derivations_[id].head > (*same)->head)
            *same = &derivations_[id];
    }
    return wanted;
}

bool Grammar::marks_development() const {
    return std::any_of(forms.begin(), forms.end(), [](const TagForm& form) {
        const auto groups = form.pattern.named_groups();
        return std::any_of(groups.begin(), groups.end(), [](const auto& group) { return group.first == "dev"; });
    });
}

bool RuleSet::wants_below(std::string_view directory) const { return wanted_->could_match_below(directory); }

}  // namespace veritag::rules
