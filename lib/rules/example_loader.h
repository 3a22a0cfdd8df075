// Reads the examples of a pack, which `veritag rules test` runs. Only the loader's own files include this.
#pragma once

#include "rules/pack_reader.h"
#include "rules/rules.h"

#include <string>

namespace veritag::rules {

Example read_component_example(PackReader& reader, const YamlNode& node, const std::string& chain);
Example read_tag_example(PackReader& reader, const YamlNode& node, const std::string& chain);

}  // namespace veritag::rules
