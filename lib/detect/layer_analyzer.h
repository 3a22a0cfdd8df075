// One layer's bytes become one LayerAnalysis.
#pragma once

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/layer_analysis.h"
#include "rules/wanted_files.h"

#include <map>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::detect {

/// Files to read as if they lay elsewhere: real path in the layer to the path a rule or detector knows. Needed where a link
/// leads from a wanted path to one that nobody wants (`var/lib/rpm -> ../../opt/db`); found when layers are folded.
using ExtraPaths = std::map<std::string, std::string, std::less<>>;

/// Raised when the analysis of the same bytes changes by anything but a detector, which has a version of its own: reading of tars,
/// ELF files and model files, what is captured or derived. tests/unit/detect/recipe_test.cpp notices most of that.
inline constexpr int kAnalysisVersion = 1;

/// A digest of all that an analysis hangs on beside the layer's bytes: what the rules want of its files, every detector's version,
/// kAnalysisVersion, the serial form, the limits, and what was asked for on top. The same blob by the same recipe gives the same.
std::string analysis_recipe(const rules::WantedFiles& wanted, const ExtraPaths& extra, const Limits& limits);

/// Reads the blob to its last byte. The digests in the result are what was computed; comparing them with the manifest and config
/// is the caller's. `expected_compression` as in stream::decode_layer.
Result<LayerAnalysis> analyze_layer(ByteSource& blob, std::string_view expected_compression, std::string_view blob_algorithm,
                                    const rules::WantedFiles& wanted, const ExtraPaths& extra, const Limits& limits, std::stop_token stop = {});

}  // namespace veritag::detect
