// What a run over a part leaves standing: findings about how an image relates to others, where it did not look at the others.
#pragma once

#include "model/report.h"
#include "rules/rules.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace veritag::audit {

/// What a run did not see of one reference.
struct Unseen {
    std::vector<std::string> parents;              ///< digests of images whose missing parent may be one that was not read
    bool mirrors = false;                          ///< a registry that has the repository was not looked at
    std::set<std::string> looked_in;               ///< registries in which this run looked at this tag, or saw that it is not there
    std::map<std::string, std::string> elsewhere;  ///< with `mirrors`: the digest that this tag has in each other registry, as far as is known now
    bool siblings = false;                         ///< not all tags of the repository were looked at
    std::map<std::string, std::string> tags;       ///< with `siblings`: the digest of each other tag of the repository, as far as is known now
    bool platforms = false;                        ///< images under this reference were left out: other platforms than the wanted ones, or too old

    [[nodiscard]] bool any() const noexcept { return mirrors || siblings || platforms || !parents.empty(); }
};

/// Takes over what `earlier`, the last that was found of the reference, says of these relations, as far as the images are the same still and what is
/// known of the others does not mend it, and sets verdicts anew: `parent-mismatch` in place of a `parent-unknown` about the same claim,
/// `mirror-divergence`, `alias-stale`, `platform-divergence` and `platform-missing`. Images that were left out, of the same index, become
/// JudgedReference::kept. Without all this a look at one image would tell a proven fault as mended. Images that could not be read stay errors.
void take_standing(const rules::RuleSet& rules, const std::string& registry, const std::string& repository, const std::string& tag, const JudgedReference& earlier, const Unseen& unseen,
                   JudgedReference& now);

}  // namespace veritag::audit
