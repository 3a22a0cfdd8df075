// How registries write the address of the next page: every form of it was seen somewhere.
#include "registry/link.h"

#include <gtest/gtest.h>

namespace veritag::registry {
namespace {

struct LinkCase {
    const char* name;
    std::vector<std::string_view> headers;
    const char* next;  ///< nullptr: there is none
};
class NextLink : public testing::TestWithParam<LinkCase> {};
TEST_P(NextLink, Reads) {
    const LinkCase& c = GetParam();
    const auto next = next_link(c.headers);
    ASSERT_EQ(next.has_value(), c.next != nullptr) << next.value_or("");
    if (next) {
        EXPECT_EQ(*next, c.next);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Forms, NextLink,
    testing::Values(LinkCase{"Distribution", {R"(</v2/x/tags/list?n=2&last=b>; rel="next")"}, "/v2/x/tags/list?n=2&last=b"},
                    LinkCase{"Quay",
                             {R"(<https://quay.io/v2/_catalog?next_page=gAAA%3D%3D>; rel="next")"},
                             "https://quay.io/v2/_catalog?next_page=gAAA%3D%3D"},
                    LinkCase{"NoQuotes", {"</a>;rel=next"}, "/a"}, LinkCase{"CapitalsAndBlanks", {"< /a > ; REL = \"NEXT\""}, "/a"},
                    LinkCase{"HarborSendsBoth", {R"(</p?page=1>; rel="prev" , </p?page=3>; rel="next")"}, "/p?page=3"},
                    LinkCase{"NextFirst", {R"(</p?page=3>; rel="next", </p?page=1>; rel="prev")"}, "/p?page=3"},
                    LinkCase{"TwoHeaders", {R"(</a>; rel="first")", R"(</b>; rel="next")"}, "/b"},
                    LinkCase{"SeveralRelations", {R"(</a>; rel="last next")"}, "/a"},
                    LinkCase{"AnotherRelation", {R"(</a>; rel="nextish")"}, nullptr},
                    LinkCase{"OtherParametersAround", {R"(</a>; title="b; rel=prev, c"; rel="next"; type="x")"}, "/a"},
                    LinkCase{"TheFirstRelationCounts", {R"(</a>; rel="prev"; rel="next")"}, nullptr},
                    LinkCase{"EscapedQuote", {R"(</a>; title="\"; rel=next", </b>; rel=next)"}, "/b"},
                    LinkCase{"CommaInTheTarget", {R"(</a?last=b,c>; rel="next")"}, "/a?last=b,c"},
                    LinkCase{"Bare", {"/v2/x/tags/list?next_page=abc"}, "/v2/x/tags/list?next_page=abc"},
                    LinkCase{"BareWithRelation", {R"(/v2/x/tags/list?next_page=a,b; rel="next")"}, "/v2/x/tags/list?next_page=a,b"},
                    LinkCase{"BareThatIsPrevious", {R"(/a; rel="prev")"}, nullptr},
                    LinkCase{"BareThenAnother", {R"(/a; rel="prev", /b; rel="next")"}, "/b"},
                    LinkCase{"BracketedWithoutRelation", {"</a>"}, nullptr}, LinkCase{"Unclosed", {"</a; rel=next"}, nullptr},
                    LinkCase{"UnclosedQuote", {R"(</a>; rel="next)"}, "/a"}, LinkCase{"RelationWithoutValue", {"</a>; rel"}, nullptr},
                    LinkCase{"JunkBehindTheTarget", {"</a> junk; rel=next, </b>; rel=next"}, "/b"}, LinkCase{"Nothing", {""}, nullptr},
                    LinkCase{"OnlyCommas", {" , ,, "}, nullptr}, LinkCase{"NoHeader", {}, nullptr}),
    [](const auto& each) { return std::string(each.param.name); });

std::string target_or_error(const char* asked, std::string_view link) {
    const Result<Url> url = parse_url(asked);
    if (!url) return url.error().message();
    const Result<std::string> target = page_target(url->origin, *url, link);
    return target ? *target : target.error().message();
}

TEST(PageTarget, KeepsOurSchemeAndHost) {
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog?n=2", "/v2/_catalog?n=2&last=b"), "/v2/_catalog?n=2&last=b");
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog", "?last=b"), "/v2/_catalog?last=b");
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog", "http://hub.example/v2/_catalog?last=b"), "/v2/_catalog?last=b");
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog", "https://HUB.example:443/v2/_catalog?last=b"), "/v2/_catalog?last=b");
    EXPECT_EQ(target_or_error("http://127.0.0.1:5000/v2/_catalog", "https://127.0.0.1:5000/x"), "/x");
}

TEST(PageTarget, RefusesOtherHosts) {
    const std::string refused = ": the link to the next page leads to another host than hub.example";
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog", "https://evil.example/x?y"), "follow link: evil.example/x" + refused);
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog", "//evil.example/x"), "follow link: evil.example/x" + refused);
    EXPECT_EQ(target_or_error("https://hub.example/v2/_catalog", "https://hub.example:8443/x"),
              "follow link: hub.example:8443/x" + refused);
    EXPECT_NE(target_or_error("https://hub.example/v2/_catalog", "https://u:p@hub.example/x").find("user information"), std::string::npos);
    EXPECT_NE(target_or_error("https://hub.example/v2/_catalog", "file:///etc/passwd").find("neither http"), std::string::npos);
    EXPECT_NE(target_or_error("https://hub.example/v2/_catalog", "").find("it is empty"), std::string::npos);
}

TEST(PageTarget, ARawCursorIsEncodedWhereItMustBe) {
    EXPECT_EQ(target_or_error("https://zot.example/v2/x/tags/list", "/v2/x/tags/list?n=2&last=a b\"%41"),
              "/v2/x/tags/list?n=2&last=a%20b%22%41");
}

TEST(PageSize, OfNoNamesBecomesOurs) {
    EXPECT_EQ(mend_page_size("/v2/_catalog?last=a&n=0", 100), "/v2/_catalog?last=a&n=100");
    EXPECT_EQ(mend_page_size("/v2/_catalog?n=0&last=a", 100), "/v2/_catalog?n=100&last=a");
    for (const char* target :
         {"/v2/_catalog?n=01", "/v2/_catalog?n=10&last=b", "/v2/_catalog?xn=0", "/v2/n=0", "/v2/_catalog?last=a&n=", "/v2/_catalog"})
        EXPECT_EQ(mend_page_size(target, 100), target);
}

}  // namespace
}  // namespace veritag::registry
