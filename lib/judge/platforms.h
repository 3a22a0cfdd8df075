// One tag, several platforms: they should hold the same.
#pragma once

#include "model/report.h"
#include "rules/rules.h"

#include <vector>

namespace veritag::judge {

/// Adds `platform-divergence` to every image of one index that holds another version of a claimed component, or of its system, SDK or
/// framework, than a sibling; `platform-missing` to all that could be read where the index names one that the registry does not have.
/// Verdicts are told anew. Images with verdict `error` are not compared.
void compare_platforms(const rules::RuleSet& rules, std::vector<ImageReport>& images);

}  // namespace veritag::judge
