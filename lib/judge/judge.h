// Claims against facts: findings. No I/O, clock or locale: the same image and rules give the same findings in the same order.
#pragma once

#include "model/image_facts.h"
#include "model/report.h"
#include "rules/rules.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace veritag::judge {

struct Case {
    std::vector<Claim> claims;
    bool readable = true;                ///< false: the tag could not be read, which is a finding of its own
    std::optional<bool> dev;             ///< what the tag says of development tools; not set where tags of this grammar say nothing of them
    ImageFacts facts;
    std::string platform;                ///< `linux/arm64`, what the image is offered for
    std::string config_platform;         ///< what its config says; empty: says nothing
    std::vector<ForgedLayer> forged;
    std::size_t layers = 0;              ///< of the manifest
    std::size_t diff_ids = 0;            ///< of the config
};

struct Judgement {
    std::vector<Finding> findings;  ///< worst first, without suggestions
    /// For each claim the version that the content deserves, or nullopt where the component is not there: what a right tag says.
    /// Not set where that is not certain.
    std::optional<std::map<std::string, std::optional<std::string>>> truth;
    std::optional<bool> dev;  ///< whether a right tag marks a development image; not set: as it does
};

Judgement judge(const rules::RuleSet& rules, const Case& input);

}  // namespace veritag::judge
