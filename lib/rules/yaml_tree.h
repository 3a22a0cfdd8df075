// A YAML tree as bytes, so that the packs inside the executable need no YAML parser at every start.
#pragma once

#include "rules/yaml.h"

#include <string>
#include <string_view>

namespace veritag::rules {

std::string pack_tree(const YamlNode& root);
/// Bytes of pack_tree() alone; others are a bug, since they never come from outside.
YamlNode unpack_tree(std::string_view bytes);

}  // namespace veritag::rules
