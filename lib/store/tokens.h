// Bearer tokens of the HTTP API. What is kept of a secret is its hash, so a copy of the store opens nothing.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::store {

/// Each role may do what the ones before it may. The numbers are kept in the store.
enum class Role : int { read = 0, scan = 1, admin = 2 };
std::string_view to_string(Role role) noexcept;  ///< as the enumerators
std::optional<Role> parse_role(std::string_view text) noexcept;

inline constexpr std::size_t kMostTokenNameBytes = 64;

struct NewToken {
    std::string name;  ///< letters, digits and `._@-`; no other token has it
    Role role = Role::read;
    std::optional<std::chrono::sys_seconds> expires = {};
};

struct TokenInfo {
    std::int64_t id = 0;
    std::string name;
    Role role = Role::read;
    std::chrono::sys_seconds created;
    std::optional<std::chrono::sys_seconds> last_used = {};  ///< to the hour
    std::optional<std::chrono::sys_seconds> expires = {};
};

struct CreatedToken {
    TokenInfo info;
    std::string secret;  ///< `vt_` and 32 random bytes in base64url (RFC 4648, section 5) without padding; shown once, kept nowhere
};

/// Who sent a secret.
struct Bearer {
    std::int64_t id = 0;
    std::string name;
    Role role = Role::read;
};

/// Thread-safe. What was created or revoked holds from then on, in other processes too, and after a power cut. `io` where the store fails.
class TokenStore {
public:
    virtual ~TokenStore() = default;
    /// `usage` for a name that is taken or cannot be one, and for a time that is over.
    virtual Result<CreatedToken> create(const NewToken& token) = 0;
    /// nullopt: no token has this secret, or it has expired. Any bytes may be asked for. Noting when it was used may fail unseen.
    virtual Result<std::optional<Bearer>> verify(std::string_view secret) = 0;
    /// False: no token has this name.
    virtual Result<bool> revoke(std::string_view name) = 0;
    virtual Result<std::vector<TokenInfo>> list() = 0;  ///< by name, expired ones too
};

}  // namespace veritag::store
