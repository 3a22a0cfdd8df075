// openEuler's Distrofile, from which its distroless images are made.
#pragma once

#include "catalog/declared_image.h"

#include <vector>

namespace veritag::catalog {

/// os-mismatch where it is of another release than the tag claims; `unproven` (info) where it calls itself another image, or cannot be
/// read as far as its release.
std::vector<Finding> judge_distrofile(const rules::RuleSet& rules, const Tree& tree, const DeclaredImage& image, const Limits& limits);

}  // namespace veritag::catalog
