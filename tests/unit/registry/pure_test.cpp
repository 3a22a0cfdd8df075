// The client's decisions: no sockets, no clock.
#include "base/text.h"
#include "base/times.h"
#include "base/url.h"
#include "registry/auth_plan.h"
#include "registry/challenge.h"
#include "registry/error_reply.h"
#include "registry/redirect.h"
#include "registry/resume.h"
#include "registry/retry.h"
#include "registry/token.h"

#include <gtest/gtest.h>

#include <map>

namespace veritag::registry {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

template <class T>
std::string name_of(const testing::TestParamInfo<T>& each) {
    return each.param.name;
}

// ---- challenges ----

std::string to_text(const std::vector<Challenge>& challenges) {
    std::vector<std::string> parts;
    for (const Challenge& one : challenges) {
        std::string text = one.scheme;
        if (!one.token68.empty()) text += " " + one.token68;
        for (const auto& [key, value] : one.parameters) text += " " + key + "=[" + value + "]";
        parts.push_back(text);
    }
    return join(parts, " | ");
}

struct ChallengeCase {
    const char* name;
    const char* header;
    const char* reads;
};
class Challenges : public testing::TestWithParam<ChallengeCase> {};
TEST_P(Challenges, Reads) { EXPECT_EQ(to_text(parse_challenges(std::string_view(GetParam().header))), GetParam().reads); }
INSTANTIATE_TEST_SUITE_P(
    Seen, Challenges,
    testing::Values(
        ChallengeCase{"DockerHub",
                      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")",
                      "bearer realm=[https://auth.docker.io/token] scope=[repository:a/b:pull,push] service=[registry.docker.io]"},
        ChallengeCase{"UnquotedLowerCase", "bearer realm=https://zot.example/auth,service=zot,scope=\"\"",
                      "bearer realm=[https://zot.example/auth] scope=[] service=[zot]"},
        ChallengeCase{"TwoInOneHeader", R"(Basic realm="harbor", Bearer realm="https://h/token", service="s")",
                      "basic realm=[harbor] | bearer realm=[https://h/token] service=[s]"},
        ChallengeCase{"BareSchemesFirst", "Negotiate, NTLM , Bearer realm=\"x\"", "negotiate | ntlm | bearer realm=[x]"},
        ChallengeCase{"Token68", "Negotiate YII/+a~b==, Basic realm=\"r\"", "negotiate YII/+a~b== | basic realm=[r]"},
        ChallengeCase{"Escapes", R"(Basic realm="a \"b\", c\\d")", R"(basic realm=[a "b", c\d])"},
        ChallengeCase{"SpacesAroundEquals", "Bearer realm = \"x\" , service =y", "bearer realm=[x] service=[y]"},
        ChallengeCase{"MissingComma", "Basic realm=\"a\" Bearer realm=\"b\"", "basic realm=[a] | bearer realm=[b]"},
        ChallengeCase{"EmptyElements", ",, Basic realm=\"a\",,Bearer realm=\"b\",", "basic realm=[a] | bearer realm=[b]"},
        ChallengeCase{"UppercaseKeys", "BEARER REALM=\"x\",Scope=\"y z\"", "bearer realm=[x] scope=[y z]"},
        ChallengeCase{"UnendedQuote", "Bearer realm=\"x, service=", "bearer realm=[x, service=]"},
        ChallengeCase{"EndsInEscape", "Bearer realm=\"x\\", "bearer realm=[x]"},
        ChallengeCase{"FirstOfRepeatedKey", "Bearer realm=a, realm=b", "bearer realm=[a]"}, ChallengeCase{"Blank", "", ""},
        ChallengeCase{"OnlyCommas", " , ,", ""}, ChallengeCase{"Garbage", "\x01\x02 =\"", ""}),
    name_of<ChallengeCase>);

TEST(ChallengeLines, AreJoined) {
    const std::vector<std::string_view> lines{"Basic realm=\"a\"", "Bearer realm=\"b\""};
    const std::vector<Challenge> all = parse_challenges(lines);
    ASSERT_NE(find_challenge(all, "bearer"), nullptr);
    EXPECT_EQ(find_challenge(all, "bearer")->get("realm"), "b");
    EXPECT_EQ(find_challenge(all, "digest"), nullptr);
}

TEST(ChallengeLimits, HoldOnHostileHeaders) {
    std::string many_schemes;
    std::string many_keys = "Bearer ";
    for (int i = 0; i < 1000; ++i) {
        many_schemes += "S" + std::to_string(i) + ", ";
        many_keys += "k" + std::to_string(i) + "=v, ";
    }
    EXPECT_EQ(parse_challenges(std::string_view(many_schemes)).size(), 16U);
    EXPECT_EQ(parse_challenges(std::string_view(many_keys)).at(0).parameters.size(), 32U);
}

// ---- what to do after a 401 ----

using Sent = AuthAttempt::Sent;
using Step = AuthPlan::Step;

struct AuthCase {
    const char* name;
    AuthAttempt attempt;
    const char* header;
    Step step;
    const char* reason;
};
class AuthSteps : public testing::TestWithParam<AuthCase> {};
TEST_P(AuthSteps, Plans) {
    const std::vector<Challenge> challenges = parse_challenges(std::string_view(GetParam().header));
    const AuthPlan plan = plan_after_challenge(GetParam().attempt, challenges);
    EXPECT_EQ(plan.step, GetParam().step);
    EXPECT_EQ(plan.reason, GetParam().reason);
}
INSTANTIATE_TEST_SUITE_P(
    Table, AuthSteps,
    testing::Values(
        AuthCase{"AnonymousGetsBearer", {}, "Bearer realm=\"r\"", Step::fetch_token, ""},
        AuthCase{"BearerWinsOverBasicInFront", {.has_password = true}, "Basic realm=\"r\", Bearer realm=\"r\"", Step::fetch_token, ""},
        AuthCase{"BasicWithPassword", {.has_password = true}, "Basic realm=\"r\"", Step::send_basic, ""},
        AuthCase{"BasicWithoutPassword", {}, "Basic realm=\"r\"", Step::give_up, "it asks for a user name and password"},
        AuthCase{"BlankChallenge", {}, "", Step::give_up, "no such project or no access"},
        AuthCase{"OnlyNegotiate", {}, "Negotiate", Step::give_up, "it offers only the scheme \"negotiate\" (known: Basic, Bearer)"},
        AuthCase{"ExpiredToken",
                 {.sent = Sent::bearer, .token_was_cached = true, .knows_bearer = true},
                 "Bearer realm=\"r\",error=\"invalid_token\"",
                 Step::renew_token,
                 ""},
        AuthCase{"HarborAnswersBasic",
                 {.sent = Sent::bearer, .token_was_cached = true, .knows_bearer = true, .has_password = true},
                 "Basic realm=\"harbor\"",
                 Step::renew_token,
                 ""},
        AuthCase{"SecondRefusalIsFinal",
                 {.sent = Sent::bearer, .token_was_cached = true, .renewed = true, .knows_bearer = true},
                 "Bearer realm=\"r\"",
                 Step::give_up,
                 "a fresh token was refused: no access, or no such repository"},
        AuthCase{"FreshTokenRefused",
                 {.sent = Sent::bearer, .knows_bearer = true, .has_password = true},
                 "Basic realm=\"harbor\"",
                 Step::give_up,
                 "a fresh token was refused: no access, or no such repository"},
        AuthCase{"ScopeTooSmall",
                 {.sent = Sent::bearer, .knows_bearer = true},
                 "Bearer realm=\"r\",scope=\"x:y:z\",error=\"insufficient_scope\"",
                 Step::widen_scope,
                 ""},
        AuthCase{"ScopeTooSmallTwice",
                 {.sent = Sent::bearer, .widened = true, .knows_bearer = true},
                 "Bearer realm=\"r\",scope=\"x:y:z\",error=\"insufficient_scope\"",
                 Step::give_up,
                 "a fresh token was refused: no access, or no such repository"},
        AuthCase{"FixedTokenRefused",
                 {.sent = Sent::bearer, .token_is_fixed = true},
                 "Bearer realm=\"r\"",
                 Step::give_up,
                 "the token of the auth file was refused"},
        AuthCase{"BasicRefused",
                 {.sent = Sent::basic, .has_password = true},
                 "Basic realm=\"r\"",
                 Step::give_up,
                 "the user name or password was refused"},
        AuthCase{"BasicLedToBearer", {.sent = Sent::basic, .has_password = true}, "Bearer realm=\"r\"", Step::fetch_token, ""}),
    name_of<AuthCase>);

// ---- tokens ----

TEST(TokenScopes, PutTheDemandedOneInFrontAndKeepOurs) {
    EXPECT_EQ(join(token_scopes("", "repository:a/b:pull"), " "), "repository:a/b:pull");
    EXPECT_EQ(join(token_scopes("repository:a/b:pull", "repository:a/b:pull"), " "), "repository:a/b:pull");
    EXPECT_EQ(join(token_scopes("*", "repository:a/b:pull"), " "), "* repository:a/b:pull");
    EXPECT_EQ(join(token_scopes("", "registry:catalog:*"), " "), "registry:catalog:*");
    EXPECT_EQ(join(token_scopes("repository:a/b:pull,push repository:c:pull", "repository:a/b:pull"), " | "),
              "repository:a/b:pull,push | repository:c:pull | repository:a/b:pull");
}

TEST(TokenUrl, KeepsTheRealmsQueryAndRepeatsScope) {
    const Result<Url> realm = parse_url("https://auth.example/token?tenant=1");
    ASSERT_TRUE(realm);
    const TokenRequest request{*realm, "registry example", "robot$x+y", {"repository:a:pull", "repository:b:pull"}, true};
    EXPECT_EQ(token_get_url(request).str(),
              "https://auth.example/token?tenant=1&service=registry%20example&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull"
              "&account=robot%24x%2By&client_id=veritag");
    EXPECT_EQ(token_post_body(request, "a&b"),
              "grant_type=refresh_token&client_id=veritag&service=registry%20example&scope=repository%3Aa%3Apull%20repository%3Ab%3Apull"
              "&refresh_token=a%26b");
}

TEST(TokenUrl, LeavesOutWhatTheChallengeDidNotName) {
    const Result<Url> realm = parse_url("https://auth.example/token");
    ASSERT_TRUE(realm);
    EXPECT_EQ(token_get_url({*realm, "", "", {"repository:a:pull"}, true}).target, "/token?scope=repository%3Aa%3Apull&client_id=veritag");
}

TEST(TokenKey, IgnoresTheOrderOfScopesOnly) {
    const Result<Url> realm = parse_url("https://auth.example/token");
    ASSERT_TRUE(realm);
    const TokenRequest one{*realm, "s", "u", {"a", "b"}, true};
    const TokenRequest same{*realm, "s", "u", {"b", "a"}, true};
    const TokenRequest other{*realm, "s", "v", {"a", "b"}, true};
    EXPECT_EQ(one.cache_key(), same.cache_key());
    EXPECT_NE(one.cache_key(), other.cache_key());
}

struct TokenCase {
    const char* name;
    const char* body;
    const char* reads;  // `value lifetime`, or the error's message
};
class TokenAnswers : public testing::TestWithParam<TokenCase> {};
TEST_P(TokenAnswers, Reads) {
    const SystemTime now = *parse_rfc3339("2026-08-22T10:00:00Z");
    const Result<Token> token = parse_token_answer(GetParam().body, Limits{}, now);
    const std::string reads = token ? token->value + " " + std::to_string(token->lifetime.count()) : token.error().message();
    EXPECT_EQ(reads, GetParam().reads);
}
INSTANTIATE_TEST_SUITE_P(
    Table, TokenAnswers,
    testing::Values(TokenCase{"Token", R"({"token":"t"})", "t 60"},
                    TokenCase{"AccessToken", R"({"access_token":"t","expires_in":300})", "t 300"},
                    TokenCase{"EmptyTokenUsesTheOther", R"({"token":"","access_token":"t"})", "t 60"},
                    TokenCase{"FloorOfAMinute", R"({"token":"t","expires_in":5})", "t 60"},
                    TokenCase{"Negative", R"({"token":"t","expires_in":-7})", "t 60"},
                    TokenCase{"Endless", R"({"token":"t","expires_in":1e300})", "t 86400"},
                    TokenCase{"IssuedEarlier", R"({"token":"t","expires_in":300,"issued_at":"2026-08-22T09:58:20Z"})", "t 200"},
                    TokenCase{"IssuedWithOffset", R"({"token":"t","expires_in":300,"issued_at":"2026-08-22T11:58:20.5+02:00"})", "t 200"},
                    TokenCase{"ClockBehind", R"({"token":"t","expires_in":300,"issued_at":"2026-08-22T10:30:00Z"})", "t 300"},
                    TokenCase{"ClockAhead", R"({"token":"t","expires_in":300,"issued_at":"2026-08-22T08:00:00Z"})", "t 300"},
                    TokenCase{"NoDate", R"({"token":"t","expires_in":300,"issued_at":"yesterday"})", "t 300"},
                    TokenCase{"NoToken", R"({"expires_in":300})", "read token answer: it has neither \"token\" nor \"access_token\""},
                    TokenCase{"NotAString", R"({"token":17})", "read token answer: it has neither \"token\" nor \"access_token\""},
                    TokenCase{"HeaderInjection", R"({"token":"t\r\nX-Evil: 1"})",
                              "read token answer: the token holds white space or control bytes"},
                    TokenCase{"NeverQuoted", "token=SECRET", "read token answer: not JSON (12 bytes)"},
                    TokenCase{"Array", "[]", "read token answer: it has neither \"token\" nor \"access_token\""}),
    name_of<TokenCase>);

TEST(TokenCacheTest, RenewsFiveSecondsEarly) {
    TokenCache cache;
    const TokenCache::Time start{};
    cache.store("k", {"t", 60s}, start);
    ASSERT_NE(cache.find("k", start + 54s), nullptr);
    EXPECT_EQ(*cache.find("k", start + 54s), "t");
    EXPECT_EQ(cache.find("k", start + 55s), nullptr);
    EXPECT_EQ(cache.find("other", start), nullptr);
}

TEST(TokenCacheTest, DropsOnlyTheTokenThatWasRefused) {
    TokenCache cache;
    cache.store("k", {"new", 60s}, {});
    cache.drop("k", "old");
    EXPECT_NE(cache.find("k", {}), nullptr);
    cache.drop("k", "new");
    EXPECT_EQ(cache.find("k", {}), nullptr);
}

// ---- times and retries ----

struct DateCase {
    const char* name;
    const char* text;
    long long seconds;  // since 1970; -1 for "no date"
};
class HttpDates : public testing::TestWithParam<DateCase> {};
TEST_P(HttpDates, Reads) {
    const auto time = parse_http_date(GetParam().text);
    EXPECT_EQ(time ? time->time_since_epoch().count() : -1, GetParam().seconds);
}
INSTANTIATE_TEST_SUITE_P(
    Table, HttpDates,
    testing::Values(DateCase{"Imf", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
                    DateCase{"Rfc850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
                    DateCase{"Asctime", "Sun Nov  6 08:49:37 1994", 784111777}, DateCase{"OtherZone", "Sun, 06 Nov 1994 08:49:37 CET", -1},
                    DateCase{"NoSuchDay", "Sun, 31 Feb 1994 08:49:37 GMT", -1}, DateCase{"Cut", "Sun, 06 Nov 1994 08:49", -1},
                    DateCase{"Tail", "Sun, 06 Nov 1994 08:49:37 GMT x", -1}, DateCase{"Empty", "", -1}, DateCase{"Word", "soon", -1}),
    name_of<DateCase>);

Failure failure_with(ErrorCode code, unsigned status = 0, std::optional<milliseconds> retry_after = std::nullopt) {
    Failure failure{Error{code, "fetch manifest", "GET h/v2/x", "HTTP " + std::to_string(status), ""}};
    failure.status = status;
    failure.retry_after = retry_after;
    return failure;
}

TEST(RetryPlan, RepeatsWhatMayPass) {
    const RetryPolicy policy;
    for (const unsigned status : {408U, 429U, 499U, 500U, 502U, 503U, 504U, 522U})
        EXPECT_TRUE(plan_retry(policy, 1, failure_with(ErrorCode::server, status), 0.5).again) << status;
    for (const unsigned status : {400U, 401U, 403U, 404U, 405U, 416U, 501U})
        EXPECT_FALSE(plan_retry(policy, 1, failure_with(ErrorCode::protocol, status), 0.5).again) << status;
    for (const ErrorCode code : {ErrorCode::network, ErrorCode::timeout}) EXPECT_TRUE(plan_retry(policy, 1, failure_with(code), 0.5).again);
    for (const ErrorCode code : {ErrorCode::tls, ErrorCode::protocol, ErrorCode::auth, ErrorCode::cancelled, ErrorCode::over_limit})
        EXPECT_FALSE(plan_retry(policy, 1, failure_with(code), 0.5).again);
}

TEST(RetryPlan, EndsAfterItsAttemptsAndForFinalFailures) {
    const RetryPolicy policy;
    EXPECT_TRUE(plan_retry(policy, 4, failure_with(ErrorCode::network), 0).again);
    EXPECT_FALSE(plan_retry(policy, 5, failure_with(ErrorCode::network), 0).again);
    Failure final = failure_with(ErrorCode::network);
    final.final = true;
    EXPECT_FALSE(plan_retry(policy, 1, final, 0).again);
}

TEST(RetryPlan, DoublesWithFullJitterUpToTheCap) {
    const RetryPolicy policy{.attempts = 99, .backoff = 500ms, .backoff_cap = 3s};
    EXPECT_EQ(backoff_delay(policy, 1, 0.5), 250ms);
    EXPECT_EQ(backoff_delay(policy, 2, 0.5), 500ms);
    EXPECT_EQ(backoff_delay(policy, 3, 0.5), 1000ms);
    EXPECT_EQ(backoff_delay(policy, 4, 0.5), 1500ms);
    EXPECT_EQ(backoff_delay(policy, 90, 0.5), 1500ms);
    EXPECT_EQ(backoff_delay(policy, 90, 0.0), 0ms);
}

TEST(RetryPlan, ServersWishComesFirstUpToTheCap) {
    const RetryPolicy policy;
    EXPECT_EQ(plan_retry(policy, 1, failure_with(ErrorCode::rate_limited, 429, 17s), 0.9).wait, 17s);
    EXPECT_EQ(plan_retry(policy, 1, failure_with(ErrorCode::rate_limited, 429, 0s), 0.5).wait, 250ms);
    EXPECT_FALSE(plan_retry(policy, 1, failure_with(ErrorCode::rate_limited, 429, 601s), 0.5).again);
}

TEST(RetryPlan, FinalErrorCountsTheTries) {
    Failure failure = failure_with(ErrorCode::rate_limited, 429);
    failure.detail = "TOOMANYREQUESTS";
    failure.error.hint = "wait";
    EXPECT_EQ(final_error(failure, 3).message(), "fetch manifest: GET h/v2/x: HTTP 429 after 3 tries: TOOMANYREQUESTS; wait");
    failure.retry_after = 601s;
    EXPECT_EQ(final_error(failure, 1).message(), "fetch manifest: GET h/v2/x: HTTP 429, retry after 601 s: TOOMANYREQUESTS; wait");
}

TEST(HostBackoffTest, KeepsTheServersWishButForgetsOurOwnOnSuccess) {
    const HostBackoff::Time start{1h};
    HostBackoff own;
    own.failed(start, 10s, false);
    EXPECT_EQ(own.not_before(), start + 10s);
    own.succeeded(start + 1s);
    EXPECT_EQ(own.not_before(), HostBackoff::Time{});

    HostBackoff asked;
    asked.failed(start, 10s, true);
    asked.failed(start, 1s, false);
    asked.succeeded(start + 1s);
    EXPECT_EQ(asked.not_before(), start + 10s);
    asked.succeeded(start + 11s);
    EXPECT_EQ(asked.not_before(), HostBackoff::Time{});
}

// ---- resuming ----

TEST(ContentRangeTest, Reads) {
    const auto range = parse_content_range("bytes 5-9/10");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 5U);
    EXPECT_EQ(range->last, 9U);
    EXPECT_EQ(range->total, 10U);
    EXPECT_TRUE(parse_content_range("Bytes 0-0/1"));
    EXPECT_EQ(parse_content_range("bytes 5-9/*")->total, std::nullopt);
    for (const char* bad : {"", "bytes", "bytes */10", "bytes 9-5/10", "bytes 5-10/10", "bytes -1-2/3", "items 1-2/3", "bytes 1-2",
                            "bytes 1-18446744073709551616/3"})
        EXPECT_FALSE(parse_content_range(bad)) << bad;
}

struct ResumeCase {
    const char* name;
    std::size_t delivered;  // of 10
    unsigned status;
    const char* content_range;
    std::optional<std::uint64_t> length;
    const char* error;  // empty: accepted
};
class Resuming : public testing::TestWithParam<ResumeCase> {};
TEST_P(Resuming, Judges) {
    const ResumeCase& c = GetParam();
    BlobProgress progress(10);
    ASSERT_TRUE(progress.take(c.delivered));
    const Result<void> result = progress.accept(c.status, c.content_range, c.length);
    EXPECT_EQ(result ? "" : result.error().saw, c.error);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Resuming,
    testing::Values(ResumeCase{"Whole", 0, 200, "", 10, ""}, ResumeCase{"WholeChunked", 0, 200, "", std::nullopt, ""},
                    ResumeCase{"WrongLength", 0, 200, "", 9, "Content-Length 9, but the descriptor says 10 bytes"},
                    ResumeCase{"PartNotAsked", 0, 206, "bytes 0-9/10", 10, "HTTP 206 although no part was asked for"},
                    ResumeCase{"Rest", 4, 206, "bytes 4-9/10", 6, ""}, ResumeCase{"PieceOfTheRest", 4, 206, "bytes 4-5/10", 2, ""},
                    ResumeCase{"WrongStart", 4, 206, "bytes 5-9/10", 5, "asked for bytes 4- of 10, got Content-Range \"bytes 5-9/10\""},
                    ResumeCase{"WrongTotal", 4, 206, "bytes 4-9/11", 6, "asked for bytes 4- of 10, got Content-Range \"bytes 4-9/11\""},
                    ResumeCase{"UnknownTotal", 4, 206, "bytes 4-9/*", 6, "asked for bytes 4- of 10, got Content-Range \"bytes 4-9/*\""},
                    ResumeCase{"NoContentRange", 4, 206, "", 6, "asked for bytes 4- of 10, got Content-Range \"\""},
                    ResumeCase{"LengthContradicts", 4, 206, "bytes 4-9/10", 7,
                               "Content-Length 7 does not fit Content-Range \"bytes 4-9/10\""},
                    ResumeCase{"RangeIgnored", 4, 200, "", 10, ""}, ResumeCase{"NoContent", 0, 204, "", std::nullopt, "HTTP 204"}),
    name_of<ResumeCase>);

TEST(ResumingState, DropsWhatWasDeliveredWhenRangeIsIgnoredOnce) {
    BlobProgress progress(10);
    EXPECT_EQ(progress.range(), std::nullopt);
    ASSERT_TRUE(progress.accept(200, "", 10));
    EXPECT_EQ(*progress.take(4), 0U);
    EXPECT_EQ(progress.range(), "bytes=4-");
    ASSERT_TRUE(progress.accept(200, "", 10));
    EXPECT_EQ(*progress.take(3), 3U);
    EXPECT_EQ(*progress.take(3), 1U);
    EXPECT_EQ(progress.delivered(), 6U);
    const Result<void> again = progress.accept(200, "", 10);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().saw, "the connection was cut again at byte 6 of 10, and the server ignores Range");
}

TEST(ResumingState, RefusesMoreThanTheSize) {
    BlobProgress progress(10);
    EXPECT_EQ(*progress.take(10), 0U);
    EXPECT_TRUE(progress.complete());
    const Result<std::size_t> more = progress.take(1);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().saw, "more than the 10 bytes of the descriptor");
}

