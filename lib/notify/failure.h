// What became of one try to send something.
#pragma once

#include "base/result.h"
#include "base/times.h"
#include "outbound/fetch.h"

#include <chrono>
#include <optional>
#include <string>

namespace veritag::notify {

/// A try that failed. Whoever holds the job decides when there is another one.
struct SendFailure {
    Error error;         ///< holds no credentials, and of a URL the host only
    bool again = false;  ///< a later try may work without anybody doing anything
    std::optional<std::chrono::seconds> retry_after;  ///< not before that much time has passed, at most a day
};

/// `again` by the kind of error: networks, TLS, servers and stores may come back, credentials and settings do not by themselves.
SendFailure failure_of(Error error);

/// What a server's refusal means: 429 and the rate limits that come as 403 (X-RateLimit-Remaining: 0, Retry-After), 5xx, 401, 404, others.
/// `what` and `where` are for the error; what the body says about it is quoted.
SendFailure failure_of(const outbound::HttpReply& reply, std::string what, std::string where, SystemTime now);

}  // namespace veritag::notify
