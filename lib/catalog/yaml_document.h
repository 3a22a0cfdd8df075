// YAML that people write by hand, read as far as it goes: a mistake costs what stands behind it, not what stands before it.
// (Rule packs have a stricter reader, rules/yaml.h; here an anchor or a key that stands twice must not hide a file's other entries.)
#pragma once

#include "catalog/mistake.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::catalog {

struct YamlValue {
    enum class Kind { null, scalar, list, map };
    Kind kind = Kind::null;
    std::string text;  ///< scalar, as written
    int line = 1;
    std::vector<YamlValue> keys;   ///< map, in order; a key may stand twice
    std::vector<YamlValue> items;  ///< list: the items; map: the values, in the order of `keys`

    [[nodiscard]] const YamlValue* find(std::string_view key) const noexcept;  ///< the first of that name
};

struct YamlDocument {
    YamlValue root;  ///< null for an empty file
    std::vector<Mistake> mistakes;
};

/// The first document. Aliases are not followed (a few lines of them stand for gigabytes) and are mistakes.
YamlDocument read_yaml(std::string_view text);

}  // namespace veritag::catalog
