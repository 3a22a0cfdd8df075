// Who may order scans: good, bad, missing and doubled proofs of every kind.
#include "hooks/authentication.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::hooks {
namespace {

constexpr std::string_view kBody = R"({"repository":"a/b","tag":"1"})";
// printf '%s' BODY | openssl dgst -sha256 -hmac 'old secret of the sender', and of the new one
constexpr std::string_view kOldMac = "f03ca71f2185402c5c149da31a246a22f6a2534d47bc23cf99852c8720805611";
constexpr std::string_view kNewMac = "b85debe92dd9874102d5d66d960a2545c3ec6645fcd1006b9c4f185dc7b55d46";
const std::vector<std::string> kSecrets{"old secret of the sender", "new secret of the sender"};
constexpr std::string_view kPathSecret = "0123456789abcdefghijklmn";

struct Headers {
    std::vector<std::pair<std::string, std::string>> list;
};

struct AuthCase {
    const char* name;
    SenderKind kind;
    Authentication auth;
    Headers headers;
    const char* rest;
    const char* query;
    const char* error;  // what was seen, empty for success
};
void PrintTo(const AuthCase& c, std::ostream* out) { *out << c.name; }

class Proof : public testing::TestWithParam<AuthCase> {};

TEST_P(Proof, IsJudged) {
    const AuthCase& c = GetParam();
    ASSERT_TRUE(check_authentication(c.kind, c.auth)) << check_authentication(c.kind, c.auth).error().message();
    HookRequest request{.method = "POST", .headers = {}, .path_rest = c.rest, .query = c.query, .body = kBody};
    for (const auto& [name, value] : c.headers.list) request.headers.emplace_back(name, value);
    const Result<void> proof = authenticate(c.kind, c.auth, request);
    EXPECT_EQ(proof ? "" : proof.error().saw, c.error);
    if (proof) return;
    EXPECT_EQ(proof.error().code, std::string_view(c.error).starts_with("the path goes on") ? ErrorCode::not_found : ErrorCode::auth);
    for (const std::string& secret : c.auth.secrets) EXPECT_EQ(proof.error().message().find(secret), std::string::npos);
    for (const auto& [name, value] : c.headers.list)
        EXPECT_TRUE(value.size() < 8 || proof.error().message().find(value) == std::string::npos) << "what was sent may be half a secret";
}

const Authentication kHmac{AuthMethod::hmac, kSecrets, ""};
const Authentication kBearer{AuthMethod::bearer, {"token-1-of-ci", "token-2-of-ci"}, ""};
const Authentication kBasic{AuthMethod::basic, {"zot:pass:word of zot"}, ""};
const Authentication kHeader{AuthMethod::header, {"value of the header"}, "X-Registry-Key"};
const Authentication kAuthorization{AuthMethod::header, {"of-harbor-alone"}, "Authorization"};
const Authentication kPath{AuthMethod::path, {"another-secret-in-the-path", std::string(kPathSecret)}, ""};

std::string prefixed(std::string_view mac) { return "sha256=" + std::string(mac); }
std::string changed(std::string_view mac) { return (mac.front() == '0' ? "1" : "0") + std::string(mac.substr(1)); }
std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

INSTANTIATE_TEST_SUITE_P(
    Hmac, Proof,
    testing::Values(
        AuthCase{"GitHub", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", prefixed(kNewMac)}}}, "", "", ""},
        AuthCase{"OldSecret", SenderKind::github, kHmac, {{{"x-hub-signature-256", prefixed(kOldMac)}}}, "/", "", ""},
        AuthCase{"UpperCaseHex", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", prefixed(upper(kNewMac))}}}, "", "", ""},
        AuthCase{"OneDigitOff", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", prefixed(changed(kNewMac))}}}, "", "",
                 "X-Hub-Signature-256 is not the signature of this body"},
        AuthCase{"Missing", SenderKind::github, kHmac, {}, "", "", "no X-Hub-Signature-256 header"},
        AuthCase{"Sha1Only", SenderKind::github, kHmac, {{{"X-Hub-Signature", "sha1=b1f7a1bd1b4e2a9f5a8d"}}}, "", "", "no X-Hub-Signature-256 header"},
        AuthCase{"Twice", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", prefixed(changed(kNewMac))}, {"X-HUB-SIGNATURE-256", prefixed(kNewMac)}}}, "", "",
                 "header X-Hub-Signature-256 stands 2 times"},
        AuthCase{"WithoutPrefix", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", std::string(kNewMac)}}}, "", "",
                 "X-Hub-Signature-256 is no HMAC-SHA256 in the form of this sender"},
        AuthCase{"TooShort", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", prefixed(kNewMac.substr(2))}}}, "", "",
                 "X-Hub-Signature-256 is no HMAC-SHA256 in the form of this sender"},
        AuthCase{"Empty", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", ""}}}, "", "", "X-Hub-Signature-256 is no HMAC-SHA256 in the form of this sender"},
        AuthCase{"NoHex", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", "sha256=" + std::string(64, 'g')}}}, "", "",
                 "X-Hub-Signature-256 is no HMAC-SHA256 in the form of this sender"},
        AuthCase{"Gitea", SenderKind::gitea, kHmac, {{{"X-Gitea-Signature", std::string(kNewMac)}}}, "", "", ""},
        AuthCase{"GiteaPrefixed", SenderKind::gitea, kHmac, {{{"X-Gitea-Signature", prefixed(kNewMac)}}}, "", "",
                 "X-Gitea-Signature is no HMAC-SHA256 in the form of this sender"},
        AuthCase{"GiteaWrong", SenderKind::gitea, kHmac, {{{"X-Gitea-Signature", changed(kNewMac)}}}, "", "", "X-Gitea-Signature is not the signature of this body"},
        AuthCase{"Generic", SenderKind::generic, kHmac, {{{"X-Hub-Signature-256", prefixed(kNewMac)}}}, "", "", ""},
        AuthCase{"GenericNamed", SenderKind::generic, {AuthMethod::hmac, kSecrets, "X-Signed"}, {{{"X-Signed", std::string(kNewMac)}}}, "", "", ""},
        AuthCase{"GenericOtherHeader", SenderKind::generic, {AuthMethod::hmac, kSecrets, "X-Signed"}, {{{"X-Hub-Signature-256", prefixed(kNewMac)}}}, "", "",
                 "no X-Signed header"},
        AuthCase{"LongerPath", SenderKind::github, kHmac, {{{"X-Hub-Signature-256", prefixed(kNewMac)}}}, "/more", "",
                 "the path goes on behind the sender's name"}),
    [](const testing::TestParamInfo<AuthCase>& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Sent, Proof,
    testing::Values(
        AuthCase{"Bearer", SenderKind::distribution, kBearer, {{{"Authorization", "Bearer token-2-of-ci"}}}, "", "", ""},
        AuthCase{"BearerInAnyCase", SenderKind::distribution, kBearer, {{{"authorization", "bearer  token-1-of-ci "}}}, "", "", ""},
        AuthCase{"BearerInQuery", SenderKind::zot, kBearer, {}, "", "p=q&access_token=token%2D1-of-ci", ""},
        AuthCase{"BearerTwice", SenderKind::zot, kBearer, {{{"Authorization", "Bearer token-1-of-ci"}}}, "", "access_token=token-1-of-ci",
                 "a token both in Authorization and in the query"},
        AuthCase{"BearerWrong", SenderKind::distribution, kBearer, {{{"Authorization", "Bearer token-3-of-ci"}}}, "", "",
                 "another bearer token than the configuration names"},
        AuthCase{"BearerPrefix", SenderKind::distribution, kBearer, {{{"Authorization", "Bearer token-1-of-c"}}}, "", "",
                 "another bearer token than the configuration names"},
        AuthCase{"BearerEmpty", SenderKind::distribution, kBearer, {{{"Authorization", "Bearer "}}}, "", "", "Authorization is not Bearer"},
        AuthCase{"BearerEmptyInQuery", SenderKind::distribution, kBearer, {}, "", "access_token", "another bearer token than the configuration names"},
        AuthCase{"BearerMissing", SenderKind::distribution, kBearer, {}, "", "", "no Authorization header"},
        AuthCase{"BearerAsBasic", SenderKind::distribution, kBearer, {{{"Authorization", "Basic dG9rZW4tMS1vZi1jaTo="}}}, "", "", "Authorization is not Bearer"},
        AuthCase{"TwoAuthorizations", SenderKind::distribution, kBearer, {{{"Authorization", "Bearer token-1-of-ci"}, {"Authorization", "Bearer token-1-of-ci"}}}, "",
                 "", "header Authorization stands 2 times"},
        AuthCase{"Basic", SenderKind::zot, kBasic, {{{"Authorization", "Basic em90OnBhc3M6d29yZCBvZiB6b3Q="}}}, "", "", ""},
        AuthCase{"BasicWrong", SenderKind::zot, kBasic, {{{"Authorization", "Basic em90OnBhc3M6d29yZCBvZiB6b3U="}}}, "", "",
                 "another user or password than the configuration names"},
        AuthCase{"BasicNoBase64", SenderKind::zot, kBasic, {{{"Authorization", "Basic zot:pass:word of zot"}}}, "", "",
                 "another user or password than the configuration names"},
        AuthCase{"Header", SenderKind::distribution, kHeader, {{{"x-registry-key", " value of the header "}}}, "", "", ""},
        AuthCase{"HeaderWrong", SenderKind::distribution, kHeader, {{{"X-Registry-Key", "value of the headers"}}}, "", "",
                 "header X-Registry-Key has another value than the configuration names"},
        AuthCase{"HeaderMissing", SenderKind::distribution, kHeader, {{{"Authorization", "value of the header"}}}, "", "", "no X-Registry-Key header"},
        AuthCase{"HarborsAuthorization", SenderKind::harbor, kAuthorization, {{{"Authorization", "of-harbor-alone"}}}, "", "", ""},
        AuthCase{"Path", SenderKind::quay, kPath, {}, "/0123456789abcdefghijklmn", "", ""},
        AuthCase{"PathWithSlash", SenderKind::quay, kPath, {}, "/0123456789abcdefghijklmn/", "", ""},
        AuthCase{"PathLonger", SenderKind::quay, kPath, {}, "/0123456789abcdefghijklmn/x", "", "another secret in the path than the configuration names"},
        AuthCase{"PathMissing", SenderKind::quay, kPath, {}, "", "", "no secret in the path"},
        AuthCase{"PathShorter", SenderKind::quay, kPath, {}, "/0123456789abcdefghijklm", "", "another secret in the path than the configuration names"}),
    [](const testing::TestParamInfo<AuthCase>& c) { return c.param.name; });

TEST(Hmac, CoversEveryByte) {
    std::string body(kBody);
    const HookRequest request{.method = "POST", .headers = {{"X-Hub-Signature-256", "sha256=b85debe92dd9874102d5d66d960a2545c3ec6645fcd1006b9c4f185dc7b55d46"}}, .path_rest = "", .query = "", .body = body};
    EXPECT_TRUE(authenticate(SenderKind::github, kHmac, request));
    for (char& c : body) {
        c = static_cast<char>(c ^ 1);
        EXPECT_FALSE(authenticate(SenderKind::github, kHmac, request));
        c = static_cast<char>(c ^ 1);
    }
    EXPECT_TRUE(authenticate(SenderKind::github, kHmac, request));
}

// Gitea signs the JSON before it is put into a form; GitHub signs the form.
TEST(Hmac, OfFormsIsTheSendersOwn) {
    const std::string form = "payload=%7B%22repository%22%3A%22a%2Fb%22%2C%22tag%22%3A%221%22%7D";
    HookRequest request{.method = "POST", .headers = {{"Content-Type", "application/x-www-form-urlencoded"}}, .path_rest = "", .query = "", .body = form};
    request.headers.emplace_back("X-Gitea-Signature", "b85debe92dd9874102d5d66d960a2545c3ec6645fcd1006b9c4f185dc7b55d46");
    request.headers.emplace_back("X-Hub-Signature-256", "sha256=b85debe92dd9874102d5d66d960a2545c3ec6645fcd1006b9c4f185dc7b55d46");
    EXPECT_TRUE(authenticate(SenderKind::gitea, kHmac, request));
    EXPECT_FALSE(authenticate(SenderKind::github, kHmac, request));
    request.headers.back().second = "sha256=39231b78ed42ca0ebf6bea35581afe8d8d41001a48c94011f6e71b4e3d0a3331";
    EXPECT_TRUE(authenticate(SenderKind::github, kHmac, request));
}

TEST(Authentication, WithoutSecretsRefusesAll) {
    HookRequest request{.method = "POST", .headers = {{"Authorization", "Bearer "}}, .path_rest = "", .query = "access_token=", .body = ""};
    for (const AuthMethod method : kAuthMethods) EXPECT_FALSE(authenticate(SenderKind::generic, {method, {}, "X"}, request)) << to_string(method);
}

struct ConfigCase {
    const char* name;
    SenderKind kind;
    Authentication auth;
    const char* error;
};
void PrintTo(const ConfigCase& c, std::ostream* out) { *out << c.name; }

class AuthConfig : public testing::TestWithParam<ConfigCase> {};

TEST_P(AuthConfig, IsChecked) {
    const Result<void> checked = check_authentication(GetParam().kind, GetParam().auth);
    EXPECT_EQ(checked ? "" : checked.error().saw, GetParam().error);
    if (checked) return;
    EXPECT_EQ(checked.error().code, ErrorCode::config);
    for (const std::string& secret : GetParam().auth.secrets)
        EXPECT_TRUE(secret.empty() || checked.error().message().find(secret) == std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, AuthConfig,
    testing::Values(
        ConfigCase{"QuayCannotSign", SenderKind::quay, {AuthMethod::hmac, {"long enough"}, ""}, "it cannot sign what it sends"},
        ConfigCase{"HarborCannotSign", SenderKind::harbor, {AuthMethod::hmac, {"long enough"}, ""}, "it cannot sign what it sends"},
        ConfigCase{"GitHubByPath", SenderKind::github, {AuthMethod::path, {"abcdefghijklmnopqrstuvwx"}, ""}, ""},
        ConfigCase{"NoSecret", SenderKind::github, {AuthMethod::hmac, {}, ""}, "no secret"},
        ConfigCase{"EmptySecret", SenderKind::github, {AuthMethod::hmac, {""}, ""}, "a secret of 0 bytes (8 to 4096 are allowed)"},
        ConfigCase{"ShortSecretBesideALongOne", SenderKind::github, {AuthMethod::hmac, {"long enough", "qwertz7"}, ""},
                   "a secret of 7 bytes (8 to 4096 are allowed)"},
        ConfigCase{"ShortPath", SenderKind::quay, {AuthMethod::path, {"only-23-characters-long"}, ""}, "a secret of 23 bytes (24 to 4096 are allowed)"},
        ConfigCase{"PathWithSlash", SenderKind::quay, {AuthMethod::path, {"abcdefghijkl/mnopqrstuvwx"}, ""}, "a secret that cannot be sent that way"},
        ConfigCase{"HugeSecret", SenderKind::github, {AuthMethod::hmac, {std::string(4097, 'x')}, ""}, "a secret of 4097 bytes (8 to 4096 are allowed)"},
        ConfigCase{"LineEndInHeader", SenderKind::zot, {AuthMethod::header, {"a value\n"}, "X-Key"}, "a secret that cannot be sent that way"},
        ConfigCase{"SpaceInToken", SenderKind::zot, {AuthMethod::bearer, {"a token of mine"}, ""}, "a secret that cannot be sent that way"},
        ConfigCase{"BasicWithoutUser", SenderKind::zot, {AuthMethod::basic, {"a-secret-alone"}, ""}, "a secret that cannot be sent that way"},
        ConfigCase{"HeaderWithoutName", SenderKind::zot, {AuthMethod::header, {"long enough"}, ""}, "no name of the header"},
        ConfigCase{"HeaderWithColon", SenderKind::zot, {AuthMethod::header, {"long enough"}, "X-Key:"}, "\"X-Key:\" is no name of a header"},
        ConfigCase{"HeaderNobodyReads", SenderKind::github, {AuthMethod::hmac, {"long enough"}, "X-Key"}, "a header is named, but hmac reads none by that name"},
        ConfigCase{"HeaderOfGeneric", SenderKind::generic, {AuthMethod::hmac, {"long enough"}, "X-Key"}, ""},
        ConfigCase{"ManySecrets", SenderKind::github, {AuthMethod::hmac, std::vector<std::string>(17, "long enough"), ""}, "17 secrets (limit 16)"}),
    [](const testing::TestParamInfo<ConfigCase>& c) { return c.param.name; });

TEST(Names, GoBothWays) {
    for (const SenderKind kind : kSenderKinds) EXPECT_EQ(parse_sender_kind(to_string(kind)).value(), kind);
    for (const AuthMethod method : kAuthMethods) EXPECT_EQ(parse_auth_method(to_string(method)).value(), method);
    EXPECT_EQ(parse_sender_kind("harbour").error().message(),
              "read sender kind: \"harbour\" is unknown (known: distribution, harbor, quay, dockerhub, github, gitea, zot, generic); did you mean \"harbor\"?");
    EXPECT_EQ(parse_sender_kind("").error().code, ErrorCode::config);
    EXPECT_EQ(parse_auth_method("hmca").error().hint, "did you mean \"hmac\"?");
}

}  // namespace
}  // namespace veritag::hooks
