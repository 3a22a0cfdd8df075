#include "notify/failure.h"

#include "base/http_retry.h"
#include "base/limits.h"
#include "base/text.h"
#include "notify/kept_time.h"
#include "oci/json.h"

#include <algorithm>

namespace veritag::notify {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestWait{24 * 3600};
constexpr seconds kWaitForUnknown{60};  // a limit that does not say when it ends; GitHub asks for a minute at least
constexpr std::size_t kMostWords = 200;
constexpr std::size_t kMostErrorBody = 64 << 10;

bool may_pass(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::network:
        case ErrorCode::tls:  // certificates are renewed
        case ErrorCode::timeout:
        case ErrorCode::rate_limited:
        case ErrorCode::server:
        case ErrorCode::io:
        case ErrorCode::cancelled: return true;
        default: return false;
    }
}

// `message` (GitHub, Gitee, GitLab), `error` (GitLab), `error_message` (GitCode); GitLab's message may be an object.
std::string words_of(const outbound::HttpReply& reply) {
    if (reply.body.empty() || reply.body.size() > kMostErrorBody) return {};
    const auto json = oci::parse_json("", "", reply.body, Limits{});
    if (!json) return {};
    for (const char* name : {"message", "error_message", "error"})
        if (const std::string text = oci::json_string(*json, name); !text.empty()) return ": \"" + quote(text, kMostWords) + "\"";
    return {};
}

// GitHub and Gitee: seconds since 1970 at which the limit starts anew. GitLab: RateLimit-Reset.
std::optional<seconds> until_reset(const outbound::HttpReply& reply, SystemTime now) {
    for (const char* name : {"X-RateLimit-Reset", "RateLimit-Reset"}) {
        const auto second = parse_u64(trim(reply.header(name)));
        if (second && *second <= static_cast<std::uint64_t>(kLastSecond)) return std::max(SystemTime(seconds(*second)) - now, seconds(1));
    }
    return std::nullopt;
}

}  // namespace

SendFailure failure_of(Error error) {
    const bool again = may_pass(error.code);
    return {std::move(error), again, std::nullopt};
}

SendFailure failure_of(const outbound::HttpReply& reply, std::string what, std::string where, SystemTime now) {
    const std::string words = words_of(reply);
    SendFailure failure{{ErrorCode::protocol, std::move(what), std::move(where), "HTTP " + std::to_string(reply.status) + words, ""}, false, std::nullopt};
    const auto retry_after = parse_retry_after(reply.header("Retry-After"), now);
    const bool exhausted = trim(reply.header("X-RateLimit-Remaining")) == "0";
    const bool limited = reply.status == 429 || (reply.status == 403 && (retry_after || exhausted || to_lower(words).find("rate limit") != std::string::npos));
    if (limited) {
        failure.error.code = ErrorCode::rate_limited;
        failure.again = true;
        failure.retry_after = kWaitForUnknown;
        if (retry_after)
            failure.retry_after = std::chrono::ceil<seconds>(*retry_after);
        else if (const auto reset = until_reset(reply, now))
            failure.retry_after = *reset;
    } else if (reply.status >= 500 || is_temporary_status(reply.status)) {
        failure.error.code = ErrorCode::server;
        failure.again = true;
        if (retry_after) failure.retry_after = std::chrono::ceil<seconds>(*retry_after);
    } else if (reply.status == 401 || reply.status == 403) {
        failure.error.code = ErrorCode::auth;
        failure.error.hint = "check the token and what it may do";
    } else if (reply.status == 404 || reply.status == 410) {
        failure.error.code = ErrorCode::not_found;
    } else if (reply.status >= 300 && reply.status < 400) {
        failure.error.code = ErrorCode::config;
        failure.error.hint = "redirects are not followed; name the address that it leads to";
    }
    if (failure.retry_after) failure.retry_after = std::min(*failure.retry_after, kLongestWait);
    return failure;
}

}  // namespace veritag::notify
