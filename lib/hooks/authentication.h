// Whether a webhook really comes from who it says. Decided before one byte of the payload is interpreted.
//
// HMAC: GitHub "Validating webhook deliveries" (X-Hub-Signature-256: sha256=HEX), go-gitea/gitea: services/webhook/deliver.go
// (X-Gitea-Signature: HEX). Bearer: RFC 6750, also as `access_token` in the query, which the CloudEvents webhook specification
// asks of every receiver. Basic: RFC 7617.
#pragma once

#include "base/result.h"
#include "hooks/hook_request.h"
#include "hooks/sender.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::hooks {

enum class AuthMethod : std::uint8_t {
    hmac,    ///< HMAC-SHA256 over the raw body; github, gitea and generic senders can
    bearer,  ///< `Authorization: Bearer SECRET`
    basic,   ///< `Authorization: Basic …`, a secret is `user:password`
    header,  ///< one header with one value, as distribution, Harbor and zot can be told to send
    path,    ///< `/hooks/NAME/SECRET`, for senders that can do no better (Quay, Docker Hub)
};

inline constexpr std::array kAuthMethods{AuthMethod::hmac, AuthMethod::bearer, AuthMethod::basic, AuthMethod::header, AuthMethod::path};

std::string_view to_string(AuthMethod method) noexcept;
/// An unknown name is `config`, with the known ones and the nearest.
Result<AuthMethod> parse_auth_method(std::string_view name);

struct Authentication {
    AuthMethod method = AuthMethod::path;
    std::vector<std::string> secrets;  ///< any of them will do; two while one replaces the other
    std::string header;                ///< for `header`: its name; for `hmac` of a generic sender: where the signature stands (default X-Hub-Signature-256)
};

/// Whether this can work and cannot be guessed: the sender knows the method, a secret is long enough (24 characters in a path, 8
/// elsewhere) and has no byte that cannot arrive. `config` otherwise; no message holds a secret.
Result<void> check_authentication(SenderKind kind, const Authentication& auth);

/// Success where the request proves one of the secrets. All are compared, each in a time that depends on no content. `auth` where the
/// proof is missing, wrong or given twice; `not_found` for a path that goes on behind /hooks/NAME without need. No message holds
/// anything that was sent or is expected.
///
/// The body must have been limited before. HMAC covers it byte for byte; only Gitea's form-encoded deliveries are signed before
/// encoding, so for them the decoded field `payload` is taken.
Result<void> authenticate(SenderKind kind, const Authentication& auth, const HookRequest& request);

/// The part of `authenticate` that looks at the path alone: for requests that need no other proof, as OPTIONS.
Result<void> check_path(SenderKind kind, const Authentication& auth, const HookRequest& request);

}  // namespace veritag::hooks
