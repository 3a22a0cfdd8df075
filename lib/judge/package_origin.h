// Which distribution the packages of an image were built for, against the one that it is.
#pragma once

#include "model/image_facts.h"
#include "rules/rules.h"

#include <vector>

namespace veritag::judge {

/// `package-foreign` findings: packages of another distribution (each count), and of another release where most are of one (service
/// packs do carry older packages). Needs a proven operating system whose rule has `dist`.
std::vector<Finding> foreign_packages(const rules::RuleSet& rules, const ImageFacts& facts);

}  // namespace veritag::judge
