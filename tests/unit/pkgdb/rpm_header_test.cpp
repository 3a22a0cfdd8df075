#include "pkgdb/rpm_header.h"

#include "fixture.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::pkgdb {
namespace {

using test::HeaderBuilder;

Result<std::optional<Package>> read(const std::string& blob, const Limits& limits = {}) {
    return read_rpm_package(ByteReader(std::string_view(blob), "var/lib/rpm/Packages.db"), limits);
}

constexpr std::string_view kTwoTexts("C\0de\0", 5);

// A header as rpm 3 made it: no region, whole file names in one array, translated texts, the epoch still called serial.
HeaderBuilder version_3_header() {
    HeaderBuilder header;
    header.add(100, 8, 2, 1, kTwoTexts).text(1000, "zsh").text(1001, "3.0.8").text(1002, "8").number(1003, 7);
    header.add(1004, 9, 2, 1, std::string_view("A shell\0Eine Shell\0", 19)).add(1005, 9, 2, 1, std::string_view("\0\0", 2));
    header.number(1006, 985906516).add(1016, 9, 1, 1, std::string_view("Shells\0", 7)).text(1021, "Linux").text(1022, "i386");
    header.add(1027, 8, 2, 1, std::string_view("/bin/zsh\0/usr/share/zsh\0", 25)).add(1028, 4, 2, 4, std::string_view("\0\6\0\0\0\0\x10\0", 8));
    return header.add(1029, 1, 2, 1, std::string_view("\0\0", 2)).add(1030, 3, 2, 2, "\x81\xed\x41\xed");
}

// A header as rpm 4 keeps it: what the package file signed in a region, with directory tables, and what installing added.
HeaderBuilder version_4_header(std::uint32_t region_tag) {
    HeaderBuilder header;
    header.add(100, 8, 2, 1, kTwoTexts).text(1000, "nodejs").text(1001, "10.24.0").text(1002, "1.module_el8").number(1003, 1);
    header.add(1004, 9, 2, 1, std::string_view("a\0b\0", 4)).text(1022, "aarch64").add(1116, 4, 2, 4, std::string(8, '\0'));
    header.add(1117, 8, 2, 1, std::string_view("node\0npm\0", 9)).add(1118, 8, 1, 1, std::string_view("/usr/bin/\0", 10));
    header.add(5009, 5, 1, 8, std::string(8, '\1')).text(5096, "nodejs:10:8030020210118191659:229f0a1c").close_region(region_tag);
    return header.number(1008, 1611000000).add(1029, 1, 2, 1, std::string_view("\0\0", 2)).number(1127, 3);
}

struct GoodCase {
    const char* name;
    std::string blob;
    const char* package;
};
void PrintTo(const GoodCase& c, std::ostream* out) { *out << c.name; }

class GoodHeader : public testing::TestWithParam<GoodCase> {};
TEST_P(GoodHeader, GivesPackage) {
    const auto package = read(GetParam().blob);
    ASSERT_TRUE(package) << package.error().message();
    ASSERT_TRUE(*package);
    EXPECT_EQ(test::lines_of({**package}).front(), GetParam().package);
    EXPECT_EQ((*package)->path, "var/lib/rpm/Packages.db");
    EXPECT_EQ((*package)->type, PackageType::rpm);
}
INSTANTIATE_TEST_SUITE_P(
    Headers, GoodHeader,
    testing::Values(
        GoodCase{"WithRegion", test::blob_of("bash", "5.2.15", "9.oe2403"), "bash 5.2.15-9.oe2403 x86_64"},
        GoodCase{"WithEpoch", test::blob_of("acl", "2.3", "1", "aarch64", 2), "acl 2:2.3-1 aarch64"},
        GoodCase{"EpochZeroIsAnEpoch", test::blob_of("acl", "2.3", "1", "noarch", 0), "acl 0:2.3-1 noarch"},
        GoodCase{"GreatestEpoch", test::blob_of("acl", "2.3", "1", "noarch", 4294967295U), "acl 4294967295:2.3-1 noarch"},
        GoodCase{"WithoutRegion", HeaderBuilder().text(1000, "a").text(1001, "1").text(1002, "2").text(1022, "noarch").blob(),
                 "a 1-2 noarch"},
        GoodCase{"WithoutArch", HeaderBuilder().text(1000, "a").text(1001, "1").text(1002, "2").blob(), "a 1-2 "},
        GoodCase{"MagicInFront", std::string("\x8e\xad\xe8\x01\0\0\0\0", 8) + test::blob_of("a", "1", "2"), "a 1-2 x86_64"},
        GoodCase{"AddedEntryReplacesTheRegions", test::header_of("a", "1", "2").text(1001, "3").blob(), "a 3-2 x86_64"},
        GoodCase{"FirstOfStringArray",
                 HeaderBuilder().add(1000, 8, 2, 1, std::string_view("a\0b\0", 4)).text(1001, "1").text(1002, "2").blob(), "a 1-2 "},
        GoodCase{"FirstTranslation",
                 HeaderBuilder().text(1000, "a").add(1001, 9, 2, 1, std::string_view("1\0x\0", 4)).text(1002, "2").blob(), "a 1-2 "},
        GoodCase{"Version3", version_3_header().blob(), "zsh 7:3.0.8-8 i386"},
        GoodCase{"Version3InARegion", version_3_header().close_region(61).blob(), "zsh 7:3.0.8-8 i386"},
        GoodCase{"Version4", version_4_header(63).blob(), "nodejs 1:10.24.0-1.module_el8 aarch64"},
        GoodCase{"Version4WithImageRegion", version_4_header(61).blob(), "nodejs 1:10.24.0-1.module_el8 aarch64"},
        GoodCase{"ModuleLabelAdded", test::header_of("a", "1", "2").text(5096, "a:1").blob(), "a 1-2 x86_64"},
        GoodCase{"ModuleLabelOfOtherType", test::header_of("a", "1", "2").add(5096, 8, 2, 1, kTwoTexts).blob(), "a 1-2 x86_64"},
        GoodCase{"EpochOfNoElement", HeaderBuilder().text(1000, "a").text(1001, "1").text(1002, "2").add(1003, 4, 0, 4, "").blob(), "a 1-2 "},
        GoodCase{"OddText", test::blob_of("lib+odd.name_1", "1.0~rc1^git2", "0.1.el9_3"), "lib+odd.name_1 1.0~rc1^git2-0.1.el9_3 x86_64"}),
    [](const auto& each) { return each.param.name; });

TEST(RpmHeader, LeavesOutSigningKeys) {
    const auto package = read(test::blob_of("gpg-pubkey", "1234", "5678", ""));
    ASSERT_TRUE(package) << package.error().message();
    EXPECT_FALSE(*package);
}

struct BadCase {
    const char* name;
    std::string blob;
    ErrorCode code;
    const char* message;
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

std::string patched(std::string blob, std::size_t at, std::uint32_t value) {
    test::put_be(blob, at, value);
    return blob;
}

class BadHeader : public testing::TestWithParam<BadCase> {};
TEST_P(BadHeader, SaysWhatIsWrong) {
    const auto package = read(GetParam().blob);
    ASSERT_FALSE(package);
    EXPECT_EQ(package.error().code, GetParam().code) << package.error().message();
    EXPECT_NE(package.error().message().find(GetParam().message), std::string::npos) << package.error().message();
}

// Offsets in the blob of test::blob_of: preamble 8 bytes, region entry at 8, NAME entry at 24, VERSION at 40.
const std::string kGood = test::blob_of("bash", "5.2", "9");
const HeaderBuilder kNamed = HeaderBuilder().text(1000, "a").text(1001, "1");

INSTANTIATE_TEST_SUITE_P(
    Headers, BadHeader,
    testing::Values(
        BadCase{"Empty", "", ErrorCode::truncated, "read rpm header"},
        BadCase{"NoEntries", std::string(8, '\0'), ErrorCode::malformed, "no entries"},
        BadCase{"TooManyEntries", patched(kGood, 0, 65536), ErrorCode::over_limit, "65536 entries (limit 65535); raise limits.rpm_header_entries"},
        BadCase{"DataBeyondTheEnd", patched(kGood, 4, 0xfffffff0), ErrorCode::truncated, "the data end here"},
        BadCase{"BytesLeftOver", kGood + "x", ErrorCode::malformed, "where index and data take"},
        BadCase{"UnknownType", patched(kGood, 28, 10), ErrorCode::malformed, "read rpm tag 1000: var/lib/rpm/Packages.db @88: type 10"},
        BadCase{"OffsetBeyondData", patched(kGood, 32, 4096), ErrorCode::malformed, "offset 4096 in"},
        BadCase{"TwoStringsInOne", patched(kGood, 36, 2), ErrorCode::malformed, "2 strings where one belongs"},
        BadCase{"ArrayRunsOut", HeaderBuilder().add(1000, 8, 3, 1, std::string_view("a\0b\0", 4)).blob(), ErrorCode::malformed,
                "3 strings do not end"},
        BadCase{"TextWithoutEnd", HeaderBuilder().add(1000, 6, 1, 1, "abc").blob(), ErrorCode::malformed, "1 strings do not end"},
        BadCase{"NumbersRunOut", HeaderBuilder().add(1003, 4, 0x40000000, 4, std::string(8, '\0')).blob(), ErrorCode::malformed,
                "1073741824 elements of 4 bytes"},
        BadCase{"Unaligned", HeaderBuilder().text(1000, "").add(1003, 4, 1, 1, "\1\2\3\4").blob(), ErrorCode::malformed,
                "offset 1 is not aligned to 4"},
        BadCase{"Overlap", patched(kGood, 48, 2), ErrorCode::malformed, "offset 2 overlaps data that end at 5"},
        BadCase{"RegionWithoutTrailer", patched(kGood, 16, 0xfffffff0), ErrorCode::malformed, "region trailer at"},
        BadCase{"RegionOfWrongType", patched(kGood, 12, 6), ErrorCode::malformed, "no 16-byte trailer"},
        BadCase{"RegionLongerThanIndex", patched(kGood, kGood.size() - 8, 0U - 16 * 6), ErrorCode::malformed, "region trailer {63, 7,"},
        BadCase{"RegionOfNoEntries", patched(kGood, kGood.size() - 8, 0), ErrorCode::malformed, "region trailer {63, 7, 0, 16}"},
        BadCase{"NameTwice", HeaderBuilder().text(1000, "a").text(1000, "b").blob(), ErrorCode::malformed,
                "read rpm tag 1000: var/lib/rpm/Packages.db @40: the tag stands twice"},
        BadCase{"NoName", HeaderBuilder().text(1001, "1").text(1002, "1").blob(), ErrorCode::malformed, "it has no name"},
        BadCase{"EmptyName", HeaderBuilder().text(1000, "").text(1001, "1").text(1002, "1").blob(), ErrorCode::malformed, "it has no name"},
        BadCase{"NoVersion", HeaderBuilder().text(1000, "a").text(1002, "1").blob(), ErrorCode::malformed, "package a"},
        BadCase{"NoRelease", kNamed.blob(), ErrorCode::malformed, "it has no release"},
        BadCase{"VersionIsANumber", HeaderBuilder().text(1000, "a").number(1001, 1).text(1002, "1").blob(), ErrorCode::malformed,
                "type 4 where text belongs"},
        BadCase{"EpochIsTooShort", HeaderBuilder().text(1000, "a").text(1001, "1").text(1002, "1").add(1003, 3, 1, 2, std::string("\0\1", 2)).blob(),
                ErrorCode::malformed, "type 3 where a 32-bit number belongs"},
        BadCase{"FileNamesRunOut", version_3_header().add(1031, 8, 3, 1, std::string_view("a\0b\0", 4)).blob(), ErrorCode::malformed,
                "read rpm tag 1031"},
        BadCase{"EpochIsText", HeaderBuilder().text(1000, "a").text(1001, "1").text(1002, "1").text(1003, "1").blob(), ErrorCode::malformed,
                "type 6 where a 32-bit number belongs"}),
    [](const auto& each) { return each.param.name; });

TEST(RpmHeader, RefusesBlobOverLimit) {
    Limits limits;
    limits.rpm_header_bytes = 100;
    const auto package = read(kGood, limits);
    ASSERT_FALSE(package);
    EXPECT_NE(package.error().message().find("(limit 100); raise limits.rpm_header_bytes"), std::string::npos) << package.error().message();
}

TEST(RpmHeader, RefusesEveryPrefix) {
    for (std::size_t size = 0; size < kGood.size(); ++size) EXPECT_FALSE(read(kGood.substr(0, size))) << size;
    EXPECT_TRUE(read(kGood));
}

TEST(RpmHeader, EscapesNamesInMessages) {
    const auto package = read(HeaderBuilder().text(1000, "a\x1b[2J").blob());
    ASSERT_FALSE(package);
    EXPECT_NE(package.error().message().find("a\\x1b[2J"), std::string::npos) << package.error().message();
}

}  // namespace
}  // namespace veritag::pkgdb
