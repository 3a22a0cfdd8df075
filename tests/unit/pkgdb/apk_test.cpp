#include "pkgdb/pkgdb.h"

#include "fixture.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::pkgdb {
namespace {

Result<Parsed<Package>> parse(std::string_view file, const Limits& limits = {}) {
    return parse_apk_installed(ByteReader(file, "lib/apk/db/installed"), limits);
}

struct Case {
    const char* name;
    std::string file;
    std::vector<std::string> packages;
    const char* problem;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ApkInstalled : public testing::TestWithParam<Case> {};
TEST_P(ApkInstalled, ListsPackages) {
    const Case& c = GetParam();
    const auto parsed = parse(c.file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), c.packages);
    const std::string problems = test::problems_of(*parsed);
    if (std::string_view(c.problem).empty())
        EXPECT_EQ(problems, "");
    else
        EXPECT_NE(problems.find(c.problem), std::string::npos) << problems;
}

const std::string kMusl =
    "C:Q1vWzaKP1IXPLmAnl9HtuaHlb/4vI=\nP:musl\nV:1.2.4-r2\nA:x86_64\nS:383459\nI:622592\nT:the musl c library (libc) implementation\n"
    "U:https://musl.libc.org/\nL:MIT\no:musl\nm:Timo\nt:1685109012\nc:f98f85f\np:so:libc.musl-x86_64.so.1=1\nF:lib\nR:ld-musl-x86_64.so.1\n"
    "a:0:0:755\nZ:Q1aJyjOBrrTUyVLFgWHUEqbP7TdpQ=\n\n";
const std::string kData = "P:alpine-baselayout-data\nV:3.4.3-r1\nA:noarch\nr:alpine-baselayout\nF:etc\nM:0:0:755\nR:fstab\n\n";

INSTANTIATE_TEST_SUITE_P(
    Files, ApkInstalled,
    testing::Values(
        Case{"Empty", "", {}, ""}, Case{"Two", kMusl + kData, {"alpine-baselayout-data 3.4.3-r1 noarch", "musl 1.2.4-r2 x86_64"}, ""},
        Case{"BlankLinesBetween", "\n\n" + kMusl + "\n" + kData + "\n", {"alpine-baselayout-data 3.4.3-r1 noarch", "musl 1.2.4-r2 x86_64"}, ""},
        Case{"CarriageReturns", "P:a\r\nV:1-r0\r\nA:aarch64\r\n\r\n", {"a 1-r0 aarch64"}, ""},
        Case{"NoArchitecture", "P:a\nV:1-r0\n\n", {"a 1-r0 "}, ""},
        Case{"OtherLettersInAnyOrder", "V:1-r0\nT:P:fake\nP:.virtual-deps\nx:later field\n\n", {".virtual-deps 1-r0 "}, ""},
        Case{"LowerCaseIsAnotherField", "P:a\nV:1-r0\np:cmd:a=1\na:0:0:755\nv:9\n\n", {"a 1-r0 "}, ""},
        Case{"NoVersion", "P:a\nA:x86_64\n\n" + kData, {"alpine-baselayout-data 3.4.3-r1 noarch"}, "lib/apk/db/installed:1 package a: it has no version (V)"},
        Case{"NoName", kData + "V:1-r0\nA:x86_64\n\n", {"alpine-baselayout-data 3.4.3-r1 noarch"}, "lib/apk/db/installed:9: it has no name (P)"},
        Case{"EmptyVersion", "P:a\nV: \n\n", {}, "package a: it has no version (V)"},
        Case{"VersionTwice", "P:a\nV:1\nV:2\n\n" + kData, {"alpine-baselayout-data 3.4.3-r1 noarch"}, "package a: V stands twice"},
        Case{"NoField", "P:a\nV:1-r0\nfree text\n\n" + kData, {"alpine-baselayout-data 3.4.3-r1 noarch"}, "package a: line \"free text\" is no field"},
        Case{"Binary", std::string("ADB.\x01\x02\n\n"), {}, "line \"ADB.\\x01\\x02\" is no field"},
        Case{"CutBetweenBlocks", kMusl, {"musl 1.2.4-r2 x86_64"}, ""},
        Case{"CutBeforeTheEmptyLine", kData + "P:a\nV:1-r0\n", {"a 1-r0 ", "alpine-baselayout-data 3.4.3-r1 noarch"},
             "installed:9 package a: the file ends before the empty line that closes this block"},
        Case{"CutBeforeTheVersion", kData + "P:a\n", {"alpine-baselayout-data 3.4.3-r1 noarch"}, "package a: it has no version (V)"}),
    [](const auto& each) { return each.param.name; });

TEST(ApkPackage, KnowsTypeAndPath) {
    const auto parsed = parse(kMusl);
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->items.size(), 1U);
    EXPECT_EQ(parsed->items[0].type, PackageType::apk);
    EXPECT_EQ(parsed->items[0].path, "lib/apk/db/installed");
}

// Only a cut between two blocks cannot be told from a whole file.
TEST(ApkLimits, EveryCutWithinABlockIsAProblem) {
    const std::string file = kData + kMusl;
    const std::vector<std::string> whole = test::lines_of(parse(file)->items);
    for (std::size_t size = 1; size < file.size(); ++size) {
        if (size == kData.size()) continue;
        const auto parsed = parse(std::string_view(file).substr(0, size));
        ASSERT_TRUE(parsed);
        EXPECT_FALSE(parsed->problems.empty()) << size;
        EXPECT_LE(parsed->items.size(), 2U) << size;
    }
}

TEST(ApkLimits, AreNamed) {
    Limits line;
    line.text_line_bytes = 20;
    const auto long_line = parse(kMusl, line);
    ASSERT_FALSE(long_line);
    EXPECT_NE(long_line.error().message().find("32 bytes (limit 20); raise limits.text_line_bytes"), std::string::npos) << long_line.error().message();
    Limits few;
    few.packages = 1;
    for (const std::string& file : {kMusl + kData, kMusl + "P:a\nV:1\n"}) {
        const auto packages = parse(file, few);
        ASSERT_FALSE(packages);
        EXPECT_NE(packages.error().message().find("raise limits.packages"), std::string::npos) << packages.error().message();
    }
    Limits small;
    small.package_database_bytes = 10;
    const auto bytes = parse(kMusl, small);
    ASSERT_FALSE(bytes);
    EXPECT_NE(bytes.error().message().find("raise limits.package_database_bytes"), std::string::npos) << bytes.error().message();
}

}  // namespace
}  // namespace veritag::pkgdb
