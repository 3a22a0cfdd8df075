// What to do when a registry says 401: pure decisions over its challenges and what was tried in this request.
#pragma once

#include "registry/challenge.h"

#include <string>
#include <vector>

namespace veritag::registry {

/// What one request (with its replays) has been through.
struct AuthAttempt {
    enum class Sent { none, basic, bearer };
    Sent sent = Sent::none;
    bool token_was_cached = false;  ///< the token sent was not made for this request: it may have expired
    bool token_is_fixed = false;    ///< the token sent comes from the auth file and cannot be renewed
    bool renewed = false;           ///< a renewal was tried already
    bool widened = false;           ///< the scope of an insufficient_scope was taken already
    bool knows_bearer = false;      ///< a Bearer challenge of this host is remembered
    bool has_password = false;      ///< a user name and password could be sent as Basic
    bool has_credential = false;    ///< any credential at all
};

struct AuthPlan {
    enum class Step {
        give_up,  ///< `reason` and `hint` say why
        send_basic,
        fetch_token,  ///< by `bearer`, for the first time
        renew_token,  ///< drop the token sent and fetch another, from `bearer` or else the remembered challenge
        widen_scope,  ///< as renew_token, with the scope of `bearer` in front
    };
    Step step = Step::give_up;
    const Challenge* bearer = nullptr;  ///< points into the challenges passed in
    std::string reason;
    std::string hint;
};

/// True where a 403 carries what RFC 6750 calls insufficient_scope: a token with more scope may do.
bool asks_more_scope(const std::vector<Challenge>& challenges) noexcept;

/// The next step after a 401 (or such a 403). Every step but giving up can be taken a bounded number of times.
///
/// Harbor answers a request whose token has expired with `Basic`, although it wants Bearer (goharbor/harbor:
/// src/server/middleware/v2auth/auth.go), so a Basic challenge to a Bearer request never changes the scheme.
AuthPlan plan_after_challenge(const AuthAttempt& attempt, const std::vector<Challenge>& challenges);

}  // namespace veritag::registry
