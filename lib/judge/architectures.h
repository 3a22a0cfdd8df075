// Which CPU an image is built for, against the platform that it is offered for.
#pragma once

#include "judge/case_view.h"

#include <vector>

namespace veritag::judge {

/// `arch-mismatch` findings: what the config says, what most packages, programs and libraries are built for, and what a component's
/// own records say.
std::vector<Finding> judge_architectures(const CaseView& view);

}  // namespace veritag::judge
