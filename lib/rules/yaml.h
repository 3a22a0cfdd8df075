// YAML as a tree that remembers where each value stands. What rule packs and configurations do not need is refused: anchors, aliases, tags, several documents.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::rules {

struct YamlNode {
    enum class Kind : std::uint8_t { null, scalar, list, map };
    Kind kind = Kind::null;
    std::string text;  ///< scalar, as written: 3.10 is not 3.1
    int line = 1;
    int column = 1;
    std::vector<YamlNode> keys;   ///< map: the scalar keys, none twice
    std::vector<YamlNode> items;  ///< list: the items; map: the values, in the order of `keys`

    [[nodiscard]] const YamlNode* find(std::string_view key) const noexcept;  ///< a value of a map
};

/// Parses one document. `path` is for messages, which carry line and column.
Result<YamlNode> parse_yaml(std::string_view path, std::string_view text);

/// An error at a place of a pack: `path:line:column chain`. All of it must be fit for a message already.
Error pack_error(std::string_view path, int line, int column, std::string_view chain, std::string saw, std::string hint = {});

}  // namespace veritag::rules
