// A few members of a JSON object, picked while it streams by: a record may list hundreds of thousands of files that nobody asks for.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::pkgdb {

/// What was found of the wanted members; a member of another type than text or a truth value is left out.
struct JsonMembers {
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, bool, std::less<>> booleans;
    [[nodiscard]] std::string_view text(std::string_view name) const {
        const auto found = texts.find(name);
        return found == texts.end() ? std::string_view() : std::string_view(found->second);
    }
};

/// `wanted` names members of the outer object (`name`) and of objects in it (`dir_info/editable`). The whole text must be one JSON
/// object in valid UTF-8; nesting beyond `limits.json_depth`, a wanted member that stands twice and a wanted text longer than
/// `limits.text_line_bytes` or with control characters are errors. Memory does not grow with the text.
Result<JsonMembers> read_json_members(std::string_view what, ByteReader reader, const std::vector<std::string_view>& wanted, const Limits& limits);

}  // namespace veritag::pkgdb
