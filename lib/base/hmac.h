// Keyed hashes (RFC 2104), as webhooks are signed with.
#pragma once

#include <string>
#include <string_view>

namespace veritag {

/// HMAC-SHA256 in lower-case hex.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace veritag
