// Folded layers, the image's config and the rules become facts for the judge.
#pragma once

#include "detect/evidence_matcher.h"
#include "detect/layer_analyzer.h"
#include "detect/merged_image.h"
#include "model/image_facts.h"
#include "oci/manifest.h"

#include <map>
#include <string_view>

namespace veritag::detect {

struct ObserveResult {
    ImageFacts facts;
    /// Layers that must be read again with these extra paths before the facts are whole: a link leads from a wanted path to
    /// content that was not kept, or something hangs on whether a file is code and its head was not read. Empty when nothing is missing.
    std::map<int, ExtraPaths> missing;
};

/// Pure. `platform` is what the image is offered for; the config's diff_ids name the layers in the evidence. `application` is the name
/// of the plain application that the tag claims, or empty: then nobody asks where else it could lie.
ObserveResult observe(const MergedImage& image, const oci::ImageConfig& config, const oci::Platform& platform, const EvidenceMatcher& matcher,
                      std::string_view application = {});

}  // namespace veritag::detect
