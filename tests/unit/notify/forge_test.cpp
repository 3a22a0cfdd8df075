#include "notify/failure.h"
#include "notify/forge.h"
#include "notices.h"

#include <gtest/gtest.h>

namespace veritag::notify {
namespace {

using namespace std::chrono_literals;

IssueChannel channel_of(Forge forge) {
    IssueChannel channel;
    channel.forge = forge;
    channel.repository = forge == Forge::gitlab ? "group/sub/images" : "owner/images";
    channel.token = "T";
    channel.labels = {"a", "b c"};
    return channel;
}

std::string one_line(const std::string& json) {
    std::string line;
    bool in_text = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json[i] == '"' && (i == 0 || json[i - 1] != '\\')) in_text = !in_text;
        if (in_text || (json[i] != '\n' && json[i] != ' ')) line += json[i];
    }
    return line;
}

std::string told(const outbound::HttpRequest& request) { return request.method + " " + request.url + " " + one_line(request.body); }

struct ShapeCase {
    Forge forge;
    const char* list;
    const char* get;
    const char* open;
    const char* close;
    const char* reopen;
    const char* comment;
};
void PrintTo(const ShapeCase& c, std::ostream* out) { *out << to_string(c.forge); }
class Shapes : public testing::TestWithParam<ShapeCase> {};
TEST_P(Shapes, AreTheForges) {
    const ShapeCase& c = GetParam();
    const IssueChannel channel = channel_of(c.forge);
    EXPECT_EQ(told(list_issues(channel, 3)), c.list);
    EXPECT_EQ(told(get_issue(channel, "17")), c.get);
    EXPECT_EQ(told(open_issue(channel, "T \"1\"", "B\n2")), c.open);
    EXPECT_EQ(told(update_issue(channel, "17", {"T", "B", false})), c.close);
    EXPECT_EQ(told(update_issue(channel, "17", {"T", "B", true})), c.reopen);
    EXPECT_EQ(told(comment_issue(channel, "17", "C")), c.comment);
}
INSTANTIATE_TEST_SUITE_P(
    Forges, Shapes,
    testing::Values(
        ShapeCase{Forge::gitee, "GET https://gitee.com/api/v5/repos/owner/images/issues?state=all&sort=created&direction=desc&per_page=50&page=3 ",
                  "GET https://gitee.com/api/v5/repos/owner/images/issues/17 ",
                  R"(POST https://gitee.com/api/v5/repos/owner/issues {"repo":"images","title":"T \"1\"","body":"B\n2","labels":"a,b c"})",
                  R"(PATCH https://gitee.com/api/v5/repos/owner/issues/17 {"repo":"images","title":"T","body":"B","state":"closed"})",
                  R"(PATCH https://gitee.com/api/v5/repos/owner/issues/17 {"repo":"images","title":"T","body":"B","state":"open"})",
                  R"(POST https://gitee.com/api/v5/repos/owner/images/issues/17/comments {"body":"C"})"},
        ShapeCase{Forge::gitcode, "GET https://api.gitcode.com/api/v5/repos/owner/images/issues?state=all&sort=created&direction=desc&per_page=50&page=3 ",
                  "GET https://api.gitcode.com/api/v5/repos/owner/images/issues/17 ",
                  R"(POST https://api.gitcode.com/api/v5/repos/owner/issues {"repo":"images","title":"T \"1\"","body":"B\n2","labels":"a,b c"})",
                  R"(PATCH https://api.gitcode.com/api/v5/repos/owner/issues/17 {"repo":"images","title":"T","body":"B","state":"close"})",
                  R"(PATCH https://api.gitcode.com/api/v5/repos/owner/issues/17 {"repo":"images","title":"T","body":"B","state":"reopen"})",
                  R"(POST https://api.gitcode.com/api/v5/repos/owner/images/issues/17/comments {"body":"C"})"},
        ShapeCase{Forge::github, "GET https://api.github.com/repos/owner/images/issues?state=all&sort=created&direction=desc&per_page=50&page=3 ",
                  "GET https://api.github.com/repos/owner/images/issues/17 ",
                  R"(POST https://api.github.com/repos/owner/images/issues {"title":"T \"1\"","body":"B\n2","labels":["a","b c"]})",
                  R"(PATCH https://api.github.com/repos/owner/images/issues/17 {"body":"B","state":"closed","state_reason":"completed"})",
                  R"(PATCH https://api.github.com/repos/owner/images/issues/17 {"body":"B","state":"open","state_reason":"reopened"})",
                  R"(POST https://api.github.com/repos/owner/images/issues/17/comments {"body":"C"})"},
        ShapeCase{Forge::gitlab, "GET https://gitlab.com/api/v4/projects/group%2Fsub%2Fimages/issues?scope=all&state=all&order_by=created_at&sort=desc&per_page=50&page=3 ",
                  "GET https://gitlab.com/api/v4/projects/group%2Fsub%2Fimages/issues/17 ",
                  R"(POST https://gitlab.com/api/v4/projects/group%2Fsub%2Fimages/issues {"title":"T \"1\"","description":"B\n2","labels":"a,b c"})",
                  R"(PUT https://gitlab.com/api/v4/projects/group%2Fsub%2Fimages/issues/17 {"description":"B","state_event":"close"})",
                  R"(PUT https://gitlab.com/api/v4/projects/group%2Fsub%2Fimages/issues/17 {"description":"B","state_event":"reopen"})",
                  R"(POST https://gitlab.com/api/v4/projects/group%2Fsub%2Fimages/issues/17/notes {"body":"C"})"}),
    [](const auto& each) { return std::string(to_string(each.param.forge)); });

