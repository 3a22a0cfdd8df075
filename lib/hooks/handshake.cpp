#include "hooks/handshake.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::hooks {
namespace {

constexpr std::size_t kMostOriginBytes = 255;

// A DNS expression. It is sent back in a header, so nothing else may pass.
bool is_origin(std::string_view text) noexcept {
    return !text.empty() && text.size() <= kMostOriginBytes && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
    });
}

// What was asked for, but no more than the policy grants; what cannot be read counts as not asked.
std::string granted_rate(const HandshakePolicy& policy, std::string_view asked) {
    const auto wanted = parse_u64(asked);
    const std::uint64_t most = policy.requests_per_minute;
    if (!wanted || *wanted == 0) return most == 0 ? "*" : std::to_string(most);
    return std::to_string(most == 0 ? *wanted : std::min(*wanted, most));
}

}  // namespace

HandshakeAnswer answer_handshake(SenderKind kind, const Authentication& auth, const HandshakePolicy& policy, const HookRequest& request) {
    HandshakeAnswer answer;
    answer.headers.emplace_back("Allow", "POST");
    const auto refuse = [&](unsigned status) {
        answer.status = status;
        return answer;
    };
    const auto origins = request.values("WebHook-Request-Origin");
    if (request.method != "OPTIONS" || origins.empty()) return refuse(405);
    if (!check_path(kind, auth, request)) return refuse(404);
    if (origins.size() != 1 || !is_origin(origins.front())) return refuse(400);
    const auto is_it = [&](const std::string& known) { return equals_ignoring_case(known, origins.front()); };
    if (!policy.origins.empty() && std::none_of(policy.origins.begin(), policy.origins.end(), is_it)) return refuse(403);

    answer.status = 200;
    answer.headers.emplace_back("WebHook-Allowed-Origin", std::string(origins.front()));
    answer.headers.emplace_back("WebHook-Allowed-Rate", granted_rate(policy, request.header("WebHook-Request-Rate").value_or("")));
    return answer;
}

}  // namespace veritag::hooks
