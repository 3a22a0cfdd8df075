// Whether an image is what its config says, and whether all of it could be read.
#pragma once

#include "judge/case_view.h"

#include <vector>

namespace veritag::judge {

/// `parent-forged` findings.
std::vector<Finding> judge_forgery(const Case& input);
/// One `unproven` finding where anything could not be read: it keeps the image from passing, also when every claim holds.
std::vector<Finding> judge_problems(const Case& input);

}  // namespace veritag::judge
