// What a run over a part leaves standing: findings about how an image relates to others, where it did not look at the others.
#pragma once

#include "model/report.h"

#include <string>
#include <vector>

namespace veritag::audit {

/// What a run cannot judge of one reference.
struct Unseen {
    std::vector<std::string> parents;  ///< digests of images whose missing parent may be one that was not read
    bool mirrors = false;              ///< no other registry that has the repository was looked at
    std::vector<std::string> elsewhere;  ///< with `mirrors`: the digests that this tag had there last
    bool siblings = false;             ///< not all tags of the repository were looked at

    [[nodiscard]] bool any() const noexcept { return mirrors || siblings || !parents.empty(); }
};

/// Takes over what `earlier`, the last that was found of the reference, says of these relations, as far as the images are the same still, and sets
/// verdicts anew: `parent-mismatch` in place of a `parent-unknown` about the same claim, `mirror-divergence`, and `alias-stale`. Without it a look at
/// one image would tell a proven fault as mended. `name` is the reference, as evidence has it. Images that could not be read stay errors.
void take_standing(const std::string& name, const JudgedReference& earlier, const Unseen& unseen, JudgedReference& now);

}  // namespace veritag::audit
