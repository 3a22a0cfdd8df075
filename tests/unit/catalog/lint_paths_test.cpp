// What lint says of the paths in meta.yml, and what it advises.
#include "made_up_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veritag::catalog {
namespace {

constexpr const char* kSp1 = "FROM openeuler/openeuler:24.03-lts-sp1\n";
constexpr const char* kSp2 = "FROM openeuler/openeuler:24.03-lts-sp2\n";

std::string with_version(const std::string& from, const std::string& version) { return from + "ARG VERSION=" + version + "\nRUN get app-${VERSION}.tar.gz\n"; }

TEST(LintPaths, AVersionFolderThatNamesASystemIsNoVersion) {
    const std::vector<Finding> findings =
        OnDisk(one("app", "2.4.0-oe2403sp1", "24.03-lts-sp1/24.03-lts-sp1/Dockerfile", with_version(kSp1, "2.4.0"))).lint().findings;
    ASSERT_EQ(told(findings), "path-mismatch S/app/meta.yml:2\n");
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_EQ(findings[0].message,
              "The tag 2.4.0-oe2403sp1 has the path \"24.03-lts-sp1/24.03-lts-sp1/Dockerfile\": the folder is named 24.03-lts-sp1, the Dockerfile builds app 2.4.0 as the tag claims. Rename the folder.");
    // Without a word of the version in the Dockerfile there is nothing to say.
    EXPECT_EQ(told(OnDisk(one("app", "2.4.0-oe2403sp1", "24.03-lts-sp1/24.03-lts-sp1/Dockerfile", kSp1)).lint().findings), "");
    // The application's version may look like a release.
    EXPECT_EQ(told(OnDisk(one("app", "26.05-oe2403sp1", "26.03/24.03-lts-sp1/Dockerfile", kSp1)).lint().findings), "path-mismatch S/app/meta.yml:2\n");
}

TEST(LintPaths, AMisnamedVersionFolderAroundTheRightDockerfileIsAWarning) {
    const std::vector<Finding> right = OnDisk(one("redis", "8.6.4-oe2403sp1", "5.4.1/24.03-lts-sp1/Dockerfile", with_version(kSp1, "8.6.4"))).lint().findings;
    ASSERT_EQ(told(right), "path-mismatch S/redis/meta.yml:2\n");
    EXPECT_EQ(right[0].severity, Severity::warning);
    EXPECT_NE(right[0].message.find("the folder is named 5.4.1, the Dockerfile builds redis 8.6.4"), std::string::npos) << right[0].message;
    // The variable decides, whatever else the file names.
    const std::vector<Finding> both = OnDisk(one("redis", "8.6.4-oe2403sp1", "5.4.1/24.03-lts-sp1/Dockerfile", with_version(kSp1, "8.6.4") + "RUN get tool-5.4.1\n")).lint().findings;
    EXPECT_EQ(both.at(0).severity, Severity::warning);
    // An error where the folder is right about what is built, and where nothing tells.
    const std::vector<Finding> wrong = OnDisk(one("redis", "8.6.4-oe2403sp1", "5.4.1/24.03-lts-sp1/Dockerfile", with_version(kSp1, "5.4.1"))).lint().findings;
    EXPECT_EQ(wrong.at(wrong.size() - 1).severity, Severity::error);
    EXPECT_NE(wrong.at(wrong.size() - 1).message.find("leads to the folder of 5.4.1, and that is what the Dockerfile builds."), std::string::npos) << wrong.back().message;
    const std::vector<Finding> silent = OnDisk(one("redis", "8.6.4-oe2403sp1", "5.4.1/24.03-lts-sp1/Dockerfile", kSp1)).lint().findings;
    EXPECT_EQ(silent.at(0).severity, Severity::error);
}

TEST(LintPaths, AMisnamedSystemFolderAroundTheRightBaseIsAWarning) {
    const std::vector<Finding> findings = OnDisk(one("app", "1.0.0-oe2403sp1", "1.0.0/24.03-lts-sp2/Dockerfile", kSp1)).lint().findings;
    ASSERT_EQ(told(findings), "path-mismatch S/app/meta.yml:2\n");
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_NE(findings[0].message.find("the folder is named 24.03-lts-sp2, the Dockerfile starts from openEuler 24.03-LTS-SP1"), std::string::npos) << findings[0].message;
}

TEST(LintPaths, TwoSeparatorsInASystemFolderStandForOne) {
    EXPECT_EQ(told(OnDisk(one("app", "2.1.9-oe2403sp1", "2.1.9/24.03.-lts-sp1/Dockerfile", kSp1)).lint().findings), "");
    const std::vector<Finding> findings = OnDisk(one("app", "2.1.9-oe2403lts", "2.1.9/24.03.-lts-sp1/Dockerfile", kSp1)).lint().findings;
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].observed, "24.03-LTS-SP1");
}

