#include "rules/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace veritag::rules {
namespace {

struct GlobCase {
    const char* name;
    const char* glob;
    const char* path;
    bool matches;
};

class Glob : public testing::TestWithParam<GlobCase> {};

TEST_P(Glob, MatchesAloneAndInASet) {
    const GlobCase& c = GetParam();
    ASSERT_TRUE(check_glob(c.glob)) << check_glob(c.glob).error().message();
    EXPECT_EQ(glob_matches(c.glob, c.path), c.matches);
    GlobSet set;
    set.add("somewhere/else", 1);
    set.add(c.glob, 7);
    std::vector<std::uint32_t> ids;
    set.match(c.path, ids);
    EXPECT_EQ(ids, c.matches ? std::vector<std::uint32_t>{7} : std::vector<std::uint32_t>{});
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Glob,
    testing::Values(GlobCase{"Literal", "etc/os-release", "etc/os-release", true},
                    GlobCase{"LiteralIsWhole", "etc/os-release", "etc/os-release.bak", false},
                    GlobCase{"LiteralIsAnchored", "etc/os-release", "opt/etc/os-release", false},
                    GlobCase{"StarInSegment", "opt/rocm-*/lib", "opt/rocm-6.4.0/lib", true},
                    GlobCase{"StarMayBeEmpty", "opt/rocm*/lib", "opt/rocm/lib", true},
                    GlobCase{"StarStaysInSegment", "opt/*/version", "opt/a/b/version", false},
                    GlobCase{"TwoStars", "*/lib*.so.*", "lib64/libcuda.so.1", true}, GlobCase{"StarTriesAgain", "a*b*c", "aXbYbZc", true},
                    GlobCase{"StarFails", "a*b*c", "aXbYbZ", false}, GlobCase{"StarTakesDotFiles", "home/*/x", "home/.hidden/x", true},
                    GlobCase{"Question", "cuda-1?-?", "cuda-12-2", true}, GlobCase{"QuestionNeedsOne", "cuda-1?-?", "cuda-12-", false},
                    GlobCase{"DepthNone", "**/torch/version.py", "torch/version.py", true},
                    GlobCase{"DepthMany", "**/torch/version.py", "usr/lib/x/torch/version.py", true},
                    GlobCase{"DepthInside", "usr/**/version.txt", "usr/a/b/version.txt", true},
                    GlobCase{"DepthInsideNone", "usr/**/version.txt", "usr/version.txt", true},
                    GlobCase{"DepthAtEnd", "opt/x/**", "opt/x/a/b", true}, GlobCase{"DepthAtEndSelf", "opt/x/**", "opt/x", true},
                    GlobCase{"DepthAtEndOther", "opt/x/**", "opt/xy/a", false}, GlobCase{"DepthTwice", "**/a/**/b", "x/a/a/y/b", true},
                    GlobCase{"DepthTwiceMissing", "**/a/**/b", "x/b/a", false}, GlobCase{"DepthDoubled", "**/**/a", "x/y/a", true},
                    GlobCase{"Everything", "**", "any/path", true},
                    GlobCase{"BracesFirst", "{site,dist}-packages/x", "site-packages/x", true},
                    GlobCase{"BracesSecond", "{site,dist}-packages/x", "dist-packages/x", true},
                    GlobCase{"BracesNeither", "{site,dist}-packages/x", "other-packages/x", false},
                    GlobCase{"BracesEmptyChoice", "opt/maca{,-3}/v", "opt/maca/v", true},
                    GlobCase{"BracesOverSegments", "nnrt/{*,*/*-linux}/info", "nnrt/latest/x86_64-linux/info", true},
                    GlobCase{"BracesTwice", "{a,b}/{c,d}", "b/c", true}, GlobCase{"LinkedRootOnly", "a", "a/b", false}),
    [](const testing::TestParamInfo<GlobCase>& each) { return std::string(each.param.name); });

TEST(GlobSet, AgreesWithGlobMatchesOnEveryShortPath) {
    const std::array<const char*, 20> globs{"**",  "a",        "*",          "a/*",   "**/a",       "a/**", "**/a/**",
                                            "*/b", "**/b/*/a", "a/**/{b,c}", "?/b/c", "**/{a,b}/c", "a*/b", "**/**/c", "*b", "**/?b/a*", "a?", "**/*?", "b*/*b", "*a*/**/?"};
    GlobSet set;
    for (std::size_t i = 0; i < globs.size(); ++i) set.add(globs[i], static_cast<std::uint32_t>(i));
    const std::array<const char*, 4> segments{"a", "b", "c", "ab"};
    std::vector<std::string> paths(segments.begin(), segments.end());
    for (std::size_t begin = 0, depth = 1; depth < 5; ++depth) {
        const std::size_t end = paths.size();
        for (std::size_t i = begin; i < end; ++i)
            for (const char* segment : segments) paths.push_back(paths[i] + "/" + segment);
        begin = end;
    }
    ASSERT_EQ(paths.size(), 4U + 16 + 64 + 256 + 1024);
    std::vector<std::uint32_t> ids, expected;
    for (const std::string& path : paths) {
        expected.clear();
        for (std::size_t i = 0; i < globs.size(); ++i)
            if (glob_matches(globs[i], path)) expected.push_back(static_cast<std::uint32_t>(i));
        set.match(path, ids);
        ASSERT_EQ(ids, expected) << path;
    }
    // A walk keeps what it can of the last path, so every order must give the same: up, down, and to and fro.
    GlobSet::Walk walk(set);
    const auto walk_all = [&](const char* order) {
        for (const std::string& path : paths) {
            set.match(path, expected);
            walk.match(path, ids);
            ASSERT_EQ(ids, expected) << path << ", " << order;
        }
    };
    walk_all("by length");
    std::sort(paths.begin(), paths.end());
    walk_all("as in a tree");
    std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) { return std::string(a.rbegin(), a.rend()) < std::string(b.rbegin(), b.rend()); });
    walk_all("by their ends");
}

