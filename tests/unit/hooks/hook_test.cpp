// The way in: method, size, encoding, limits, hostile bodies; and the handshake before the first delivery.
#include "hook_file.h"
#include "hooks/handshake.h"
#include "hooks/hook.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace veritag::hooks {
namespace {

constexpr std::string_view kSmall = R"({"repository":"a/b","tag":"1"})";

HookRequest post(std::string_view body) { return {.method = "POST", .headers = {}, .path_rest = "", .query = "", .body = body}; }

std::string refusal(const Result<HookEvents>& found) {
    return found ? "" : std::to_string(http_status(found.error())) + " " + found.error().message();
}

TEST(Hook, TakesPostOnly) {
    HookRequest request = post(kSmall);
    for (const char* method : {"GET", "PUT", "post", "", "OPTIONS"}) {
        request.method = method;
        EXPECT_EQ(refusal(parse_hook(SenderKind::generic, request, Limits{})), "405 read webhook: method \"" + std::string(method) + "\" (only POST)");
    }
}

TEST(Hook, TakesNoCompressedBody) {
    HookRequest request = post(kSmall);
    request.headers = {{"Content-Encoding", "identity"}};
    EXPECT_TRUE(parse_hook(SenderKind::generic, request, Limits{}));
    for (const char* coding : {"gzip", "zstd", "identity, gzip", "GZIP"}) {
        request.headers = {{"content-encoding", "identity"}, {"Content-Encoding", coding}};
        EXPECT_EQ(refusal(parse_hook(SenderKind::generic, request, Limits{})),
                  "415 read webhook: Content-Encoding \"" + std::string(coding) + "\"; send it without compression");
    }
}

TEST(Hook, LimitsTheBody) {
    const std::string head = R"({"repository":"a/b","tag":"1","readme":")";
    const std::string fits = head + std::string((1U << 20) - head.size() - 2, 'x') + "\"}";
    const Result<HookEvents> found = parse_hook(SenderKind::generic, post(fits), Limits{});
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->events.size(), 1U);
    EXPECT_EQ(refusal(parse_hook(SenderKind::generic, post(fits + " "), Limits{})).substr(0, 27), "413 read webhook: body: 104");
}

