// RapidJSON behind the limits that untrusted input needs. Include in .cpp files only.
#pragma once

#include "base/limits.h"
#include "base/result.h"

#include <rapidjson/document.h>

#include <optional>
#include <string>
#include <string_view>

namespace veritag::oci {

/// Parses a JSON text iteratively (RapidJSON's default recursion overflows the stack on deep input) and refuses deeper nesting
/// than `limits.json_depth`, invalid UTF-8 and anything after the value. The caller checks the size before it reads.
Result<rapidjson::Document> parse_json(std::string_view what, std::string_view where, std::string_view text, const Limits& limits);

/// A string member, empty where it is absent or no string.
std::string json_string(const rapidjson::Value& object, const char* name);
/// A member of any type, nullptr where `value` is no object or has none.
const rapidjson::Value* json_member(const rapidjson::Value& value, std::string_view name) noexcept;

}  // namespace veritag::oci
