// modules: registry
// The texts that a registry or token server writes: challenges, URLs, dates, ranges, tokens, errors, and the user's auth files.
#include "base/base64.h"
#include "base/http_retry.h"
#include "base/proxy.h"
#include "base/text.h"
#include "base/url.h"
#include "registry/auth_plan.h"
#include "registry/challenge.h"
#include "registry/credential_helper.h"
#include "registry/credentials.h"
#include "registry/error_reply.h"
#include "registry/redirect.h"
#include "registry/resume.h"
#include "registry/retry.h"
#include "registry/token.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace veritag;
using namespace veritag::registry;

namespace {

void check_url(std::string_view text) {
    const Result<Url> base = parse_url("https://hub.example/v2/a/manifests/b?c=d");
    VERITAG_ASSERT(base);
    const Result<Hop> hop = plan_hop({*base, false, true}, text);
    if (!hop) return;
    VERITAG_ASSERT(hop->url.origin.tls);
    VERITAG_ASSERT(hop->same_origin == hop->internal_allowed);
    VERITAG_ASSERT(hop->url.target.front() == '/');
    for (const char c : hop->url.target) VERITAG_ASSERT(c > ' ' && c < '\x7F');
    const Result<Url> again = parse_url(hop->url.str());  // what was cleaned stays as it is
    VERITAG_ASSERT(again && again->str() == hop->url.str());
}

void check_range(std::string_view text) {
    BlobProgress progress(1000);
    VERITAG_ASSERT(progress.take(100));
    if (progress.accept(206, text, std::nullopt)) VERITAG_ASSERT(parse_content_range(text)->first == 100);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Limits limits;
    const SystemTime now{std::chrono::seconds{1'800'000'000}};

    const std::vector<Challenge> challenges = parse_challenges(text);
    VERITAG_ASSERT(challenges.size() <= 16);
    (void)plan_after_challenge({}, challenges);
    check_url(text);
    check_range(text);
    if (const auto wait = parse_retry_after(text, now)) VERITAG_ASSERT(wait->count() >= 0);
    if (const auto token = parse_token_answer(text, limits, now))
        VERITAG_ASSERT(token->lifetime.count() > 0 && token->lifetime.count() <= 86400 && token->value.find('\n') == std::string::npos);
    (void)parse_rfc3339(text);
    (void)describe_error_body(text, {"secret"}, limits);
    (void)parse_auth_file(text, "auth.json", true, limits);
    (void)parse_helper_output("x", true, text);
    (void)bypasses_proxy(text, Origin{true, "192.0.2.7", 443});
    (void)proxy_for({std::string(text), std::string(text), ""}, Origin{true, "hub.example", 443});
    if (const auto bytes = base64_decode(text)) VERITAG_ASSERT(base64_decode(base64_encode(*bytes)) == bytes);
    return 0;
}
