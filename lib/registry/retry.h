// What to do after a failed try: pure functions, no clock and no socket. Which statuses are worth it stands in base/http_retry.h.
#pragma once

#include "base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::registry {

struct RetryPolicy {
    int attempts = 5;
    std::chrono::milliseconds backoff{500};
    std::chrono::milliseconds backoff_cap{60'000};
    std::chrono::milliseconds retry_after_cap{600'000};
};

/// One try that did not work. `error.saw` is the short cause (`HTTP 429`), `detail` what the server said about it.
struct Failure {
    Error error;
    std::string detail;
    unsigned status = 0;  ///< HTTP status, 0 where no answer came
    std::optional<std::chrono::milliseconds> retry_after;
    bool final = false;         ///< has its own retries behind it, or cannot get better
    bool stale = false;         ///< a reused connection was closed before it answered a byte
    bool peer_not_tls = false;  ///< the handshake met something that is not TLS
    bool redirected = false;    ///< the answer came from an address that a redirect had named
    bool challenged = false;    ///< the answer says how to log in
    std::string login_name;     ///< what a challenge in the answer calls its login: a Bearer's service, a Basic's realm
};

/// A value, or the failed try.
template <class T>
using Tried = boost::system::result<T, Failure>;

/// An address that a redirect named was refused. Such addresses are signed for some minutes, which may be over by the time a place is
/// free or a cut is resumed: the registry names another one. (S3, Azure, CloudFront: 403; Google: 400, code ExpiredToken.)
bool may_have_expired(const Failure& failure) noexcept;

/// Exponential with full jitter: `random` in [0, 1) of the doubled and capped step. `tries` counts from 1.
std::chrono::milliseconds backoff_delay(const RetryPolicy& policy, int tries, double random);

struct RetryDecision {
    bool again = false;
    std::chrono::milliseconds wait{0};
};

/// After `tries` failed tries, the last of them `failure`.
RetryDecision plan_retry(const RetryPolicy& policy, int tries, const Failure& failure, double random);

/// The error to return in the end: cause, number of tries, what the server said.
Error final_error(const Failure& failure, int tries);

/// How long everybody leaves a host alone after it said 429 or 5xx, so that many workers do not hammer it one after another.
class HostBackoff {
public:
    using Time = std::chrono::steady_clock::time_point;
    void failed(Time now, std::chrono::milliseconds wait, bool server_asked) noexcept;
    void succeeded(Time now) noexcept;  ///< lifts our own wait, never one that the server asked for
    [[nodiscard]] Time not_before() const noexcept { return not_before_; }

private:
    Time not_before_{};
    bool server_asked_ = false;
};

}  // namespace veritag::registry
