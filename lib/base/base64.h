// Base64 (RFC 4648), as Basic credentials and auth files use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace veritag {

std::string base64_encode(std::string_view bytes);

/// White space around it is dropped and padding may be missing; nullopt for anything else that is not base64.
std::optional<std::string> base64_decode(std::string_view text);

/// The value of an Authorization header: `Basic …`.
std::string basic_authorization(std::string_view username, std::string_view password);

}  // namespace veritag
