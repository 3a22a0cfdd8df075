#include "base/error.h"

namespace veritag {

std::string_view to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::usage: return "usage";
        case ErrorCode::config: return "config";
        case ErrorCode::network: return "network";
        case ErrorCode::tls: return "tls";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::auth: return "auth";
        case ErrorCode::not_found: return "not-found";
        case ErrorCode::rate_limited: return "rate-limited";
        case ErrorCode::server: return "server";
        case ErrorCode::protocol: return "protocol";
        case ErrorCode::digest_mismatch: return "digest-mismatch";
        case ErrorCode::malformed: return "malformed";
        case ErrorCode::truncated: return "truncated";
        case ErrorCode::over_limit: return "over-limit";
        case ErrorCode::unsupported: return "unsupported";
        case ErrorCode::io: return "io";
        case ErrorCode::cancelled: return "cancelled";
        case ErrorCode::worker: return "worker";
        case ErrorCode::internal: return "internal";
    }
    return "internal";
}

std::string Error::message() const {
    std::string text = what;
    if (!where.empty()) text += ": " + where;
    if (!saw.empty()) text += ": " + saw;
    if (!hint.empty()) text += "; " + hint;
    return text;
}

Error Error::at(std::string_view outer) const {
    Error copy = *this;
    copy.where = where.empty() ? std::string(outer) : std::string(outer) + " " + where;
    return copy;
}

}  // namespace veritag
