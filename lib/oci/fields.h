// Members of a JSON document as the OCI documents want them: each getter knows the action and the field's path for its error.
// Include in .cpp files only, as json.h.
#pragma once

#include "base/result.h"
#include "oci/json.h"
#include "oci/manifest.h"

#include <map>
#include <string>
#include <string_view>

namespace veritag::oci {

using Json = rapidjson::Value;

Error bad_field(std::string_view what, std::string_view field, std::string saw);
std::string wrong_type(const Json& value, std::string_view wanted);  ///< `is a list, not a string`
std::string_view text_of(const Json& value) noexcept;

/// One document being read.
struct Fields {
    std::string_view what;

    [[nodiscard]] Error error(const std::string& field, std::string saw) const { return bad_field(what, field, std::move(saw)); }
    /// Names of an object whose names the format fixes (`fold_case`) or of a free map: none may be there twice.
    [[nodiscard]] Result<void> check_names(const Json& object, const std::string& field, bool fold_case) const;
    /// nullptr where absent or null: Go writes an unset pointer, list or map as null.
    [[nodiscard]] static const Json* optional(const Json& object, std::string_view name) noexcept;
    [[nodiscard]] Result<const Json*> object(const Json* value, const std::string& field) const;
    [[nodiscard]] Result<std::string> optional_string(const Json& object, std::string_view name, const std::string& prefix) const;
    [[nodiscard]] Result<std::string> string(const Json& object, std::string_view name, const std::string& prefix) const;
    /// Null is a list, too, and comes back as nullptr.
    [[nodiscard]] Result<const Json*> list(const Json& object, std::string_view name, const std::string& prefix) const;
    [[nodiscard]] Result<std::map<std::string, std::string>> string_map(const Json& object, std::string_view name, const std::string& prefix) const;
    [[nodiscard]] Result<Digest> digest(const Json& value, const std::string& field) const;
    [[nodiscard]] Result<Descriptor> descriptor(const Json* value, const std::string& field) const;
    [[nodiscard]] Result<Platform> platform(const Json& object, const std::string& prefix) const;
};

}  // namespace veritag::oci
