#include "server/target.h"

#include <gtest/gtest.h>

namespace veritag::server {
namespace {

// The path, its segments, its parameters; or what is said about it.
std::string shown(std::string_view text) {
    const Result<Target> target = parse_target(text);
    if (!target) return target.error().saw;
    std::string result = target->path;
    for (const std::string& segment : target->segments) result += " [" + segment + "]";
    for (const auto& [name, value] : target->query.parameters()) result += " " + name + "=" + value;
    return result;
}

struct Row {
    const char* name;
    std::string target;
    const char* shown;
};
class Targets : public testing::TestWithParam<Row> {};
TEST_P(Targets, AreReadStrictly) { EXPECT_EQ(shown(GetParam().target), GetParam().shown); }
INSTANTIATE_TEST_SUITE_P(
    Forms, Targets,
    testing::Values(
        Row{"Root", "/", "/"}, Row{"Path", "/api/v1/images", "/api/v1/images [api] [v1] [images]"}, Row{"SlashAtTheEnd", "/a/", "/a/ [a] []"},
        Row{"TwoSlashes", "/a//b", "/a//b [a] [] [b]"}, Row{"SlashesOnly", "//", "// [] []"},
        Row{"Escaped", "/sha256%3Aab", "/sha256:ab [sha256:ab]"}, Row{"EscapedSlash", "/a%2Fb/c%2fd", "/a%2Fb/c%2Fd [a/b] [c/d]"},
        Row{"EscapedPercent", "/a%252Fb", "/a%252Fb [a%2Fb]"}, Row{"Utf8", "/%E4%B8%AD", "/中 [中]"}, Row{"PlusInAPath", "/a+b", "/a+b [a+b]"},
        Row{"Query", "/a?b=1&c=2", "/a [a] b=1 c=2"}, Row{"QueryAtTheRoot", "/?b", "/ b="}, Row{"EmptyQuery", "/a?", "/a [a]"},
        Row{"EmptyParts", "/a?&&b=1&", "/a [a] b=1"}, Row{"NoName", "/a?=1", "/a [a] =1"}, Row{"TwoEquals", "/a?b=c=d", "/a [a] b=c=d"},
        Row{"Twice", "/a?b=1&b=2", "/a [a] b=1 b=2"}, Row{"PlusInAQuery", "/a?b+c=d+e%2B", "/a [a] b c=d e+"},
        Row{"EscapedAmpersand", "/a?b=c%26d%3De", "/a [a] b=c&d=e"}, Row{"QuestionInAQuery", "/a?b=?", "/a [a] b=?"},
        Row{"LineBreakInAValue", "/a?b=c%0D%0Ad", "/a [a] b=c\r\nd"}, Row{"SlashInAQuery", "/a?b=/../c", "/a [a] b=/../c"},
        Row{"ThreeDots", "/.../.a/a.", "/.../.a/a. [...] [.a] [a.]"},
        Row{"Empty", "", ": it must begin with a slash"}, Row{"Star", "*", "*: it must begin with a slash"},
        Row{"Dot", "/a/./b", "/a/./b: a segment that leads to another path"}, Row{"DotDot", "/a/..", "/a/..: a segment that leads to another path"},
        Row{"EscapedDotDot", "/%2e%2E/a", "/%2e%2E/a: a segment that leads to another path"}, Row{"DotDotHalfEscaped", "/.%2e", "/.%2e: a segment that leads to another path"},
        Row{"NoDigits", "/%", "%: a percent sign without two hexadecimal digits"}, Row{"OneDigit", "/%4", "%4: a percent sign without two hexadecimal digits"},
        Row{"NoHex", "/%4g", "%4g: a percent sign without two hexadecimal digits"}, Row{"NoHexInAQuery", "/a?b=%zz", "%zz: a percent sign without two hexadecimal digits"},
        Row{"SignedHex", "/%+1", "%+1: a percent sign without two hexadecimal digits"},
        Row{"Nul", "/a%00", "a%00: not UTF-8, or a NUL in it"}, Row{"Overlong", "/%C0%AF", "%C0%AF: not UTF-8, or a NUL in it"},
        Row{"Latin1", "/%E9", "%E9: not UTF-8, or a NUL in it"},
        Row{"NulInAQuery", "/a?b=%00", "%00: not UTF-8, or a NUL in it"}, Row{"LineBreak", "/a%0Ab", "a%0Ab: a control character in it"},
        Row{"LineBreakInAName", "/a?b%0A=1", "b%0A: a control character in it"}, Row{"Delete", "/%7F", "%7F: a control character in it"},
        Row{"Fragment", "/a#b", "/a#b: a byte that must be escaped"}, Row{"Space", "/a b", "/a b: a byte that must be escaped"},
        Row{"RawUtf8", "/é", "/é: a byte that must be escaped"},
        Row{"RawNul", std::string("/a\0b", 4), "/a\\x00b: a byte that must be escaped"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(Target, EveryPrefixIsReadOrRefused) {
    const std::string target = "/a%2Fb/%E4%B8%AD?c=%26+d&e";
    for (std::size_t size = 0; size <= target.size(); ++size) {
        const Result<Target> read = parse_target(target.substr(0, size));
        EXPECT_TRUE(read || !read.error().saw.empty()) << size;
    }
    EXPECT_TRUE(parse_target(target));
}

TEST(Target, HasAsManyPartsAsAllowed) {
    std::string path;
    for (std::size_t i = 0; i < kMaxSegments; ++i) path += "/a";
    EXPECT_TRUE(parse_target(path));
    EXPECT_EQ(parse_target(path + "/a").error().code, ErrorCode::over_limit);
    std::string query = "/?a";
    for (std::size_t i = 1; i < kMaxParameters; ++i) query += "&a";
    EXPECT_TRUE(parse_target(query));
    EXPECT_EQ(parse_target(query + "&a").error().code, ErrorCode::over_limit);
}

TEST(Query, FindsByName) {
    const Result<Query> query = parse_query("a=1&A=2&a=3&empty=");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->first("a"), "1");
    EXPECT_EQ(query->first("A"), "2");
    EXPECT_EQ(query->first("empty"), "");
    EXPECT_EQ(query->first("b"), std::nullopt);
    EXPECT_EQ(query->all("a"), (std::vector<std::string_view>{"1", "3"}));
    EXPECT_TRUE(query->all("b").empty());
    EXPECT_TRUE(parse_query("")->parameters().empty());
}

}  // namespace
}  // namespace veritag::server
