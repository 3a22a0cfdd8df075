// The packs inside the executable, and those of directories after them.
#pragma once

#include "base/result.h"
#include "rules/rules.h"

#include <string>
#include <vector>

namespace veritag::rules {

/// Errors are read_packs()'s and load_rules()'s.
Result<RuleSet> load_all(const std::vector<std::string>& directories);

}  // namespace veritag::rules
