#include "base/text.h"
#include "base/times.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veritag {
namespace {

TEST(Trim, TakesWhiteSpaceAtBothEnds) {
    EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
    EXPECT_EQ(trim(" \n "), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Split, KeepsEmptyParts) {
    EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
    EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
    EXPECT_EQ(join({"a", "", "b"}, "--"), "a----b");
    EXPECT_EQ(join({}, ","), "");
}

TEST(SplitOnce, AtTheFirstSeparator) {
    const auto parts = split_once("a=b=c", '=');
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->first, "a");
    EXPECT_EQ(parts->second, "b=c");
    EXPECT_FALSE(split_once("abc", '='));
}

TEST(IgnoringCase, FoldsAsciiOnly) {
    EXPECT_TRUE(equals_ignoring_case("RC1", "rc1"));
    EXPECT_FALSE(equals_ignoring_case("rc1", "rc11"));
    EXPECT_TRUE(starts_with_ignoring_case("OpenEuler", "openeuler"));
    EXPECT_FALSE(starts_with_ignoring_case("open", "openeuler"));
    EXPECT_FALSE(equals_ignoring_case("Ä", "ä"));
    EXPECT_EQ(to_lower("A[Z]É"), "a[z]É");
}

TEST(ParseU64, TakesWholeDecimalNumbers) {
    EXPECT_EQ(parse_u64("0"), 0U);
    EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615U);
    for (const char* bad : {"", "18446744073709551616", "-1", "+1", " 1", "1 ", "0x1", "1.0", "1e3"}) EXPECT_FALSE(parse_u64(bad)) << bad;
}

TEST(Quote, EscapesControlBytesAndBadUtf8) {
    EXPECT_EQ(quote("plain 中文"), "plain 中文");
    EXPECT_EQ(quote(std::string_view("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(quote("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
    EXPECT_EQ(quote("\xc2\x9b"), "\\xc2\\x9b") << "a C1 control moves a terminal's cursor too";
    EXPECT_EQ(quote("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(quote("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

TEST(Quote, CutsBetweenCharacters) {
    EXPECT_EQ(quote("abcdef", 3), "abc…");
    EXPECT_EQ(quote("abc", 3), "abc");
    EXPECT_EQ(quote("中中", 4), "中中");
    EXPECT_EQ(quote("中中中", 4), "中中…");
}

TEST(Utf8, FollowsTheUnicodeTable) {
    for (const char* good : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_valid_utf8(good));
    for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe4\xb8"}) {
        EXPECT_FALSE(is_valid_utf8(bad)) << quote(bad);
        EXPECT_TRUE(is_valid_utf8(to_valid_utf8(bad))) << quote(bad);
    }
    EXPECT_FALSE(is_valid_utf8(std::string_view("\0", 1)));
    EXPECT_EQ(to_valid_utf8("a\xff" "b"), "a\uFFFDb");
}

TEST(NearestWord, OnlyWhereItIsNear) {
    const std::vector<std::string> words{"table", "json", "fold-case"};
    EXPECT_EQ(nearest_word("tabel", words), "table");
    EXPECT_EQ(nearest_word("JSON", words), "json");
    EXPECT_EQ(nearest_word("fold_case", words), "fold-case");
    EXPECT_EQ(nearest_word("cyclonedx", words), "");
    EXPECT_EQ(nearest_word("x", {}), "");
}

TEST(HumanBytes, UsesDecimalUnits) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(999), "999 B");
    EXPECT_EQ(human_bytes(1000), "1.0 kB");
    EXPECT_EQ(human_bytes(1234567), "1.2 MB");
    EXPECT_EQ(human_bytes(123'456'789'012'345), "123.5 TB");
}

TEST(Rfc3339, EveryYearOfFourDigits) {
    for (const char* text : {"0000-03-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2262-04-12T00:00:00Z", "2299-01-01T12:34:56Z", "9999-12-31T23:59:59Z"}) {
        const auto time = parse_rfc3339(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(rfc3339(*time), text);
    }
}

TEST(Rfc3339Now, HasItsForm) {
    const std::string now = rfc3339_now();
    ASSERT_EQ(now.size(), 20U);
    EXPECT_EQ(now[4], '-');
    EXPECT_EQ(now[10], 'T');
    EXPECT_EQ(now.back(), 'Z');
}

}  // namespace
}  // namespace veritag
