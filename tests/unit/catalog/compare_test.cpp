#include "catalog/compare.h"
#include "catalog/patch.h"
#include "report/patch_text.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::catalog {
namespace {

using rules::Match;

TEST(CompareLoosely, KnowsSpellingsOfOneVersion) {
    EXPECT_EQ(compare_loosely("v1.2.0", "1-2-0"), Match::holds);
    EXPECT_EQ(compare_loosely("chroma-3-44-0", "3.44.0"), Match::holds);
    EXPECT_EQ(compare_loosely("1.0.0RC1", "1.0.0-rc1"), Match::holds);
    EXPECT_EQ(compare_loosely("1.2", "1.2.3"), Match::unclear);
    EXPECT_EQ(compare_loosely("cpu", "1.2.3"), Match::unclear);
    EXPECT_EQ(compare_loosely("3.6.9", "3.6.11"), Match::differs);
    EXPECT_EQ(compare_loosely("007", "7"), Match::holds);
}

TEST(IsOlder, ComparesNumberByNumber) {
    EXPECT_TRUE(is_older("22.03-LTS", "22.03-LTS-SP1"));
    EXPECT_TRUE(is_older("22.03-LTS-SP9", "22.03-LTS-SP10"));
    EXPECT_TRUE(is_older("22.03-LTS-SP4", "24.03-LTS"));
    EXPECT_FALSE(is_older("24.03-LTS-SP4", "24.03-LTS-SP3"));
    EXPECT_FALSE(is_older("24.03-LTS", "24.03-LTS"));
}

TEST(MentionsVersion, WantsAWordOfItsOwn) {
    EXPECT_TRUE(mentions_version("pip install torch==2.1.0", "2.1.0"));
    EXPECT_TRUE(mentions_version("v2.1.0.tar.gz", "2.1.0"));
    EXPECT_FALSE(mentions_version("12.1.0 2.1.01 1.2.1.0", "2.1.0"));
    EXPECT_FALSE(mentions_version("", "2"));
}

TEST(UnifiedDiff, HasContextAndJoinsNearHunks) {
    const std::string text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16";
    EXPECT_EQ(unified_diff(text, {{"a b", 2, "2", "two"}, {"a b", 16, "16", "sixteen"}, {"a b", 4, "4", "four"}}),
              "diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1,7 +1,7 @@\n 1\n-2\n+two\n 3\n-4\n+four\n 5\n 6\n 7\n"
              "@@ -13,4 +13,4 @@\n 13\n 14\n 15\n-16\n\\ No newline at end of file\n+sixteen\n\\ No newline at end of file\n");
}

TEST(UnifiedDiff, OfLinesThatAreNoMoreThereStandsAlone) {
    LineMend mend{"x", 7, "a", "c"};
    add_context("a\nb\n", mend);
    EXPECT_EQ(report::patch_of({mend}), "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -7,1 +7,1 @@\n-a\n+c\n");
}

TEST(UnifiedDiff, KeepsLineEnds) {
    EXPECT_EQ(unified_diff("a\r\nb\r\n", {{"x", 1, "a", "c"}}), "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\r\n+c\r\n b\r\n");
}

}  // namespace
}  // namespace veritag::catalog
