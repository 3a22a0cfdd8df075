#include "hooks/hook.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "hooks/payload.h"
#include "oci/json.h"

#include <optional>

namespace veritag::hooks {
namespace {

constexpr std::string_view kWhat = "read webhook";

Error wrong(ErrorCode code, std::string saw, std::string hint = {}) { return {code, std::string(kWhat), "", std::move(saw), std::move(hint)}; }

// What can be refused without a look at who sends it.
Result<void> check_envelope(const HookRequest& request, const Limits& limits) {
    if (request.method != "POST") return wrong(ErrorCode::usage, "method " + shown(request.method) + " (only POST)");
    if (request.body.size() > limits.hook_body_bytes)
        return limit_error(kWhat, "body", request.body.size(), "limits.hook_body_bytes", limits.hook_body_bytes);
    for (const std::string_view coding : request.values("Content-Encoding"))
        if (!coding.empty() && !equals_ignoring_case(coding, "identity"))
            return wrong(ErrorCode::unsupported, "Content-Encoding " + shown(coding), "send it without compression");
    return ok();
}

// The JSON: the body itself, or a field of a form where GitHub and Gitea are told to send one.
Result<std::string_view> payload_of(SenderKind kind, const HookRequest& request, std::optional<std::string>& decoded) {
    const std::string type = request.content_type();
    if (type == "application/cloudevents-batch+json") return wrong(ErrorCode::unsupported, "a batch of CloudEvents", "send them one by one");
    if (type != "application/x-www-form-urlencoded") return request.body;
    if (kind != SenderKind::github && kind != SenderKind::gitea) return wrong(ErrorCode::unsupported, "a form", "send JSON");
    decoded = form_field(request.body, "payload");
    if (!decoded) return wrong(ErrorCode::malformed, "a form without field \"payload\"");
    return std::string_view(*decoded);
}

Result<void> read_payload(SenderKind kind, const HookRequest& request, const Json& root, Collector& out) {
    switch (kind) {
        case SenderKind::distribution: return read_distribution(root, out);
        case SenderKind::harbor: return read_harbor(request, root, out);
        case SenderKind::quay: return read_quay(root, out);
        case SenderKind::dockerhub: return read_dockerhub(root, out);
        case SenderKind::github: return read_github(request, root, out);
        case SenderKind::gitea: return read_gitea(request, root, out);
        case SenderKind::zot: return read_zot(request, root, out);
        case SenderKind::generic: return read_generic(root, out);
    }
    return wrong(ErrorCode::unsupported, "a kind of sender without reader");
}

}  // namespace

Result<HookEvents> parse_hook(SenderKind kind, const HookRequest& request, const Limits& limits) {
    VERITAG_CHECK(check_envelope(request, limits));
    std::optional<std::string> decoded;
    VERITAG_TRY(const std::string_view text, payload_of(kind, request, decoded));
    VERITAG_TRY(const rapidjson::Document root, oci::parse_json(kWhat, "payload", text, limits));
    if (!root.IsObject()) return wrong(ErrorCode::malformed, "JSON, but no object");
    Collector out(limits);
    VERITAG_CHECK(read_payload(kind, request, root, out));
    return out.take();
}

Result<HookEvents> receive_hook(SenderKind kind, const Authentication& auth, const HookRequest& request, const Limits& limits) {
    VERITAG_CHECK(check_envelope(request, limits));
    VERITAG_CHECK(authenticate(kind, auth, request));
    return parse_hook(kind, request, limits);
}

unsigned http_status(const Error& error) noexcept {
    switch (error.code) {
        case ErrorCode::auth: return 401;
        case ErrorCode::not_found: return 404;
        case ErrorCode::usage: return 405;
        case ErrorCode::over_limit: return 413;
        case ErrorCode::unsupported: return 415;
        default: return 400;
    }
}

}  // namespace veritag::hooks
