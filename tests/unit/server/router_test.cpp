#include "server/router.h"

#include <gtest/gtest.h>

namespace veritag::server {
namespace {

Request request(std::string method, std::string_view target) {
    Request made;
    made.method = std::move(method);
    made.target = *parse_target(target);
    return made;
}

Router& routes() {
    static Router* router = [] {
        auto* made = new Router;
        const auto say = [&](const char* pattern, std::vector<std::string> names, std::optional<std::uint64_t> limit = std::nullopt) {
            made->add(
                pattern,
                [pattern, names](const Request&, const RouteParameters& parameters) {
                    std::string text = pattern;
                    for (const std::string& name : names) text += "; " + name + "=" + parameters[name];
                    return reply(200, "text/plain", text);
                },
                limit);
        };
        say("GET /", {});
        say("GET /images", {});
        say("POST /images", {}, 7);
        say("GET /images/{digest}", {"digest"});
        say("GET /images/latest", {});
        say("DELETE /images/{id}", {"id"});
        say("GET /audits/{id}/diff/{other}", {"id", "other"});
        say("GET /audits/latest/report", {});
        say("GET /repositories/{name...}", {"name"});
        say("HEAD /repositories/{name...}", {"name"});
        say("OPTIONS /own", {});
        return made;
    }();
    return *router;
}

struct Row {
    const char* name;
    const char* method;
    const char* target;
    const char* answer;  ///< the body, or the status and what is allowed
};
class Routes : public testing::TestWithParam<Row> {};
TEST_P(Routes, LeadToOneAction) {
    const Request asked = request(GetParam().method, GetParam().target);
    const Response response = routes().route(asked);
    std::string answer = response.status == 200 ? response.body : std::to_string(response.status);
    if (response.headers.has("Allow")) answer += " " + std::string(response.headers.get("Allow"));
    EXPECT_EQ(answer, GetParam().answer);
    EXPECT_EQ(routes().admit(asked).refusal.has_value(), response.status != 200);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Routes,
    testing::Values(Row{"Root", "GET", "/", "GET /"}, Row{"Literal", "GET", "/images", "GET /images"}, Row{"Method", "POST", "/images", "POST /images"},
                    Row{"Parameter", "GET", "/images/sha256%3Aab?x=1", "GET /images/{digest}; digest=sha256:ab"},
                    Row{"LiteralFirst", "GET", "/images/latest", "GET /images/latest"},
                    Row{"EncodedSlash", "GET", "/images/a%2Fb", "GET /images/{digest}; digest=a/b"}, Row{"OtherName", "DELETE", "/images/7", "DELETE /images/{id}; id=7"},
                    Row{"TwoParameters", "GET", "/audits/1/diff/2", "GET /audits/{id}/diff/{other}; id=1; other=2"},
                    Row{"BackFromALiteral", "GET", "/audits/latest/diff/2", "GET /audits/{id}/diff/{other}; id=latest; other=2"},
                    Row{"Rest", "GET", "/repositories/openeuler/cann", "GET /repositories/{name...}; name=openeuler/cann"},
                    Row{"RestOfOne", "GET", "/repositories/cann", "GET /repositories/{name...}; name=cann"},
                    Row{"HeadGoesToGet", "HEAD", "/images", "GET /images"}, Row{"OwnHead", "HEAD", "/repositories/a", "HEAD /repositories/{name...}; name=a"},
                    Row{"OwnOptions", "OPTIONS", "/own", "OPTIONS /own"},
                    Row{"Options", "OPTIONS", "/images", "204 GET, HEAD, POST, OPTIONS"}, Row{"NotAllowed", "PUT", "/images", "405 GET, HEAD, POST, OPTIONS"},
                    Row{"NotAllowedHere", "DELETE", "/repositories/a", "405 GET, HEAD, OPTIONS"}, Row{"NoPath", "GET", "/nothing", "404"},
                    Row{"Longer", "GET", "/images/a/b", "404"}, Row{"Shorter", "GET", "/audits/1/diff", "404"},
                    Row{"EmptySegment", "GET", "/images/", "404"}, Row{"EmptyRest", "GET", "/repositories/", "404"},
                    Row{"HoleInTheRest", "GET", "/repositories/a//b", "404"}, Row{"Case", "GET", "/Images", "404"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(Router, GivesTheRoutesLimit) {
    EXPECT_EQ(routes().admit(request("POST", "/images")).max_body_bytes, 7U);
    EXPECT_EQ(routes().admit(request("GET", "/images")).max_body_bytes, std::nullopt);
    const auto found = routes().find(request("GET", "/images/a"));
    EXPECT_EQ(std::get<Router::Match>(found).route->pattern, "GET /images/{digest}");
}

TEST(RouterDeathTest, PatternsAreCheckedWhenTheyAreAdded) {
    const auto add = [](std::vector<std::string> patterns) {
        Router router;
        for (const std::string& pattern : patterns) router.add(pattern, [](const Request&, const RouteParameters&) { return no_content(); });
    };
    EXPECT_DEATH(add({"/images"}), "bug");
    EXPECT_DEATH(add({"GET images"}), "bug");
    EXPECT_DEATH(add({"GET /{rest...}/a"}), "bug");
    EXPECT_DEATH(add({"GET /a/{b}", "GET /a/{c}"}), "bug");
}

}  // namespace
}  // namespace veritag::server