TEST(LintPaths, AMisspeltFileNameIsMendedWithTheOneDockerfileOfItsFolder) {
    Files files{{"S/app/meta.yml", "1.0.0-oe2403sp1:\n  path: 1.0.0/24.03-lts-sp1/Dcokerfile\n"}, {"S/app/1.0.0/24.03-lts-sp1/Dockerfile", kSp1}, {"S/app/1.0.0/24.03-lts-sp1/README.md", ""}};
    const std::vector<Finding> findings = OnDisk(files).lint().findings;
    EXPECT_EQ(told(findings), "path-dead S/app/meta.yml:2 => path: 1.0.0/24.03-lts-sp1/Dockerfile\n");
    EXPECT_EQ(findings.at(0).message,
              "The tag 1.0.0-oe2403sp1 has the path \"1.0.0/24.03-lts-sp1/Dcokerfile\", which names no file of the folder S/app. Its Dockerfile stands at another path: 1.0.0/24.03-lts-sp1/Dockerfile.");
    files["S/app/1.0.0/24.03-lts-sp1/Dockerfile.arm64"] = kSp1;
    EXPECT_EQ(told(OnDisk(files).lint().findings), "path-dead S/app/meta.yml:2\n") << "which of the two?";
    // Of another kind.
    files = {{"S/app/meta.yml", "1.0.0-oe2403sp1:\n  path: 1.0.0/24.03-lts-sp1/Distrofile\n"}, {"S/app/1.0.0/24.03-lts-sp1/Dockerfile", kSp1}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "path-dead S/app/meta.yml:2 => path: 1.0.0/24.03-lts-sp1/Dockerfile\n");
    // Whose folder is another tag's.
    files = {{"S/app/meta.yml", "1.0.0-oe2403sp2:\n  path: 1.0.0/24.03-lts-sp1/Dcokerfile\n"}, {"S/app/1.0.0/24.03-lts-sp1/Dockerfile", kSp1}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "path-dead S/app/meta.yml:2\n");
}

TEST(LintPaths, NamesTheNearestPath) {
    const Files slip{{"S/app/meta.yml", "2.1.9-oe2403sp1:\n  path: 2.1.9/24.03-lts-sp1/Dockerfile\n"}, {"S/app/2.1.9/24.03.-lts-sp1/Dockerfile", kSp1}};
    EXPECT_EQ(told(OnDisk(slip).lint().findings), "path-dead S/app/meta.yml:2 => path: 2.1.9/24.03.-lts-sp1/Dockerfile\n");
    const Files unclear{{"S/app/meta.yml", "2.1.9-oe2403sp1:\n  path: 2.1.9/24.03-lts-sp1/Dockerfile\n"}, {"S/app/2.1.9/24.03-ltss-sp1/Dockerfile", kSp1}};
    const std::vector<Finding> findings = OnDisk(unclear).lint().findings;
    ASSERT_EQ(told(findings), "path-dead S/app/meta.yml:2\n");
    EXPECT_NE(findings[0].message.find("The nearest path that is there is 2.1.9/24.03-ltss-sp1/Dockerfile."), std::string::npos) << findings[0].message;
    // Another number is another thing.
    const Files other{{"S/app/meta.yml", "2.1.9-oe2403sp1:\n  path: 2.1.9/24.03-lts-sp1/Dockerfile\n"}, {"S/app/2.1.9/24.03-lts-sp2/Dockerfile", kSp2}};
    EXPECT_EQ(OnDisk(other).lint().findings.at(0).message,
              "The tag 2.1.9-oe2403sp1 has the path \"2.1.9/24.03-lts-sp1/Dockerfile\", which names no file of the folder S/app. Mend the path.");
}

