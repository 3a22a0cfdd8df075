// Folded layers, the image's config and the rules become facts for the judge.
#pragma once

#include "detect/layer_analyzer.h"
#include "detect/merged_image.h"
#include "model/image_facts.h"
#include "oci/manifest.h"
#include "rules/rules.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::detect {

/// All path globs of a rule set compiled once. Keeps a reference to the rules, which must outlive it.
class EvidenceMatcher {
public:
    struct Target {
        enum class What : std::uint8_t { evidence, fact, could_hold };
        What what = What::evidence;
        const rules::Component* component = nullptr;
        const rules::EvidenceRule* rule = nullptr;  ///< evidence, fact
        std::size_t rule_index = 0;                 ///< position in the component: earlier is stronger
        std::string fact;                           ///< fact: its name
        [[nodiscard]] bool excepts(std::string_view path) const;
    };
    explicit EvidenceMatcher(const rules::RuleSet& rules);
    [[nodiscard]] std::vector<const Target*> match(std::string_view path) const;  ///< exceptions already taken out
    [[nodiscard]] bool could_match_below(std::string_view directory) const { return globs_.could_match_below(directory); }
    [[nodiscard]] const rules::RuleSet& rules() const noexcept { return rules_; }

private:
    const rules::RuleSet& rules_;
    rules::GlobSet globs_;
    std::vector<Target> targets_;
    std::vector<std::size_t> target_of_id_;
};

struct ObserveResult {
    ImageFacts facts;
    /// Layers that must be read again with these extra paths before the facts are whole: a link leads from a wanted path to
    /// content that was not kept. Empty when nothing is missing.
    std::map<int, ExtraPaths> missing;
};

/// Pure. `platform` is what the image is offered for; the config's diff_ids name the layers in the evidence. `application` is the name
/// of the plain application that the tag claims, or empty: then nobody asks where else it could lie.
ObserveResult observe(const MergedImage& image, const oci::ImageConfig& config, const oci::Platform& platform, const EvidenceMatcher& matcher,
                      std::string_view application = {});

}  // namespace veritag::detect