TEST(GlobSet, OneIdOfSeveralGlobsComesOnce) {
    GlobSet set;
    set.add("a/*", 3);
    set.add("**/b", 3);
    set.add("*/b", 1);
    std::vector<std::uint32_t> ids{9};
    set.match("a/b", ids);
    EXPECT_EQ(ids, (std::vector<std::uint32_t>{1, 3}));
}

TEST(GlobSet, ADeepPathIsWalkedOnce) {
    GlobSet set;
    set.add("**/x/**/x/**/x/**/end", 1);
    std::string path = "x";
    for (int i = 0; i < 2000; ++i) path += "/x";
    std::vector<std::uint32_t> ids;
    set.match(path, ids);
    EXPECT_TRUE(ids.empty());
    set.match(path + "/end", ids);
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_TRUE(glob_matches("**/x/**/x/**/x/**/end", path + "/end"));
}

TEST(GlobSet, KnowsBelowWhatItCouldMatch) {
    GlobSet set;
    set.add("usr/local/cuda-*/version.json", 1);
    set.add("opt/tool/**", 2);
    set.add("**/deep/file", 3);
    EXPECT_TRUE(set.could_match_below(""));
    EXPECT_TRUE(set.could_match_below("usr"));
    EXPECT_TRUE(set.could_match_below("usr/local/cuda-12.2"));
    EXPECT_FALSE(set.could_match_below("usr/local/cuda-12.2/lib"));
    EXPECT_FALSE(set.could_match_below("usr/local/rocm"));
    EXPECT_TRUE(set.could_match_below("opt/tool"));
    EXPECT_FALSE(set.could_match_below("opt/tool/below")) << "reached only through **";
    EXPECT_FALSE(set.could_match_below("srv")) << "reached only through **";
}

struct BadGlob {
    const char* name;
    const char* glob;
    const char* message;
};

class BadGlobs : public testing::TestWithParam<BadGlob> {};

TEST_P(BadGlobs, AreNamed) {
    const Result<void> checked = check_glob(GetParam().glob);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::config);
    EXPECT_EQ(checked.error().saw, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Mistakes, BadGlobs,
                         testing::Values(BadGlob{"Empty", "", "\"\" is no glob: it is empty"},
                                         BadGlob{"Absolute", "/etc/x",
                                                 "\"/etc/x\" is no glob: paths are relative to the image root, without a leading slash"},
                                         BadGlob{"AbsoluteInBraces", "{a,/b}",
                                                 "\"{a,/b}\" is no glob: paths are relative to the image root, without a leading slash"},
                                         BadGlob{"DotDot", "a/../b", "\"a/../b\" is no glob: \"..\" is in no path of an image"},
                                         BadGlob{"TrailingSlash", "a/", "\"a/\" is no glob: an empty path segment"},
                                         BadGlob{"StarsInSegment", "a**/b", "\"a**/b\" is no glob: \"**\" must be a whole segment"},
                                         BadGlob{"OpenBrace", "a{b", "\"a{b\" is no glob: \"{\" without \"}\""},
                                         BadGlob{"CloseBrace", "a}b", "\"a}b\" is no glob: \"}\" without \"{\""},
                                         BadGlob{"NestedBraces", "{a,{b,c}}", "\"{a,{b,c}}\" is no glob: braces inside braces"},
                                         BadGlob{"BraceBomb", "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
                                                 "\"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}\" is no glob: more than 64 alternatives"}),
                         [](const testing::TestParamInfo<BadGlob>& each) { return std::string(each.param.name); });

TEST(Pattern, SearchesAnyBytes) {
    const Result<Pattern> pattern = Pattern::compile(R"(version=(\d+)(\.\d+)?)");
    ASSERT_TRUE(pattern);
    const auto groups = pattern->search(std::string_view("\xff\xfe\0 version=7 \x80", 14));
    ASSERT_TRUE(groups);
    EXPECT_EQ(*groups, (std::vector<std::string>{"version=7", "7", ""}));
    EXPECT_FALSE(pattern->match_all("version=7 "));
    EXPECT_TRUE(pattern->match_all("version=7.1"));
    EXPECT_EQ(pattern->group_count(), 2);
}

TEST(Pattern, NamesItsGroupsByNumber) {
    const Result<Pattern> pattern = Pattern::compile("(?P<z>a)(b)(?P<a>c)");
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern->named_groups(), (std::vector<std::pair<std::string, int>>{{"z", 1}, {"a", 3}}));
}

TEST(Pattern, RefusesWhatIsNoExpression) {
    const Result<Pattern> pattern = Pattern::compile("a(b");
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().saw, "\"a(b\" is no regular expression: missing ): a(b");
    EXPECT_FALSE(Pattern::compile("(a)\\1")) << "no back references";
    EXPECT_FALSE(Pattern::compile("((a{1000}){1000}){1000}")) << "no expression that needs gigabytes";
}

TEST(Pattern, ExpandsReplacements) {
    EXPECT_EQ(Pattern::expand(R"(\2-\1-\0\9\x)", {"ab", "a", "b"}), R"(b-a-ab\x)");
    EXPECT_TRUE(Pattern::check_replacement(R"(\1.\2)", 2));
    EXPECT_EQ(Pattern::check_replacement(R"(\3)", 2).error().saw, R"("\3" names group 3, and the expression has 2)");
    EXPECT_EQ(Pattern::check_replacement(R"(a\)", 2).error().saw, R"("a\" has a \ without a group number)");
}

}  // namespace
}  // namespace veritag::rules
