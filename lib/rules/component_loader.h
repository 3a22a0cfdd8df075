// Reads a pack that begins with `component: name`. Only the loader's own files include this.
#pragma once

#include "rules/pack_reader.h"
#include "rules/references.h"
#include "rules/rules.h"

namespace veritag::rules {

/// Half read where `reader` is not ok any more. What other packs must define goes to `references`.
Component read_component(PackReader& reader, const YamlNode& root, References& references);

}  // namespace veritag::rules
