#include "oci/fields.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace veritag::oci {
namespace {

constexpr std::uint64_t kMaxSize = 0x7FFF'FFFF'FFFF'FFFF;  // int64 in descriptor.md

std::string_view type_name(const Json& value) noexcept {
    switch (value.GetType()) {
        case rapidjson::kNullType: return "null";
        case rapidjson::kFalseType:
        case rapidjson::kTrueType: return "true or false";
        case rapidjson::kObjectType: return "an object";
        case rapidjson::kArrayType: return "a list";
        case rapidjson::kStringType: return "a string";
        case rapidjson::kNumberType: return "a number";
    }
    return "another type";
}

}  // namespace

Error bad_field(std::string_view what, std::string_view field, std::string saw) {
    return {ErrorCode::malformed, std::string(what), std::string(field), std::move(saw), ""};
}

std::string wrong_type(const Json& value, std::string_view wanted) { return "is " + std::string(type_name(value)) + ", not " + std::string(wanted); }

std::string_view text_of(const Json& value) noexcept { return {value.GetString(), value.GetStringLength()}; }

Result<void> Fields::check_names(const Json& object, const std::string& field, bool fold_case) const {
    std::vector<std::string> names;
    names.reserve(object.MemberCount());
    for (const auto& member : object.GetObject()) names.push_back(fold_case ? to_lower(text_of(member.name)) : std::string(text_of(member.name)));
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end())
        return error(field, "member \"" + quote(*twice) + "\" is there twice" + (fold_case ? " (upper and lower case are the same)" : ""));
    return ok();
}

const Json* Fields::optional(const Json& object, std::string_view name) noexcept {
    const Json* value = json_member(object, name);
    return value == nullptr || value->IsNull() ? nullptr : value;
}

Result<const Json*> Fields::object(const Json* value, const std::string& field) const {
    if (value == nullptr) return error(field, "missing");
    if (!value->IsObject()) return error(field, wrong_type(*value, "an object"));
    VERITAG_CHECK(check_names(*value, field, true));
    return value;
}

Result<std::string> Fields::optional_string(const Json& object, std::string_view name, const std::string& prefix) const {
    const Json* value = optional(object, name);
    if (value == nullptr) return std::string();
    if (!value->IsString()) return error(prefix + std::string(name), wrong_type(*value, "a string"));
    return std::string(text_of(*value));
}

Result<std::string> Fields::string(const Json& object, std::string_view name, const std::string& prefix) const {
    VERITAG_TRY(std::string value, optional_string(object, name, prefix));
    if (value.empty()) return error(prefix + std::string(name), json_member(object, name) == nullptr ? "missing" : "empty");
    return value;
}

Result<const Json*> Fields::list(const Json& object, std::string_view name, const std::string& prefix) const {
    const Json* value = json_member(object, name);
    if (value == nullptr) return error(prefix + std::string(name), "missing");
    if (value->IsNull()) return static_cast<const Json*>(nullptr);
    if (!value->IsArray()) return error(prefix + std::string(name), wrong_type(*value, "a list"));
    return value;
}

Result<std::map<std::string, std::string>> Fields::string_map(const Json& object, std::string_view name, const std::string& prefix) const {
    std::map<std::string, std::string> map;
    const std::string field = prefix + std::string(name);
    const Json* value = optional(object, name);
    if (value == nullptr) return map;
    if (!value->IsObject()) return error(field, wrong_type(*value, "an object"));
    VERITAG_CHECK(check_names(*value, field, false));
    for (const auto& member : value->GetObject()) {
        const std::string key(text_of(member.name));
        if (!member.value.IsString()) return error(field + "[\"" + quote(key) + "\"]", wrong_type(member.value, "a string"));
        map.emplace(key, text_of(member.value));
    }
    return map;
}

Result<Digest> Fields::digest(const Json& value, const std::string& field) const {
    if (!value.IsString()) return error(field, wrong_type(value, "a string"));
    Result<Digest> digest = Digest::parse(text_of(value));
    if (!digest) return Error{digest.error().code, std::string(what), field, digest.error().saw, ""};
    return digest;
}

Result<Platform> Fields::platform(const Json& object, const std::string& prefix) const {
    Platform platform;
    VERITAG_TRY(platform.os, string(object, "os", prefix));
    VERITAG_TRY(platform.architecture, string(object, "architecture", prefix));
    VERITAG_TRY(platform.variant, optional_string(object, "variant", prefix));
    return platform;
}

Result<Descriptor> Fields::descriptor(const Json* value, const std::string& field) const {
    VERITAG_TRY(const Json* object, this->object(value, field));
    const std::string prefix = field + ".";
    Descriptor descriptor;
    VERITAG_TRY(descriptor.media_type, string(*object, "mediaType", prefix));

    const Json* digest = json_member(*object, "digest");
    if (digest == nullptr) return error(prefix + "digest", "missing");
    VERITAG_TRY(descriptor.digest, this->digest(*digest, prefix + "digest"));

    const Json* size = json_member(*object, "size");
    if (size == nullptr) return error(prefix + "size", "missing");
    if (!size->IsUint64() || size->GetUint64() > kMaxSize)
        return error(prefix + "size", size->IsNumber() ? "is no whole number from 0 to 2^63-1" : wrong_type(*size, "a number"));
    descriptor.size = size->GetUint64();

    if (const Json* platform = optional(*object, "platform")) {
        VERITAG_TRY(const Json* fields, this->object(platform, prefix + "platform"));
        VERITAG_TRY(descriptor.platform, this->platform(*fields, prefix + "platform."));
    }
    VERITAG_TRY(descriptor.annotations, string_map(*object, "annotations", prefix));
    VERITAG_TRY(descriptor.artifact_type, optional_string(*object, "artifactType", prefix));
    return descriptor;
}

}  // namespace veritag::oci