TEST(Hook, LimitsNesting) {
    const auto nested = [](std::size_t depth) { return R"({"repository":"a/b","tag":"1","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
    EXPECT_TRUE(parse_hook(SenderKind::generic, post(nested(63)), Limits{}));
    EXPECT_EQ(refusal(parse_hook(SenderKind::generic, post(nested(64)), Limits{})).substr(0, 3), "413");
    EXPECT_EQ(refusal(parse_hook(SenderKind::generic, post(nested(500'000)), Limits{})).substr(0, 3), "413");
    const std::string open(1U << 20, '[');
    for (const SenderKind kind : kSenderKinds) EXPECT_FALSE(parse_hook(kind, post(open), Limits{}));
}

TEST(Hook, LimitsEvents) {
    const auto many = [](std::size_t count) {
        std::string body = R"({"images":[)";
        for (std::size_t i = 0; i < count; ++i) body += (i == 0 ? "" : ",") + std::string(kSmall);
        return body + "]}";
    };
    EXPECT_EQ(parse_hook(SenderKind::generic, post(many(1000)), Limits{})->events.size(), 1000U);
    const Result<HookEvents> found = parse_hook(SenderKind::generic, post(many(1001)), Limits{});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::over_limit);
    EXPECT_NE(found.error().message().find("limits.hook_events"), std::string::npos);
}

TEST(Hook, KeepsFewReasons) {
    std::string body = R"({"images":[)";
    for (int i = 0; i < 500; ++i) body += (i == 0 ? "" : ",") + std::string(R"({"repository":"A"})");
    const Result<HookEvents> found = parse_hook(SenderKind::generic, post(body + "]}"), Limits{});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->ignored.size(), kMostReasons);
    EXPECT_EQ(found->ignored_entries, 500U);
    EXPECT_EQ(found->entries, 500U);
}

TEST(Hook, RefusesWhatIsNoObject) {
    for (const SenderKind kind : kSenderKinds) {
        for (const char* body : {"", " ", "[]", "null", "7", "\"x\"", "{", "{}x", "\xff", "{\"a\":1e999}", "<html>"}) {
            const Result<HookEvents> found = parse_hook(kind, post(body), Limits{});
            ASSERT_FALSE(found) << to_string(kind) << " " << body;
            EXPECT_EQ(http_status(found.error()), 400U) << found.error().message();
        }
    }
}

TEST(Hook, TakesFormsWhereTheyAreSent) {
    HookRequest request = post("x=1&payload=%7B%22a%22%3A1%7D");
    request.headers = {{"Content-Type", "Application/X-WWW-Form-Urlencoded; charset=utf-8"}};
    EXPECT_TRUE(parse_hook(SenderKind::github, request, Limits{}));
    EXPECT_TRUE(parse_hook(SenderKind::gitea, request, Limits{}));
    EXPECT_EQ(refusal(parse_hook(SenderKind::harbor, request, Limits{})), "415 read webhook: a form; send JSON");
    request.body = "payloads=%7B%7D";
    EXPECT_EQ(refusal(parse_hook(SenderKind::github, request, Limits{})), "400 read webhook: a form without field \"payload\"");
}

TEST(Hook, TakesNoBatches) {
    HookRequest request = post("[]");
    request.headers = {{"Content-Type", "application/cloudevents-batch+json"}};
    EXPECT_EQ(refusal(parse_hook(SenderKind::zot, request, Limits{})), "415 read webhook: a batch of CloudEvents; send them one by one");
}

TEST(Hook, AsksForProofBeforeItReads) {
    const Authentication auth{AuthMethod::bearer, {"token-of-the-sender"}, ""};
    HookRequest request = post("no JSON at all");
    EXPECT_EQ(refusal(receive_hook(SenderKind::generic, auth, request, Limits{})).substr(0, 3), "401");
    request.headers = {{"Authorization", "Bearer token-of-the-sender"}};
    EXPECT_EQ(refusal(receive_hook(SenderKind::generic, auth, request, Limits{})).substr(0, 3), "400");
    request.body = kSmall;
    const Result<HookEvents> found = receive_hook(SenderKind::generic, auth, request, Limits{});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->events.size(), 1U);
    request.path_rest = "/x";
    EXPECT_EQ(refusal(receive_hook(SenderKind::generic, auth, request, Limits{})).substr(0, 3), "404");
}

// Every file, read as every kind, cut at every byte: an answer each time, and never an event that the whole does not have.
TEST(Hook, SurvivesEveryPrefix) {
    std::size_t read = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(VERITAG_SOURCE_DIR) / "tests/data/hooks")) {
        if (entry.path().extension() != ".http") continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        HookRequest request = read_hook_file(text);
        const std::string_view whole = request.body;
        for (const SenderKind kind : kSenderKinds) {
            for (std::size_t cut = 0; cut + 2 < whole.size(); ++cut, ++read) {  // the last byte is the end of the line
                request.body = whole.substr(0, cut);
                const Result<HookEvents> found = parse_hook(kind, request, Limits{});
                // A form that was cut inside its field is JSON that was cut; all are malformed, or a form where none may be.
                ASSERT_FALSE(found) << entry.path().filename() << " cut at " << cut << " as " << to_string(kind);
                ASSERT_TRUE(found.error().code == ErrorCode::malformed || found.error().code == ErrorCode::unsupported) << found.error().message();
            }
        }
    }
    EXPECT_GT(read, 100'000U);
}

TEST(Hook, IsQuickOnHostileBodies) {
    std::string members = "{";
    while (members.size() < (1U << 20) - 64) members += "\"events\":{},";
    members += "\"a\":1}";
    std::string zeros = R"({"events":[0)";
    while (zeros.size() < (1U << 20) - 8) zeros += ",0";
    zeros += "]}";
    const auto start = std::chrono::steady_clock::now();
    for (const SenderKind kind : kSenderKinds)
        for (const std::string& body : {members, zeros}) (void)parse_hook(kind, post(body), Limits{});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

// ---- OPTIONS ----

struct ShakeCase {
    const char* name;
    const char* request;
    HandshakePolicy policy;
    const char* answer;
};
void PrintTo(const ShakeCase& c, std::ostream* out) { *out << c.name; }

class Handshake : public testing::TestWithParam<ShakeCase> {};

TEST_P(Handshake, IsAnswered) {
    const Authentication auth{AuthMethod::path, {"abcdefghijklmnopqrstuvwx"}, ""};
    const HandshakeAnswer answer = answer_handshake(SenderKind::zot, auth, GetParam().policy, read_hook_file(GetParam().request));
    std::string text = std::to_string(answer.status);
    for (const auto& [name, value] : answer.headers) text += " | " + name + ": " + value;
    EXPECT_EQ(text, GetParam().answer);
}

#define OPTIONS "OPTIONS /abcdefghijklmnopqrstuvwx\n"
INSTANTIATE_TEST_SUITE_P(
    CloudEvents, Handshake,
    testing::Values(
        ShakeCase{"Yes", OPTIONS "WebHook-Request-Origin: zot.example\n\n", {}, "200 | Allow: POST | WebHook-Allowed-Origin: zot.example | WebHook-Allowed-Rate: *"},
        ShakeCase{"Rate", OPTIONS "webhook-request-origin: zot.example\nWebHook-Request-Rate: 120\n\n", {},
                  "200 | Allow: POST | WebHook-Allowed-Origin: zot.example | WebHook-Allowed-Rate: 120"},
        ShakeCase{"RateAbove", OPTIONS "WebHook-Request-Origin: zot.example\nWebHook-Request-Rate: 6000\n\n", {{}, 600},
                  "200 | Allow: POST | WebHook-Allowed-Origin: zot.example | WebHook-Allowed-Rate: 600"},
        ShakeCase{"RateBelow", OPTIONS "WebHook-Request-Origin: zot.example\nWebHook-Request-Rate: 60\n\n", {{}, 600},
                  "200 | Allow: POST | WebHook-Allowed-Origin: zot.example | WebHook-Allowed-Rate: 60"},
        ShakeCase{"RateOfNothing", OPTIONS "WebHook-Request-Origin: zot.example\nWebHook-Request-Rate: 0\n\n", {{}, 600},
                  "200 | Allow: POST | WebHook-Allowed-Origin: zot.example | WebHook-Allowed-Rate: 600"},
        ShakeCase{"KnownOrigin", OPTIONS "WebHook-Request-Origin: Zot.Example\n\n", {{"hub.example", "zot.example"}, 0},
                  "200 | Allow: POST | WebHook-Allowed-Origin: Zot.Example | WebHook-Allowed-Rate: *"},
        ShakeCase{"OtherOrigin", OPTIONS "WebHook-Request-Origin: evil.example\n\n", {{"zot.example"}, 0}, "403 | Allow: POST"},
        ShakeCase{"CallbackIsNotCalled", OPTIONS "WebHook-Request-Callback: http://169.254.169.254/\n\n", {}, "405 | Allow: POST"},
        ShakeCase{"NoOrigin", OPTIONS "\n", {}, "405 | Allow: POST"},
        ShakeCase{"TwoOrigins", OPTIONS "WebHook-Request-Origin: a\nWebHook-Request-Origin: b\n\n", {}, "400 | Allow: POST"},
        ShakeCase{"OriginWithText", OPTIONS "WebHook-Request-Origin: a, b\n\n", {}, "400 | Allow: POST"},
        ShakeCase{"EmptyOrigin", OPTIONS "WebHook-Request-Origin:\n\n", {}, "400 | Allow: POST"},
        ShakeCase{"OtherPath", "OPTIONS /abcdefghijklmnopqrstuvwy\nWebHook-Request-Origin: zot.example\n\n", {}, "404 | Allow: POST"},
        ShakeCase{"OtherMethod", "GET /abcdefghijklmnopqrstuvwx\nWebHook-Request-Origin: zot.example\n\n", {}, "405 | Allow: POST"}),
    [](const testing::TestParamInfo<ShakeCase>& c) { return c.param.name; });

}  // namespace
}  // namespace veritag::hooks
