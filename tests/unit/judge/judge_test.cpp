#include "cases.h"

#include <gtest/gtest.h>

namespace veritag::judge {
namespace {

struct JudgeCase {
    const char* name;
    void (*arrange)(Case&);
    const char* findings;
    Verdict verdict;
};

class JudgeTable : public testing::TestWithParam<JudgeCase> {};

TEST_P(JudgeTable, Finds) {
    const rules::RuleSet rules = test::test_rules();
    Case input = clean();
    GetParam().arrange(input);
    const Judgement judgement = judge(rules, input);
    EXPECT_EQ(text_of(judgement), GetParam().findings);
    EXPECT_EQ(verdict_of(judgement.findings), GetParam().verdict);
    for (const Finding& f : judgement.findings) {
        const bool accuses = f.severity == Severity::error && f.code.ends_with("-mismatch") && !f.component.empty();
        EXPECT_FALSE(accuses && f.evidence.empty()) << f.code << " without evidence";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, JudgeTable,
    testing::Values(
        JudgeCase{"Truthful", [](Case& c) { c.claims = {red("2.0"), os("5.1")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0")); }, "", Verdict::pass},
        JudgeCase{"OtherRelease", [](Case& c) { c.claims = {os("5.2")}; }, "error os-mismatch/puffin 5.2>5.1", Verdict::fail},
        JudgeCase{"OtherSystem", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations = {seen("heron", ComponentKind::os, "3")}; },
                  "error os-mismatch/puffin 5.1>Heron 3", Verdict::fail},
        JudgeCase{"NoSystemButPackages", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations.clear(); }, "error os-missing/puffin 5.1>-", Verdict::fail},
        JudgeCase{"NoTraceOfASystem", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations.clear(); c.facts.packages_complete = false; },
                  "warning unproven/puffin 5.1>-", Verdict::unknown},
        JudgeCase{"SystemContradictsItself", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations.push_back(seen("puffin", ComponentKind::os, "5.0")); },
                  "warning unproven/puffin 5.1>-", Verdict::unknown},
        JudgeCase{"WeakerEvidenceMeetsTheClaim", [](Case& c) { c.claims = {os("5.0")}; c.facts.observations.push_back(seen("puffin", ComponentKind::os, "5.0")); },
                  "warning unproven/puffin 5.0>-", Verdict::unknown},
        JudgeCase{"StrongestEvidenceOfTheSystemDecides", [](Case& c) { c.claims = {os("4.9")}; c.facts.observations.push_back(seen("puffin", ComponentKind::os, "5.0")); },
                  "error os-mismatch/puffin 4.9>5.1", Verdict::fail},
        JudgeCase{"SdkMissing", [](Case& c) { c.claims = {red("2.0"), os("5.1")}; }, "error sdk-missing/redkit 2.0>-", Verdict::fail},
        JudgeCase{"SdkMayBeThere", [](Case& c) { c.claims = {red("2.0")}; c.facts.could_hold["redkit"] = {at("opt/redkit/x")}; }, "warning unproven/redkit 2.0>-", Verdict::unknown},
        JudgeCase{"SdkOnlyNamedByTheEnvironment", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0", false)); },
                  "warning unproven/redkit 2.0>-", Verdict::unknown},
        JudgeCase{"SdkMissingButSomethingUnreadable", [](Case& c) { c.claims = {red("2.0")}; c.facts.problems = {{"var/lib/db", "cut off"}}; },
                  "warning unproven/redkit 2.0>-; warning unproven/ ->-", Verdict::unknown},
        JudgeCase{"SdkOfAnotherVersion", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.1")); },
                  "error sdk-mismatch/redkit 2.0>2.1", Verdict::fail},
        JudgeCase{"OneOfTwoVersionsHolds", [](Case& c) { c.claims = {red("2.0")};
                  c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.1")); c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0")); }, "", Verdict::pass},
        JudgeCase{"PresentWithoutVersion", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "")); },
                  "warning unproven/redkit 2.0>-", Verdict::unknown},
        JudgeCase{"PrefixHolds", [](Case& c) { c.claims = {blue("12.2")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2.140")); }, "", Verdict::pass},
        JudgeCase{"PrefixOfAPartDoesNotHold", [](Case& c) { c.claims = {blue("12.2")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.20.1")); },
                  "error sdk-mismatch/bluekit 12.2>12.20.1", Verdict::fail},
        JudgeCase{"ForeignSdk", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2.140")); }, "error sdk-foreign/bluekit ->12.2.140", Verdict::fail},
        JudgeCase{"ForeignSdkWithoutClaimedSdk", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2.140")); }, "", Verdict::pass},
        JudgeCase{"ForeignSdkOnlyInTheEnvironment", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2", false)); }, "", Verdict::pass},
        JudgeCase{"PluginMissing", [](Case& c) { c.claims = {flame("2.1.0"), red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0+cpu")); }, "error framework-backend/flame 2.1.0>-", Verdict::fail},
        JudgeCase{"PluginThere", [](Case& c) { c.claims = {flame("2.1.0"), red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0")); c.facts.observations.push_back(seen("flame_red", ComponentKind::tool, "2.1.0")); }, "", Verdict::pass},
        JudgeCase{"PluginMayBeThere", [](Case& c) { c.claims = {flame("2.1.0"), red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0")); c.facts.could_hold["flame_red"] = {at("x/flame_red/a.so")}; },
                  "warning unproven/flame 2.1.0>-", Verdict::unknown},
        JudgeCase{"BuiltForAnotherSdk", [](Case& c) { c.claims = {flame("2.1.0"), red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0")); c.facts.facts = {{"flame", "blue", "12.1", at("proof/of/flame")}}; },
                  "error framework-backend/flame 2.1.0>blue 12.1", Verdict::fail},
        JudgeCase{"BuiltWithoutTheSdk", [](Case& c) { c.claims = {flame("2.1.0"), blue("12.2")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2.140"));
                  c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0")); c.facts.facts_read = {"flame"}; },
                  "error framework-backend/flame 2.1.0>-", Verdict::fail},
        JudgeCase{"BuiltForAnotherFirstNumber", [](Case& c) { c.claims = {claim("reed", ComponentKind::framework, "1.0"), blue("11.8")};
                  c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "11.8.0")); c.facts.observations.push_back(seen("reed", ComponentKind::framework, "1.0"));
                  c.facts.facts = {{"reed", "bluekit", "12.1", at("a/reed")}}; c.facts.facts_read = {"reed"}; }, "error framework-backend/reed 1.0>bluekit 12.1", Verdict::fail},
        JudgeCase{"BuiltForALowerVersion", [](Case& c) { c.claims = {claim("reed", ComponentKind::framework, "1.0"), blue("11.8")};
                  c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "11.8.0")); c.facts.observations.push_back(seen("reed", ComponentKind::framework, "1.0"));
                  c.facts.facts = {{"reed", "bluekit", "11.7", at("a/reed")}}; c.facts.facts_read = {"reed"}; }, "", Verdict::pass},
        JudgeCase{"OneOfTwoIsBuiltForIt", [](Case& c) { c.claims = {claim("reed", ComponentKind::framework, "1.0"), blue("11.8")};
                  c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "11.8.0")); c.facts.observations.push_back(seen("reed", ComponentKind::framework, "1.0"));
                  c.facts.facts = {{"reed", "bluekit", "12.1", at("a/reed")}, {"reed", "bluekit", "11.8", at("b/reed")}}; c.facts.facts_read = {"reed"}; }, "", Verdict::pass},
        JudgeCase{"MoreInAnotherPlace", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.1"));
                  c.facts.observations.back().evidence = {at("opt/redkit/2.1/version.txt")}; c.facts.could_hold["redkit"] = {at("opt/redkit/lib/x"), at("srv/red/lib/libred.so")}; },
                  "warning unproven/redkit 2.0>-", Verdict::unknown},
        JudgeCase{"PackagesAloneTellOfAllPlaces", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.1"));
                  c.facts.observations.back().evidence = {{.source = EvidenceSource::package, .path = "var/lib/rpm/Packages.db", .layer = 0, .diff_id = "sha256:x", .detail = "redkit 2.1-1"}};
                  c.facts.could_hold["redkit"] = {at("opt/redkit/lib/x")}; }, "error sdk-mismatch/redkit 2.0>2.1", Verdict::fail},
        JudgeCase{"MoreInTheSamePlace", [](Case& c) { c.claims = {red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.1"));
                  c.facts.observations.back().evidence = {at("opt/redkit/2.1/version.txt")}; c.facts.could_hold["redkit"] = {at("opt/redkit/lib/x"), at("usr/lib/python3.9/site-packages/x/libred.so")}; },
                  "error sdk-mismatch/redkit 2.0>2.1", Verdict::fail},
        JudgeCase{"GuessedDigitsOfSeveralNumbers", [](Case& c) { c.claims = {os("51")}; c.claims[0].guessed = true; }, "", Verdict::pass},
        JudgeCase{"GuessedDigitsOfOthers", [](Case& c) { c.claims = {os("52")}; c.claims[0].guessed = true; }, "warning unproven/puffin 52>-", Verdict::unknown},
        JudgeCase{"GuessedReleaseIsAnother", [](Case& c) { c.claims = {os("5.2")}; c.claims[0].guessed = true; }, "error os-mismatch/puffin 5.2>5.1", Verdict::fail},
        JudgeCase{"GuessedSystemIsNotThere", [](Case& c) { c.claims = {os("5.1")}; c.claims[0].guessed = true; c.facts.observations.clear(); }, "warning unproven/puffin 5.1>-", Verdict::unknown},
        JudgeCase{"BackendNotReadable", [](Case& c) { c.claims = {flame("2.1.0"), blue("12.2")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2.140"));
                  c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0")); }, "", Verdict::pass},
        JudgeCase{"OtherModel", [](Case& c) { c.claims = {claim("bird7b", ComponentKind::llm, "")}; c.facts.observations.push_back(seen("fish7b", ComponentKind::llm, "")); },
                  "error llm-mismatch/bird7b bird7b>Fish 7B", Verdict::fail},
        JudgeCase{"ModelIsOnlyPointers", [](Case& c) { c.claims = {claim("bird7b", ComponentKind::llm, "")}; c.facts.placeholders["bird7b"] = {at("m/a.weights")}; },
                  "error llm-missing/bird7b bird7b>-", Verdict::fail},
        JudgeCase{"OtherModelBesidePointers", [](Case& c) { c.claims = {claim("bird7b", ComponentKind::llm, "")}; c.facts.placeholders["bird7b"] = {at("m/a.weights")};
                  c.facts.observations.push_back(seen("fish7b", ComponentKind::llm, "")); }, "error llm-missing/bird7b bird7b>-", Verdict::fail},
        JudgeCase{"ServerIsNotAnotherModel", [](Case& c) { c.claims = {claim("bird7b", ComponentKind::llm, "")}; c.facts.observations.push_back(seen("birdserver", ComponentKind::llm, "")); },
                  "error llm-missing/bird7b bird7b>-", Verdict::fail},
        JudgeCase{"OnlyTheFrontOfTheVersionIsKnown", [](Case& c) { c.claims = {blue("12.6.3")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.6")); },
                  "warning unproven/bluekit 12.6.3>-", Verdict::unknown},
        JudgeCase{"LessPreciseEvidenceHidesNoLie", [](Case& c) { c.claims = {blue("12.6.3")}; c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.6.2"));
                  c.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.6")); }, "error sdk-mismatch/bluekit 12.6.3>12.6.2", Verdict::fail},
        JudgeCase{"TwoSystemsAtOnce", [](Case& c) { c.claims = {os("5.1")}; c.facts.observations.push_back(seen("heron", ComponentKind::os, "3")); },
                  "warning unproven/puffin 5.1>-", Verdict::unknown},
        JudgeCase{"FloatingTagOfAnotherRelease", [](Case& c) { c.claims = {os("5.2")}; c.claims[0].floating = true; c.claims[0].text = "latest"; },
                  "warning alias-stale/puffin 5.2>5.1", Verdict::warn},
        JudgeCase{"FloatingTagThatNamesAnotherRelease", [](Case& c) { c.claims = {os("6.2")}; c.claims[0].floating = true; c.claims[0].text = "6"; },
                  "error os-mismatch/puffin 6.2>5.1", Verdict::fail},
        JudgeCase{"NothingIsClaimed", [](Case&) {}, "warning unproven/ ->-", Verdict::unknown},
        JudgeCase{"UnreadableTagSaysSoItself", [](Case& c) { c.readable = false; }, "", Verdict::pass},
        JudgeCase{"SecondInstallationForAnotherSdk", [](Case& c) { c.claims = {flame("2.1.0"), red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("flame_red", ComponentKind::tool, "2.1.0")); c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0"));
                  c.facts.observations.back().evidence = {at("a/site-packages/flame/version.py")}; c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.0.1+blue118"));
                  c.facts.observations.back().evidence = {at("b/site-packages/flame/version.py")}; c.facts.facts = {{"flame", "blue", "11.8", at("b/site-packages/flame/version.py")}}; }, "", Verdict::pass},
        JudgeCase{"WheelNamesItsBuildOnlyInItsFile", [](Case& c) { c.claims = {flame("2.1.0"), red("2.0")}; c.facts.observations.push_back(seen("redkit", ComponentKind::sdk, "2.0"));
                  c.facts.observations.push_back(seen("flame_red", ComponentKind::tool, "2.1.0")); c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0"));
                  c.facts.observations.back().evidence = {at("a/site-packages/flame-2.1.0.dist-info/METADATA")}; c.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0+blue121"));
                  c.facts.observations.back().evidence = {at("a/site-packages/flame/version.py")}; c.facts.facts = {{"flame", "blue", "12.1", at("a/site-packages/flame/version.py")}}; },
                  "error framework-backend/flame 2.1.0>blue 12.1", Verdict::fail},
        JudgeCase{"NoModel", [](Case& c) { c.claims = {claim("bird7b", ComponentKind::llm, "")}; }, "error llm-missing/bird7b bird7b>-", Verdict::fail},
        JudgeCase{"ApplicationIsNotJudged", [](Case& c) { c.claims = {claim("redis", ComponentKind::app, "7.4.1"), os("5.1")}; }, "info unproven/redis 7.4.1>-", Verdict::pass},
        JudgeCase{"MostPackagesOfAnotherCpu", [](Case& c) { c.claims = {os("5.1")}; c.facts.foreign_packages = {{"amd64", 24, 25, {at("db")}}}; }, "error arch-mismatch/ linux/arm64>amd64", Verdict::fail},
        JudgeCase{"PackagesOfTwoCpus", [](Case& c) { c.claims = {os("5.1")}; c.facts.foreign_packages = {{"amd64", 14, 25, {at("db")}}}; }, "", Verdict::pass},
        JudgeCase{"FewPackagesOfAnotherCpu", [](Case& c) { c.claims = {os("5.1")}; c.facts.foreign_packages = {{"amd64", 3, 25, {at("db")}}}; }, "", Verdict::pass},
        JudgeCase{"ConfigOfAnotherCpu", [](Case& c) { c.claims = {os("5.1")}; c.config_platform = "linux/amd64"; }, "error arch-mismatch/ linux/arm64>linux/amd64", Verdict::fail},
        JudgeCase{"ForgedLayer", [](Case& c) { c.claims = {os("5.1")}; c.layers = c.diff_ids = 2; c.forged = {{1, "sha256:a", "sha256:b"}}; }, "error parent-forged/ sha256:a>sha256:b", Verdict::fail},
        JudgeCase{"WrongNumberOfDiffIds", [](Case& c) { c.claims = {os("5.1")}; c.layers = 3; c.diff_ids = 2; }, "error parent-forged/ 2>3", Verdict::fail},
        JudgeCase{"ProblemKeepsFromPassing", [](Case& c) { c.claims = {os("5.1")}; c.facts.problems = {{"var/lib/db", "cut off"}}; }, "warning unproven/ ->-", Verdict::unknown}),
    [](const testing::TestParamInfo<JudgeCase>& each) { return each.param.name; });

using Truth = std::map<std::string, std::optional<std::string>>;

TEST(JudgeTruth, IsAsPreciseAsTheClaim) {
    const rules::RuleSet rules = test::test_rules();
    Case input = clean();
    input.claims = {blue("11.8"), os("5.2")};
    input.facts.observations.push_back(seen("bluekit", ComponentKind::sdk, "12.2.140"));
    const Judgement judgement = judge(rules, input);
    ASSERT_TRUE(judgement.truth);
    EXPECT_EQ(*judgement.truth, (Truth{{"bluekit", "12.2"}, {"puffin", "5.1"}}));
}

TEST(JudgeTruth, LocalVersionIsLeftOutWhereTheClaimHasNone) {
    const rules::RuleSet rules = test::test_rules();
    Case input = clean();
    input.claims = {flame("2.0.0")};
    input.facts.observations.push_back(seen("flame", ComponentKind::framework, "2.1.0+cpu"));
    const Judgement judgement = judge(rules, input);
    ASSERT_TRUE(judgement.truth);
    EXPECT_EQ(judgement.truth->at("flame"), "2.1.0");
}

TEST(JudgeTruth, MissingPartGoes) {
    const rules::RuleSet rules = test::test_rules();
    Case input = clean();
    input.claims = {flame("2.0.0"), os("5.1")};
    const Judgement judgement = judge(rules, input);
    ASSERT_TRUE(judgement.truth);
    EXPECT_EQ(*judgement.truth, (Truth{{"flame", std::nullopt}, {"puffin", "5.1"}}));
}

TEST(JudgeTruth, IsNotGivenWhereSomethingIsUnproven) {
    const rules::RuleSet rules = test::test_rules();
    Case input = clean();
    input.claims = {red("2.0"), os("5.2")};
    input.facts.could_hold["redkit"] = {at("opt/redkit/x")};
    EXPECT_FALSE(judge(rules, input).truth);
}

}  // namespace
}  // namespace veritag::judge
