// Whether an image has development tools, against what its tag says of them.
#pragma once

#include "judge/case_view.h"

#include <optional>
#include <vector>

namespace veritag::judge {

struct DevelopmentVerdict {
    std::vector<Finding> findings;
    std::optional<bool> truth;  ///< whether a right tag marks a development image; not set: as it does
    bool certain = true;        ///< false: what a right tag says is not known
};

DevelopmentVerdict judge_development(const CaseView& view);

}  // namespace veritag::judge
