// The version that the tag claims for a component that is there, against the versions that the image shows.
#pragma once

#include "judge/case_view.h"

#include <vector>

namespace veritag::judge {

/// `proofs` are the component's proven observations, strongest evidence first; at least one.
ClaimVerdict judge_version(const CaseView& view, const Claim& claim, const rules::Component& component, const std::vector<const Observation*>& proofs);

}  // namespace veritag::judge
