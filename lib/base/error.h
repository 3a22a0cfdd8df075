// Errors that the outside world caused: bad bytes, a registry, a rule file, a wrong flag.
#pragma once

#include <string>
#include <string_view>

namespace veritag {

/// What kind of failure it was. The code alone decides retry, exit status and (later) HTTP status.
enum class ErrorCode {
    usage,            ///< wrong command line
    config,           ///< a rule pack, an auth file or another file of the operator's is wrong
    network,          ///< connection refused, reset, cut; name not resolved
    tls,              ///< handshake or certificate refused
    timeout,          ///< no progress, or the deadline passed
    auth,             ///< 401/403, no token, unusable credentials
    not_found,        ///< 404 and its registry codes; a missing local file
    rate_limited,     ///< 429
    server,           ///< 5xx
    protocol,         ///< the peer answered something the protocol does not allow
    digest_mismatch,  ///< bytes do not hash to their digest
    malformed,        ///< bytes break their format
    truncated,        ///< bytes end too early
    over_limit,       ///< a limit of `Limits` was passed
    unsupported,      ///< valid, but nothing veritag reads (schema 1, encrypted layers)
    io,               ///< reading a local file failed
    cancelled,        ///< the user or the parent asked to stop
    worker,           ///< the process that parsed a layer crashed, hung, broke its rules or spoke nonsense
    internal,         ///< veritag's own fault, still worth a message
};

/// The stable name of a code as it stands in reports: `digest-mismatch`.
std::string_view to_string(ErrorCode code) noexcept;

/// One failure. `message()` reads `<what failed>: <where>: <value seen>; <what to do>`.
/// Text that came from a server or an image must have passed `quote()` (text.h) before it gets here.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string what;   ///< the action that failed, as `read rpm header`
    std::string where;  ///< reference, path, offset, line; each level adds the part it knows
    std::string saw;    ///< the value seen and what was allowed
    std::string hint;   ///< what the reader can do, or empty

    [[nodiscard]] std::string message() const;

    /// Adds an outer place in front of `where`: `err.at("layer 2")`.
    [[nodiscard]] Error at(std::string_view outer) const;
};

}  // namespace veritag
