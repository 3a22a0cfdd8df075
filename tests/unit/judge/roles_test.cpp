// Flavours as rising levels, the development role, architectures, and `unproven: info`.
#include "cases.h"

#include <gtest/gtest.h>

namespace veritag::judge {
namespace {

struct RoleCase {
    const char* name;
    void (*arrange)(Case&);
    const char* findings;
    std::optional<std::string> truth = {};  // of the flavour, where the tag could be written anew; "-" where it could not
};

Claim flavour(std::string version) { return claim("redflavour", ComponentKind::tool, std::move(version)); }
void has_red(Case& c) { c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0")); }
void has_flavours(Case& c, std::vector<const char*> levels) {
    has_red(c);
    c.claims = {red("2.0"), flavour("runtime"), os("5.1")};
    for (const char* level : levels) c.facts.observations.push_back(seen("redflavour", ComponentKind::tool, level));
    c.facts.observations.push_back(seen("redlib", ComponentKind::tool, "1"));
}
void lacks_redlib(Case& c) { c.facts.observations.pop_back(); }

class Roles : public testing::TestWithParam<RoleCase> {};

TEST_P(Roles, AreJudged) {
    Case input = clean();
    GetParam().arrange(input);
    const Judgement judgement = judge(test::test_rules(), input);
    EXPECT_EQ(text_of(judgement), GetParam().findings);
    if (!GetParam().truth) return;
    EXPECT_EQ(judgement.truth ? judgement.truth->at("redflavour").value_or("none") : "-", *GetParam().truth);
}

INSTANTIATE_TEST_SUITE_P(
    Levels, Roles,
    testing::Values(
        RoleCase{"Right", [](Case& c) { has_flavours(c, {"runtime"}); }, "", "runtime"},
        RoleCase{"HighestCounts", [](Case& c) { has_flavours(c, {"base", "runtime"}); }, "", "runtime"},
        RoleCase{"More", [](Case& c) { has_flavours(c, {"base", "devel", "runtime"}); }, "error flavor-mismatch/redflavour runtime>devel", "devel"},
        RoleCase{"Less", [](Case& c) { has_flavours(c, {"base"}); }, "error flavor-mismatch/redflavour runtime>base", "base"},
        RoleCase{"LessButUnreadable", [](Case& c) { has_flavours(c, {"base"}); c.facts.problems = {{"db", "cut off"}}; },
                 "warning unproven/redflavour runtime>-; warning unproven/ ->-", "-"},
        RoleCase{"LessButMayHoldMore", [](Case& c) { has_flavours(c, {"base"}); c.facts.could_hold["redflavour"] = {at("opt/bin/redcc")}; }, "warning unproven/redflavour runtime>-", "-"},
        RoleCase{"LessAndNoRuleSaysWhereMoreCouldBe", [](Case& c) { has_red(c); c.claims = {red("2.0"), claim("looseflavour", ComponentKind::tool, "large"), os("5.1")};
                 c.facts.observations.push_back(seen("looseflavour", ComponentKind::tool, "small")); }, "warning unproven/looseflavour large>-"},
        RoleCase{"ExpectedButNoRuleSaysWhereItCouldBe", [](Case& c) { has_red(c); c.claims = {red("2.0"), claim("looseflavour", ComponentKind::tool, "large"), os("5.1")};
                 c.facts.observations.push_back(seen("looseflavour", ComponentKind::tool, "large")); }, ""},
        RoleCase{"MoreIsProvenWhateverElse", [](Case& c) { has_flavours(c, {"devel"}); c.facts.could_hold["redflavour"] = {at("opt/bin/redcc")}; },
                 "error flavor-mismatch/redflavour runtime>devel", "devel"},
        RoleCase{"Nothing", [](Case& c) { has_flavours(c, {}); }, "warning unproven/redflavour runtime>-", "-"},
        RoleCase{"NothingAndNoSdk", [](Case& c) { c.claims = {red("2.0"), flavour("runtime")}; }, "error sdk-missing/redkit 2.0>-", "runtime"},
        RoleCase{"AnotherWordIsNoLevel", [](Case& c) { has_flavours(c, {"full"}); }, "warning unproven/redflavour runtime>-", "-"},
        RoleCase{"NoFlavourClaimed", [](Case& c) { has_flavours(c, {"devel"}); c.claims[1].version.clear(); }, "", ""},
        RoleCase{"SettingsProveNoLevel", [](Case& c) { has_flavours(c, {"runtime"}); c.facts.observations.push_back(seen("redflavour", ComponentKind::tool, "devel", false)); }, "", "runtime"},
        RoleCase{"ExpectedIsAbsent", [](Case& c) { has_flavours(c, {"runtime"}); lacks_redlib(c); }, "warning flavor-mismatch/redflavour runtime>-", "runtime"},
        RoleCase{"ExpectedMayBeThere", [](Case& c) { has_flavours(c, {"runtime"}); lacks_redlib(c); c.facts.could_hold["redlib"] = {at("libredlib.so")}; }, ""},
        RoleCase{"ExpectedAndSomethingUnreadable", [](Case& c) { has_flavours(c, {"runtime"}); lacks_redlib(c); c.facts.problems = {{"db", "cut off"}}; }, "warning unproven/ ->-"},
        RoleCase{"NothingIsExpectedOfTheLowest", [](Case& c) { has_flavours(c, {"base"}); lacks_redlib(c); c.claims[1].version = "base"; }, "", "base"}),
    [](const testing::TestParamInfo<RoleCase>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Development, Roles,
    testing::Values(
        RoleCase{"DevIsThere", [](Case& c) { c.claims = {os("5.1")}; c.dev = true; c.facts.observations.push_back(seen("builders", ComponentKind::tool, "")); }, ""},
        RoleCase{"DevMissing", [](Case& c) { c.claims = {os("5.1")}; c.dev = true; }, "error dev-missing/builders -dev>-"},
        RoleCase{"DevMissingAndPackagesUnknown", [](Case& c) { c.claims = {os("5.1")}; c.dev = true; c.facts.packages_complete = false; }, "warning unproven/builders -dev>-"},
        RoleCase{"DevMissingAndUnreadable", [](Case& c) { c.claims = {os("5.1")}; c.dev = true; c.facts.problems = {{"db", "cut off"}}; },
                 "warning unproven/builders -dev>-; warning unproven/ ->-"},
        RoleCase{"DevMayBeThere", [](Case& c) { c.claims = {os("5.1")}; c.dev = true; c.facts.could_hold["builders"] = {at("usr/bin/make")}; }, "warning unproven/builders -dev>-"},
        RoleCase{"DevUndeclared", [](Case& c) { c.claims = {os("5.1")}; c.dev = false; c.facts.observations.push_back(seen("builders", ComponentKind::tool, "")); },
                 "info dev-undeclared/builders ->-"},
        RoleCase{"NoDevAnywhere", [](Case& c) { c.claims = {os("5.1")}; c.dev = false; }, ""},
        RoleCase{"TagsSayNothingOfDev", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations.push_back(seen("builders", ComponentKind::tool, "")); }, ""}),
    [](const testing::TestParamInfo<RoleCase>& each) { return std::string(each.param.name); });

void foreign_code(Case& c, std::size_t count, std::size_t judged) { c.claims = {os("5.1")}; c.facts.foreign_code = {{"amd64", count, judged, {at("bin/sh")}}}; }
Fact cpu(const char* value, const char* path) { return {"redkit", "architecture", value, at(path)}; }

INSTANTIATE_TEST_SUITE_P(
    Architecture, Roles,
    testing::Values(
        RoleCase{"AllProgramsOfAnotherCpu", [](Case& c) { foreign_code(c, 10, 10); }, "error arch-mismatch/ linux/arm64>amd64"},
        RoleCase{"TheOtherProgramMayBeTheOneThatIsStarted", [](Case& c) { foreign_code(c, 12, 13); }, ""},
        RoleCase{"HalfOfThePrograms", [](Case& c) { foreign_code(c, 5, 10); }, ""},
        RoleCase{"PackagesAndProgramsAreOneFinding", [](Case& c) { foreign_code(c, 10, 10); c.facts.foreign_packages = {{"amd64", 24, 25, {at("db")}}}; },
                 "error arch-mismatch/ linux/arm64>amd64"},
        RoleCase{"SdkOfAnotherCpu", [](Case& c) { c.claims = {os("5.1")}; c.facts.facts = {cpu("amd64", "opt/a")}; }, "error arch-mismatch/redkit linux/arm64>amd64"},
        RoleCase{"OneInstallationFits", [](Case& c) { c.claims = {os("5.1")}; c.facts.facts = {cpu("amd64", "opt/a"), cpu("arm64", "opt/b")}; }, ""}),
    [](const testing::TestParamInfo<RoleCase>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Unproven, Roles,
    testing::Values(
        RoleCase{"InfoWhereTheRuleSaysSo", [](Case& c) { c.claims = {claim("quill", ComponentKind::tool, "1.0")}; c.facts.could_hold["quill"] = {at("opt/quill/x")}; },
                 "info unproven/quill 1.0>-"},
        RoleCase{"InfoWhereOnlySettingsNameIt", [](Case& c) { c.claims = {claim("quill", ComponentKind::tool, "1.0")};
                 c.facts.observations.push_back(seen("quill", ComponentKind::tool, "1.0", false)); }, "info unproven/quill 1.0>-"},
        RoleCase{"InfoWhereTheVersionIsVague", [](Case& c) { c.claims = {claim("quill", ComponentKind::tool, "1.0.1")}; c.facts.observations.push_back(seen("quill", ComponentKind::tool, "1.0")); },
                 "info unproven/quill 1.0.1>-"},
        RoleCase{"AnotherVersionIsAnErrorStill", [](Case& c) { c.claims = {claim("quill", ComponentKind::tool, "1.0")}; c.facts.observations.push_back(seen("quill", ComponentKind::tool, "2.0")); },
                 "error tool-mismatch/quill 1.0>2.0"},
        RoleCase{"AbsenceIsAnErrorStill", [](Case& c) { c.claims = {claim("quill", ComponentKind::tool, "1.0")}; }, "error tool-missing/quill 1.0>-"}),
    [](const testing::TestParamInfo<RoleCase>& each) { return std::string(each.param.name); });

void has_ember(Case& c) {
    has_red(c);
    c.claims = {claim("ember", ComponentKind::framework, "1.0"), red("2.0")};
    c.facts.observations.push_back(seen("ember", ComponentKind::framework, "1.0"));
}

// A fact that is a path needs no file to be read: without the path it is not so.
INSTANTIATE_TEST_SUITE_P(
    FactsOfPaths, Roles,
    testing::Values(
        RoleCase{"PathIsThere", [](Case& c) { has_ember(c); c.facts.facts = {{"ember", "red", "", at("lib/libember_red.so")}}; }, ""},
        RoleCase{"PathIsNotThere", has_ember, "error framework-backend/ember 1.0>-"},
        RoleCase{"PathMayBeUnreadable", [](Case& c) { has_ember(c); c.facts.problems = {{"layer", "cut off"}}; }, "warning unproven/ ->-"}),
    [](const testing::TestParamInfo<RoleCase>& each) { return std::string(each.param.name); });

TEST(Development, MissingToolsTakeTheMarkFromTheRightTag) {
    Case input = clean();
    input.claims = {os("5.1")};
    input.dev = true;
    const Judgement judgement = judge(test::test_rules(), input);
    EXPECT_TRUE(judgement.truth);
    EXPECT_EQ(judgement.dev, false);
    EXPECT_EQ(judgement.findings.at(0).message, "The tag says -dev; there is no compiler in the image, and no package brings headers.");
}

TEST(Development, UndeclaredToolsAddNoMark) {
    Case input = clean();
    input.claims = {os("5.1")};
    input.dev = false;
    input.facts.observations.push_back(seen("builders", ComponentKind::tool, ""));
    const Judgement judgement = judge(test::test_rules(), input);
    EXPECT_EQ(judgement.dev, std::nullopt);
    EXPECT_EQ(judgement.findings.at(0).evidence, std::vector<Evidence>{at("proof/of/builders")});
}

TEST(Architecture, PackagesAndProgramsAreShownTogether) {
    Case input = clean();
    foreign_code(input, 10, 10);
    input.facts.foreign_packages = {{"amd64", 24, 25, {at("db")}}};
    const Judgement judgement = judge(test::test_rules(), input);
    ASSERT_EQ(judgement.findings.size(), 1U);
    EXPECT_EQ(judgement.findings[0].evidence, (std::vector<Evidence>{at("db"), at("bin/sh")}));
}

TEST(Floating, TellsWhenItStoodForWhatIsThere) {
    Case input = clean();
    input.claims = {os("5.3")};
    input.claims[0].floating = true;
    input.claims[0].text = "latest";
    input.claims[0].stood_for = {{"2025-01-01", "5.1"}, {"2025-06-30", "5.2"}, {"2026-04-10", "5.3"}};
    const Judgement judgement = judge(test::test_rules(), input);
    EXPECT_EQ(text_of(judgement), "warning alias-stale/puffin 5.3>5.1");
    EXPECT_EQ(judgement.findings.at(0).message, "The floating tag stands for Puffin Linux 5.3; the image is 5.1, which it stood for from 2025-01-01 to 2025-06-30.");
}

TEST(Floating, SaysNothingOfDaysThatAreNotKnown) {
    Case input = clean();
    input.claims = {os("5.3")};
    input.claims[0].floating = true;
    input.claims[0].text = "latest";
    input.claims[0].stood_for = {{"2025-06-30", "5.2"}, {"2026-04-10", "5.3"}};
    EXPECT_EQ(judge(test::test_rules(), input).findings.at(0).message, "The floating tag stands for Puffin Linux 5.3; the image is 5.1.");
}

}  // namespace
}  // namespace veritag::judge
