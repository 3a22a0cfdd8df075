// An analysis that was made under other rules serves again where the new ones want nothing of the layer that was not kept.
#pragma once

#include "model/layer_analysis.h"
#include "rules/wanted_files.h"

#include <optional>

namespace veritag::detect {

/// What reading the layer for `wanted` gives, made of what reading it for `earlier` gave (by the same parsers, and whole). nullopt: a path of
/// the layer is newly wanted, or more of it, so that its bytes are needed.
std::optional<LayerAnalysis> adapt(LayerAnalysis analysis, const rules::WantedFiles& earlier, const rules::WantedFiles& wanted);

}  // namespace veritag::detect