TEST(LintPaths, ATagBesideItsPathAndBaseIsTheOneThatIsWrong) {
    Files files = one("app", "25.7.5.34-oe2403sp1", "25.7.5.34/24.03-lts-sp2/Dockerfile", kSp2);
    std::vector<Finding> findings = OnDisk(files).lint().findings;
    ASSERT_EQ(told(findings), "path-mismatch S/app/meta.yml:2\n");
    EXPECT_EQ(findings[0].suggestion, "25.7.5.34-oe2403sp2");
    EXPECT_NE(findings[0].message.find("The Dockerfile there starts from openEuler 24.03-LTS-SP2, too, and there is none for openEuler 24.03-LTS-SP1: the tag is wrong"), std::string::npos) << findings[0].message;
    // Not where that tag is declared already.
    files["S/app/meta.yml"] += "25.7.5.34-oe2403sp2:\n  path: 25.7.5.34/24.03-lts-sp2/Dockerfile\n";
    findings = OnDisk(files).lint().findings;
    ASSERT_EQ(told(findings), "path-mismatch S/app/meta.yml:2\n");
    EXPECT_FALSE(findings[0].suggestion);
    EXPECT_NE(findings[0].message.find("the tag 25.7.5.34-oe2403sp2 is declared already"), std::string::npos) << findings[0].message;
    // Nor where a Dockerfile of the claimed system is there: then the path is wrong.
    files = one("app", "25.7.5.34-oe2403sp1", "25.7.5.34/24.03-lts-sp2/Dockerfile", kSp2);
    files["S/app/25.7.5.34/24.03-lts-sp1/Dockerfile"] = kSp1;
    findings = OnDisk(files).lint().findings;
    EXPECT_EQ(told(findings), "path-mismatch S/app/meta.yml:2 => path: 25.7.5.34/24.03-lts-sp1/Dockerfile\n");
    EXPECT_FALSE(findings.at(0).suggestion);
    // Nor on the word of a moving base.
    findings = OnDisk(one("app", "1.0-oe2403sp1", "1.0/24.03-lts-sp3/Dockerfile", "FROM openeuler/openeuler:24.03\n")).lint().findings;
    ASSERT_FALSE(findings.empty());
    for (const Finding& each : findings) EXPECT_FALSE(each.suggestion) << each.message;
}

TEST(LintPaths, ADeadPathTellsOfItsFoldersToo) {
    const Files files{{"S/app/meta.yml", "1.0.1-oe2403sp1:\n  path: 1.0.0/24.03-lts-sp2/Dockerfile\n"}, {"S/app/x", ""}};
    EXPECT_EQ(OnDisk(files).lint().findings.at(0).message,
              "The tag 1.0.1-oe2403sp1 has the path \"1.0.0/24.03-lts-sp2/Dockerfile\", which names no file of the folder S/app; it also leads to the folder of openEuler 24.03-LTS-SP2 and of 1.0.0, which is not the "
              "tag's. Mend the path.");
}

TEST(LintPaths, OfTwoTagsOfOneDockerfileTheOneThatItBuildsIsRight) {
    const Files files{{"S/app/meta.yml", "1.0.0-oe2403sp1:\n  path: Dockerfile\n2.0.0-oe2403sp1:\n  path: Dockerfile\n"}, {"S/app/Dockerfile", with_version(kSp1, "2.0.0")}};
    const std::vector<Finding> findings = OnDisk(files).lint().findings;
    EXPECT_NE(told(findings).find("path-mismatch S/app/meta.yml:2\n"), std::string::npos) << told(findings);
    EXPECT_EQ(told(findings).find("path-mismatch S/app/meta.yml:4\n"), std::string::npos) << told(findings);
}

TEST(LintPaths, AnImageThatIsListedTwiceIsAWarning) {
    const Files files{{"S/image-list.yml", "images:\n  app: app\n  other: other\n  app: app\n"}, {"S/app/meta.yml", ""}, {"S/other/meta.yml", ""}};
    const std::vector<Finding> findings = OnDisk(files).lint().findings;
    ASSERT_EQ(told(findings), "catalog-invalid S/image-list.yml:4\n");
    EXPECT_EQ(findings[0].severity, Severity::warning);
}

}  // namespace
}  // namespace veritag::catalog