// ---- redirects ----

struct HopCase {
    const char* name;
    const char* from;
    bool internal;
    bool internal_allowed;
    const char* location;
    const char* reads;  // `same internal-allowed`, or the error's saw
};
class Hops : public testing::TestWithParam<HopCase> {};
TEST_P(Hops, Plan) {
    const HopCase& c = GetParam();
    const Result<Url> from = parse_url(c.from);
    ASSERT_TRUE(from);
    const Result<Hop> hop = plan_hop({*from, c.internal, c.internal_allowed}, c.location);
    const std::string reads =
        hop ? std::string(hop->same_origin ? "same" : "other") + (hop->internal_allowed ? " internal" : " public") : hop.error().saw;
    EXPECT_EQ(reads, c.reads);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Hops,
    testing::Values(HopCase{"ToCdn", "https://a/x", false, true, "https://cdn/y", "other public"},
                    HopCase{"InternalMayNameInternal", "https://a/x", true, true, "https://minio:9000/y", "other internal"},
                    HopCase{"SameOriginKeepsItsRight", "https://a/x", false, true, "/y", "same internal"},
                    HopCase{"CdnToItselfGainsNothing", "https://cdn/x", false, false, "/y", "same public"},
                    HopCase{"OtherPort", "https://a/x", false, true, "https://a:8443/y", "other public"},
                    HopCase{"HostInOtherCase", "https://a/x", false, true, "https://A:443/y", "same internal"},
                    HopCase{"HttpToHttps", "http://a/x", false, true, "https://a/y", "other public"},
                    HopCase{"HttpsToHttp", "https://a/x", false, true, "http://a/y", "https leads to http, which is not followed"}),
    name_of<HopCase>);

