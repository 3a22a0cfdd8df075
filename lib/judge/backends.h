// Whether a framework in the image can use the SDK that the tag names beside it.
#pragma once

#include "judge/case_view.h"

#include <vector>

namespace veritag::judge {

/// `framework-backend` findings, and `unproven` where it could not be told. Each leaves open what a right tag says: no tag says
/// "this framework, but not for this SDK".
std::vector<Finding> judge_backends(const CaseView& view);

}  // namespace veritag::judge