TEST(ForgeRequests, CarryTheTokenInAHeaderOnly) {
    for (const Forge forge : {Forge::gitee, Forge::gitcode, Forge::github, Forge::gitlab}) {
        IssueChannel channel = channel_of(forge);
        channel.token = "SECRET";
        channel.api = "https://git.example/api/";
        const outbound::HttpRequest request = open_issue(channel, "t", "b");
        EXPECT_TRUE(request.url.starts_with("https://git.example/api/") && !request.url.starts_with("https://git.example/api//")) << request.url;
        EXPECT_EQ(request.url.find("SECRET"), std::string::npos);
        EXPECT_EQ(request.body.find("SECRET"), std::string::npos);
        bool found = false;
        for (const auto& [name, value] : request.headers) found = found || value == (forge == Forge::gitlab ? "SECRET" : "Bearer SECRET");
        EXPECT_TRUE(found);
    }
}

// As the documents of the forges show them, shortened.
const std::string kGithub = R"([{"number": 1347, "title": "Found a bug", "body": null, "state": "open", "created_at": "2011-04-22T13:33:48Z", "labels": []},
    {"number": 12, "title": "PR", "body": "b", "state": "closed", "created_at": "2011-04-22T13:33:48Z", "pull_request": {"url": "x"}},
    {"number": 11, "title": "Old", "body": "b", "state": "closed", "created_at": "2011-04-22T13:33:47Z", "pull_request": null}])";
const std::string kGitlab = R"([{"id": 41, "iid": 1, "title": "Ut", "description": "Omnis", "state": "closed", "created_at": "2016-01-04T15:31:46.176Z"}, {"id": 42, "iid": 2, "title": "x", "description": null, "state": "opened"}])";
const std::string kGitee = R"([{"id": 5, "number": "I6ABCD", "title": "t", "body": "b", "state": "progressing", "created_at": "2024-04-18T14:35:15+08:00"}, {"number": "I6ABCE", "state": "rejected", "title": "", "body": ""}])";
const std::string kGitcode = R"([{"id": 152642, "number": "15", "state": "opened", "title": "half month data", "body": "abc", "created_at": "2024-04-18T14:35:15.479+08:00"}, {"id": 1, "number": 14, "state": "closed"}])";

std::string to_text(const Result<IssuePage>& page) {
    if (!page) return page.error().saw;
    std::string text = std::to_string(page->count);
    for (const ForgeIssue& each : page->issues) text += " " + each.number + (each.open ? "+" : "-") + each.body + (each.created ? "@" + std::to_string(each.created->time_since_epoch().count()) : "");
    return text;
}

TEST(ForgeReplies, AreRead) {
    EXPECT_EQ(to_text(read_issues(Forge::github, kGithub)), "3 1347+@1303479228 11-b@1303479227");
    EXPECT_EQ(to_text(read_issues(Forge::gitlab, kGitlab)), "2 1-Omnis@1451921506 2+");
    EXPECT_EQ(to_text(read_issues(Forge::gitee, kGitee)), "2 I6ABCD+b@1713422115 I6ABCE-");
    EXPECT_EQ(to_text(read_issues(Forge::gitcode, kGitcode)), "2 15+abc@1713422115 14-");
    EXPECT_EQ(read_issue(Forge::github, R"({"number": 7, "state": "open"})")->number, "7");
}

TEST(ForgeReplies, EveryPrefixFailsCleanly) {
    for (const auto& [forge, text] : {std::pair(Forge::github, kGithub), std::pair(Forge::gitlab, kGitlab), std::pair(Forge::gitee, kGitee), std::pair(Forge::gitcode, kGitcode)})
        for (std::size_t size = 0; size < text.size(); ++size) {
            const auto read = read_issues(forge, std::string_view(text).substr(0, size));
            ASSERT_FALSE(read) << size;
            EXPECT_EQ(read.error().code, ErrorCode::protocol);
        }
}