// ---- small things ----

TEST(ErrorBodies, AreDescribed) {
    const auto describe = [](std::string_view body) { return describe_error_body(body, {"SECRET"}, Limits{}); };
    EXPECT_EQ(describe(R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"x":1}}]})"),
              "MANIFEST_UNKNOWN \"manifest unknown\"");
    EXPECT_EQ(describe(R"({"errors":[{"code":"A"},{"message":"b"},17,null]})"), "A, \"b\"");
    EXPECT_EQ(describe(R"({"details":"incorrect username or password"})"), "\"incorrect username or password\"");
    EXPECT_EQ(describe("<html>\x1b[31m"), "\"<html>\\x1b[31m\"");
    EXPECT_EQ(describe("token SECRET refused"), "\"token *** refused\"");
    EXPECT_EQ(describe("  "), "");
    EXPECT_EQ(describe(std::string(5000, '[')).size(), std::string(120, '[').size() + 2 + std::string("…").size());
}

TEST(ErrorBodies, CodesFollowTheStatus) {
    const std::map<unsigned, ErrorCode> table{{400, ErrorCode::protocol},     {401, ErrorCode::auth},     {403, ErrorCode::auth},
                                              {404, ErrorCode::not_found},    {408, ErrorCode::timeout},  {416, ErrorCode::protocol},
                                              {429, ErrorCode::rate_limited}, {499, ErrorCode::server},   {500, ErrorCode::server},
                                              {522, ErrorCode::server},       {304, ErrorCode::protocol}, {999, ErrorCode::protocol}};
    for (const auto& [status, code] : table) EXPECT_EQ(code_of_status(status), code) << status;
}

}  // namespace
}  // namespace veritag::registry
