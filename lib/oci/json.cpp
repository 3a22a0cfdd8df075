#include "oci/json.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <rapidjson/error/en.h>

#include <algorithm>

namespace veritag::oci {
namespace {

// Depth is counted before parsing: a linear scan that knows only strings and brackets.
std::size_t json_nesting(std::string_view text) noexcept {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

}  // namespace

Result<rapidjson::Document> parse_json(std::string_view what, std::string_view where, std::string_view text, const Limits& limits) {
    const std::size_t depth = json_nesting(text);
    if (depth > limits.json_depth) return limit_error(what, where, depth, "limits.json_depth", limits.json_depth);
    rapidjson::Document document;
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    document.Parse<kFlags>(text.data(), text.size());
    if (document.HasParseError())
        return Error{ErrorCode::malformed, std::string(what), std::string(where),
                     "not JSON at byte " + std::to_string(document.GetErrorOffset()) + ": " + rapidjson::GetParseError_En(document.GetParseError()) +
                         " (it begins with \"" + quote(text.substr(0, 40)) + "\")",
                     ""};
    return document;
}

const rapidjson::Value* json_member(const rapidjson::Value& value, std::string_view name) noexcept {
    if (!value.IsObject()) return nullptr;
    for (const auto& member : value.GetObject())
        if (std::string_view(member.name.GetString(), member.name.GetStringLength()) == name) return &member.value;
    return nullptr;
}

std::string json_string(const rapidjson::Value& object, const char* name) {
    const rapidjson::Value* member = json_member(object, name);
    return member != nullptr && member->IsString() ? std::string(member->GetString(), member->GetStringLength()) : std::string();
}

}  // namespace veritag::oci
