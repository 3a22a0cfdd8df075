// What the server asks about a request.
#pragma once

#include "server/request.h"
#include "server/response.h"

#include <any>
#include <cstdint>
#include <optional>
#include <utility>

namespace veritag::server {

/// What `admit()` says once the head is there: go on, or this reply.
struct Admission {
    Admission() = default;
    Admission(Response reply) : refusal(std::move(reply)) {}  // NOLINT(google-explicit-constructor): `return problem(401);`

    std::optional<Response> refusal;              ///< sent at once; the body is not read
    std::optional<std::uint64_t> max_body_bytes;  ///< instead of `ServerLimits::body_bytes`
    std::any attachment;                          ///< for `handle()`, as who asks and which route it is
};

/// Both functions may throw: then the reply is a 500, the cause is in the log under the request's id, and the server goes on.
class Handler {
public:
    virtual ~Handler() = default;

    /// On the I/O thread, before the body is read and before `Expect: 100-continue` is answered. Everybody waits for it, so it looks into
    /// tables and takes hashes, and never blocks.
    virtual Admission admit(const RequestHead&) { return {}; }

    /// On a thread of the pool, several at once.
    virtual Response handle(const Request& request) = 0;
};

}  // namespace veritag::server
