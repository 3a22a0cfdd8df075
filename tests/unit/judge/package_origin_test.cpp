#include "judge/package_origin.h"

#include "cases.h"

#include <gtest/gtest.h>

namespace veritag::judge {
namespace {

struct OriginCase {
    const char* name;
    std::vector<const char*> releases;  // of one rpm package each
    const char* findings;
};

class PackageOrigin : public testing::TestWithParam<OriginCase> {};

Package rpm(std::size_t number, const char* release) {
    Package package;
    package.type = PackageType::rpm;
    package.name = "p" + std::to_string(number);
    package.version = std::string("1.0-1") + release;
    package.path = "db";
    package.layer = 0;
    return package;
}

ImageFacts facts_of(const std::vector<const char*>& releases) {
    ImageFacts facts = clean().facts;
    for (const char* release : releases) facts.packages.push_back(rpm(facts.packages.size(), release));
    return facts;
}

std::string text_of(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& f : findings) {
        EXPECT_EQ(f.code, "package-foreign");
        EXPECT_EQ(f.severity, Severity::warning);
        EXPECT_EQ(f.component, "puffin");
        text += (text.empty() ? "" : " | ") + f.observed.value_or("-") + ": " + f.message;
    }
    return text;
}

TEST_P(PackageOrigin, IsToldByTheDistSuffix) { EXPECT_EQ(text_of(foreign_packages(test::test_rules(), facts_of(GetParam().releases))), GetParam().findings); }

INSTANTIATE_TEST_SUITE_P(
    Suffixes, PackageOrigin,
    testing::Values(
        OriginCase{"AllItsOwn", {".pf51", ".pf51", ".pf51"}, ""}, OriginCase{"NoPackages", {}, ""}, OriginCase{"NoSuffixSaysNothing", {"", ".x86", ".pfx"}, ""},
        OriginCase{"SuffixWithoutARelease", {".pf", ".pf", ".pf"}, ""},
        OriginCase{"OneOfAnotherSystem", {".pf51", ".pf51", ".hr8"}, "Heron: 1 of 3 packages is built for Heron, not for Puffin Linux."},
        OriginCase{"TwoOfAnotherSystem", {".pf51", ".hr8", ".hr8"}, "Heron: 2 of 3 packages are built for Heron, not for Puffin Linux."},
        OriginCase{"SuffixOfSeveralSystems", {".pf51", ".hr9"}, "Heron or Gull: 1 of 2 packages is built for Heron or Gull, not for Puffin Linux."},
        OriginCase{"TwoOthers", {".hr8", ".hr9"},
                   "Heron: 1 of 2 packages is built for Heron, not for Puffin Linux. | Heron or Gull: 1 of 2 packages is built for Heron or Gull, not for Puffin Linux."},
        OriginCase{"MostOfAnotherRelease", {".pf50", ".pf50", ".pf51", ""},
                   "5.0: 2 of 3 packages that name a release are built for Puffin Linux 5.0, and the image is 5.1."},
        OriginCase{"HalfOfAnotherRelease", {".pf50", ".pf51", "", ""}, ""}, OriginCase{"MinorityOfAnotherRelease", {".pf50", ".pf51", ".pf51"}, ""},
        OriginCase{"ManyReleasesAndNoMajority", {".pf50", ".pf49", ".pf48"}, ""}),
    [](const testing::TestParamInfo<OriginCase>& each) { return std::string(each.param.name); });

TEST(PackageOrigin, NeedsAProvenSystem) {
    const rules::RuleSet rules = test::test_rules();
    ImageFacts facts = facts_of({".hr8"});
    facts.observations[0].proof = false;
    EXPECT_EQ(text_of(foreign_packages(rules, facts)), "");
    facts.observations.clear();
    EXPECT_EQ(text_of(foreign_packages(rules, facts)), "");
}

TEST(PackageOrigin, SaysNothingOfTwoSystemsAtOnce) {
    ImageFacts facts = facts_of({".hr8"});
    facts.observations.push_back(seen("heron", ComponentKind::os, "3"));
    EXPECT_EQ(text_of(foreign_packages(test::test_rules(), facts)), "");
}

TEST(PackageOrigin, ReleasesAreNotComparedWithAnUnknownOne) {
    ImageFacts facts = facts_of({".pf50", ".pf50"});
    facts.observations[0].version.clear();
    EXPECT_EQ(text_of(foreign_packages(test::test_rules(), facts)), "");
}

TEST(PackageOrigin, OnlyRpmPackagesHaveSuffixes) {
    ImageFacts facts = facts_of({".hr8"});
    facts.packages[0].type = PackageType::deb;
    EXPECT_EQ(text_of(foreign_packages(test::test_rules(), facts)), "");
}

TEST(PackageOrigin, ShowsThreePackages) {
    const std::vector<Finding> findings = foreign_packages(test::test_rules(), facts_of({".hr8", ".hr8", ".hr8", ".hr8", ".hr8"}));
    ASSERT_EQ(findings.size(), 1U);
    ASSERT_EQ(findings[0].evidence.size(), 3U);
    EXPECT_EQ(findings[0].evidence[0].detail, "p0 1.0-1.hr8");
}

TEST(PackageOrigin, IsPartOfTheJudgement) {
    Case input = clean();
    input.claims = {os("5.1")};
    input.facts.packages = facts_of({".hr8"}).packages;
    const Judgement judgement = judge(test::test_rules(), input);
    EXPECT_EQ(text_of(judgement.findings), "Heron: 1 of 1 packages is built for Heron, not for Puffin Linux.");
    EXPECT_EQ(verdict_of(judgement.findings), Verdict::warn);
}

}  // namespace
}  // namespace veritag::judge
