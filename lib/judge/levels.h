// Components whose versions are levels, lowest first (an image's flavour): each has all that the lower ones have.
#pragma once

#include "judge/case_view.h"

#include <vector>

namespace veritag::judge {

/// Of several levels the highest is what the image is. `proofs` are the component's proven observations.
ClaimVerdict judge_level(const CaseView& view, const Claim& claim, const rules::Component& component, const std::vector<const Observation*>& proofs);

}  // namespace veritag::judge