TEST(ForgeReplies, HostileOnesAreRefused) {
    for (const char* text : {R"({"number": "../../user", "state": "open"})", R"({"number": "1?x=y", "state": "open"})", R"({"number": "", "state": "open"})", R"({"number": -1, "state": "open"})",
                             R"({"number": 1.5, "state": "open"})", R"({"number": {"a": 1}, "state": "open"})", R"({"state": "open"})", "[]", "null", "\"x\"", "",
                             R"({"number": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "state": "open"})"})
        EXPECT_FALSE(read_issue(Forge::gitee, text)) << text;
    EXPECT_FALSE(read_issue(Forge::gitee, std::string(1000, '[')));
    EXPECT_FALSE(read_issues(Forge::gitee, R"({"message": "moved"})"));
    EXPECT_FALSE(read_issues(Forge::gitee, "[1]"));
    EXPECT_EQ(to_text(read_issues(Forge::gitee, "[]")), "0");
}

struct FailureCase {
    const char* name;
    unsigned status;
    outbound::HttpHeaders headers;
    const char* body;
    const char* reads;  // code, again, wait in seconds; what was seen
};
void PrintTo(const FailureCase& c, std::ostream* out) { *out << c.name; }
class Failures : public testing::TestWithParam<FailureCase> {};
TEST_P(Failures, SayWhetherToTryAgain) {
    const FailureCase& c = GetParam();
    const SendFailure failure = failure_of({c.status, c.headers, c.body}, "open issue", "gitee o/r", kNoon);
    const std::string wait = failure.retry_after ? " " + std::to_string(failure.retry_after->count()) : "";
    EXPECT_EQ(std::string(to_string(failure.error.code)) + (failure.again ? " again" : "") + wait + "; " + failure.error.saw, c.reads);
}
const std::string kReset = std::to_string((kNoon + 90s).time_since_epoch().count());
const std::string kTooFar = std::to_string((kNoon + 90 * 24h).time_since_epoch().count());
INSTANTIATE_TEST_SUITE_P(
    Table, Failures,
    testing::Values(FailureCase{"TooMany", 429, {}, "", "rate-limited again 60; HTTP 429"}, FailureCase{"TooManySeconds", 429, {{"Retry-After", "17"}}, "", "rate-limited again 17; HTTP 429"},
                    FailureCase{"TooManyDate", 429, {{"retry-after", "Thu, 26 Nov 2026 12:00:30 GMT"}}, "", "rate-limited again 30; HTTP 429"},
                    FailureCase{"GithubPrimary", 403, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", kReset}}, "", "rate-limited again 90; HTTP 403"},
                    FailureCase{"GithubSecondary", 403, {}, R"({"message": "You have exceeded a secondary rate limit"})", "rate-limited again 60; HTTP 403: \"You have exceeded a secondary rate limit\""},
                    FailureCase{"GitlabReset", 429, {{"RateLimit-Reset", kReset}}, "", "rate-limited again 90; HTTP 429"},
                    FailureCase{"ADayAtMost", 429, {{"X-RateLimit-Reset", kTooFar}}, "", "rate-limited again 86400; HTTP 429"},
                    FailureCase{"LongRetryAfter", 503, {{"Retry-After", "99999999"}}, "", "server again 86400; HTTP 503"},
                    FailureCase{"Forbidden", 403, {{"X-RateLimit-Remaining", "4999"}}, R"({"message": "no"})", "auth; HTTP 403: \"no\""},
                    FailureCase{"Unauthorised", 401, {}, "<html>", "auth; HTTP 401"}, FailureCase{"Server", 500, {}, "", "server again; HTTP 500"},
                    FailureCase{"Unavailable", 503, {{"Retry-After", "5"}}, "", "server again 5; HTTP 503"}, FailureCase{"NotImplemented", 501, {}, "", "server again; HTTP 501"},
                    FailureCase{"RequestTimeout", 408, {}, "", "server again; HTTP 408"}, FailureCase{"NotFound", 404, {}, R"({"error": "404 Project Not Found"})", "not-found; HTTP 404: \"404 Project Not Found\""},
                    FailureCase{"Gone", 410, {}, "", "not-found; HTTP 410"}, FailureCase{"Gitcode", 400, {}, R"({"error_code":400,"error_message":"bad\u001b[31m"})", "protocol; HTTP 400: \"bad\\x1b[31m\""},
                    FailureCase{"GitlabObject", 422, {}, R"({"message": {"title": ["is too long"]}})", "protocol; HTTP 422"},
                    FailureCase{"Redirect", 302, {{"Location", "http://evil/"}}, "", "config; HTTP 302"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Failures, OfConnections) {
    for (const ErrorCode code : {ErrorCode::network, ErrorCode::timeout, ErrorCode::tls, ErrorCode::server, ErrorCode::rate_limited, ErrorCode::io, ErrorCode::cancelled})
        EXPECT_TRUE(failure_of(Error{code, "", "", "", ""}).again) << to_string(code);
    for (const ErrorCode code : {ErrorCode::config, ErrorCode::auth, ErrorCode::not_found, ErrorCode::protocol, ErrorCode::over_limit, ErrorCode::internal})
        EXPECT_FALSE(failure_of(Error{code, "", "", "", ""}).again) << to_string(code);
}

}  // namespace
}  // namespace veritag::notify
