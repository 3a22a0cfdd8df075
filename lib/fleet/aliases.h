// Tags that are made to move (`latest`, `24.03`): whether they are the image that they stand for today.
#pragma once

#include "fleet/references.h"
#include "rules/rules.h"

#include <vector>

namespace veritag::fleet {

/// A tag whose rule says that it moves, or that names no version at all.
bool is_alias(const std::vector<Claim>& claims);

/// `alias-stale`: the rules say for which version the tag stands and the tag of that version in the same repository is another image;
/// or they name none, and the newest version's tags there are all other images. Nothing is said where no such tag is there to compare with.
void judge_aliases(const rules::RuleSet& rules, std::vector<SeenReference>& references);

}  // namespace veritag::fleet
