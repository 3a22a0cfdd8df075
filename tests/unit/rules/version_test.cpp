#include "packs.h"

#include <gtest/gtest.h>

namespace veritag::rules {
namespace {

struct CompareCase {
    const char* name;
    const char* claimed;
    const char* observed;
    Match match;
};

class Prefix : public testing::TestWithParam<CompareCase> {};
TEST_P(Prefix, Compares) {
    const RuleSet rules = test::with_component("compare: prefix\n");
    EXPECT_EQ(rules.find("x")->compare_versions(GetParam().claimed, GetParam().observed), GetParam().match);
}
INSTANTIATE_TEST_SUITE_P(Versions, Prefix,
                         testing::Values(CompareCase{"Equal", "3.10.17", "3.10.17", Match::holds},
                                         CompareCase{"Shorter", "3.10", "3.10.17", Match::holds},
                                         CompareCase{"HalfAPart", "3.1", "3.10.17", Match::differs},
                                         CompareCase{"FourParts", "10.16", "10.16.0.72", Match::holds},
                                         CompareCase{"Release", "12.2", "12.2.2", Match::holds},
                                         CompareCase{"OtherPatch", "12.2.0", "12.2.2", Match::differs},
                                         CompareCase{"ObservedIsLessPrecise", "12.6.3", "12.6", Match::unclear},
                                         CompareCase{"LessPreciseAndOther", "12.6.3", "12.5", Match::differs},
                                         CompareCase{"OtherSeparators", "6.4.0", "6.4.0-47", Match::holds},
                                         CompareCase{"NothingClaimedOfSomething", "5", "", Match::differs}),
                         [](const testing::TestParamInfo<CompareCase>& each) { return std::string(each.param.name); });

class Pep440 : public testing::TestWithParam<CompareCase> {};
TEST_P(Pep440, Compares) {
    const RuleSet rules = test::with_component("compare: pep440\n");
    EXPECT_EQ(rules.find("x")->compare_versions(GetParam().claimed, GetParam().observed), GetParam().match);
}
INSTANTIATE_TEST_SUITE_P(
    Versions, Pep440,
    testing::Values(
        CompareCase{"Equal", "2.1.0", "2.1.0", Match::holds}, CompareCase{"ReleasePrefix", "2.1", "2.1.2", Match::holds},
        CompareCase{"NotHalfAPart", "2.1", "2.10.0", Match::differs}, CompareCase{"ZerosAtTheEnd", "2.1.0", "2.1", Match::holds},
        CompareCase{"MissingIsZero", "2.1.3", "2.1", Match::differs}, CompareCase{"LeadingZeros", "2.01.0", "2.1.0", Match::holds},
        CompareCase{"LeadingV", "v0.9.0", "0.9.0", Match::holds}, CompareCase{"LocalUnclaimed", "2.1.0", "2.1.0+cpu", Match::holds},
        CompareCase{"LocalClaimed", "2.1.0+cu121", "2.1.0+cpu", Match::differs},
        CompareCase{"LocalClaimedAndThere", "2.1.0+cu121", "2.1.0+cu121", Match::holds},
        CompareCase{"LocalClaimedAndMissing", "2.1.0+cpu", "2.1.0", Match::differs},
        CompareCase{"LocalLonger", "2.1.0+das1.0", "2.1.0+das1.0.git00661e0", Match::holds},
        CompareCase{"LocalSeparators", "2.1.0+das-1-0", "2.1.0+das.1.0", Match::holds},
        CompareCase{"PostHolds", "2.1.0", "2.1.0.post3", Match::holds}, CompareCase{"PostClaimed", "2.1.0.post3", "2.1.0", Match::differs},
        CompareCase{"PostOther", "2.1.0.post3", "2.1.0.post4", Match::differs},
        CompareCase{"PostSpelling", "2.1.0-3", "2.1.0.post3", Match::holds},
        CompareCase{"PostRev", "2.1.0.rev3", "2.1.0post3", Match::holds},
        CompareCase{"DevIsNotTheRelease", "2.5.1", "2.5.1.dev20250320", Match::differs},
        CompareCase{"DevOfPostIsNotTheRelease", "2.5.1", "2.5.1.post1.dev20250528", Match::differs},
        CompareCase{"DevClaimed", "2.5.1.dev20250320", "2.5.1.dev20250320", Match::holds},
        CompareCase{"DevIsNotOfAPrefix", "2.5", "2.5.1.dev1", Match::differs},
        CompareCase{"AlphaIsNotTheRelease", "2.1.0", "2.1.0a1", Match::differs},
        CompareCase{"CheckoutMayBeTheRelease", "2.1.0", "2.1.0a0+git5913437", Match::unclear},
        CompareCase{"CheckoutOfAnotherRelease", "2.1.0", "2.2.0a0+git5913437", Match::differs},
        CompareCase{"CheckoutAfterTheRelease", "0.10.0", "0.10.1.dev395+g340ea86df.rocm641", Match::unclear},
        CompareCase{"CheckoutBeforeTheNextMinor", "0.10.2", "0.11.0rc2.dev160+g790d22168.rocm700", Match::unclear},
        CompareCase{"CheckoutWithoutTags", "0.6.3", "0.1.dev1+g3f9c2b1.cpu", Match::unclear},
        CompareCase{"CheckoutFarFromTheRelease", "0.8.3", "0.11.1.dev2+g340ea86df", Match::differs},
        CompareCase{"CheckoutOfAnotherMajor", "1.0.0", "2.0.1.dev2+g340ea86df", Match::differs},
        CompareCase{"NightlyIsNoCheckout", "2.5.1", "2.5.1.dev20250320", Match::differs},
        CompareCase{"NightlyWithLocalIsNoCheckout", "2.6.0", "2.6.0.dev20241112+cpu", Match::differs},
        CompareCase{"BuiltByItsUser", "2.20", "2.20.0.dev0+selfbuilt", Match::unclear},
        CompareCase{"BuiltByItsUserOfAnother", "2.19", "2.20.0.dev0+selfbuilt", Match::differs},
        CompareCase{"CheckoutIsNoCandidate", "2.1.0rc1", "2.1.0a0+git5913437", Match::differs},
        CompareCase{"BetaIsNotTheRelease", "2.1.0", "2.1.0b2", Match::differs},
        CompareCase{"RcIsNotTheRelease", "2.3.0", "2.3.0rc1", Match::differs},
        CompareCase{"ReleaseIsNotTheRc", "2.3.0rc1", "2.3.0", Match::differs}, CompareCase{"RcSame", "2.3.0rc1", "2.3.0rc1", Match::holds},
        CompareCase{"RcDotted", "2.3.0rc1", "2.3.0.rc1", Match::holds}, CompareCase{"RcHyphened", "2.3.0rc1", "2.3.0-rc1", Match::holds},
        CompareCase{"RcUpperCase", "2.3.0RC1", "2.3.0rc1", Match::holds}, CompareCase{"RcAsC", "2.3.0c1", "2.3.0rc1", Match::holds},
        CompareCase{"RcAsPreview", "2.3.0preview1", "2.3.0rc1", Match::holds},
        CompareCase{"RcOther", "2.3.0rc1", "2.3.0rc10", Match::differs},
        CompareCase{"RcShorterRelease", "2.3rc1", "2.3.0rc1", Match::holds},
        CompareCase{"RcOfAnotherPatch", "2.3rc1", "2.3.1rc1", Match::differs},
        CompareCase{"AlphaWord", "2.1.0.alpha1", "2.1.0a1", Match::holds}, CompareCase{"AlphaDotted", "2.1.0.a1", "2.1.0a1", Match::holds},
        CompareCase{"AlphaOther", "2.1.0.a1", "2.1.0a0+git5913437", Match::differs},
        CompareCase{"AlphaWithoutNumber", "2.1.0a", "2.1.0a0", Match::holds}, CompareCase{"Epoch", "2.1.0", "1!2.1.0", Match::differs},
        CompareCase{"EpochSame", "1!2.1", "1!2.1.0", Match::holds},
        CompareCase{"HugeNumbers", "1.99999999999999999999999", "1.99999999999999999999999.1", Match::holds},
        CompareCase{"HugeNumbersDiffer", "1.99999999999999999999999", "1.99999999999999999999998", Match::differs},
        CompareCase{"NoVersionsAreComparedAsText", "main", "main", Match::holds},
        CompareCase{"NoVersionOther", "main", "main2", Match::differs}, CompareCase{"BrokenTail", "2.1.0+", "2.1.0", Match::differs},
        CompareCase{"Wildcard", "2.1.*", "2.1.0", Match::differs}),
    [](const testing::TestParamInfo<CompareCase>& each) { return std::string(each.param.name); });

TEST(Exact, TakesNoPrefixButWhereTheClaimIsLoose) {
    const RuleSet rules = test::with_component("compare: exact\nloose: '\\d\\d\\.\\d\\d'\n");
    const Component& x = *rules.find("x");
    EXPECT_EQ(x.compare_versions("22.03-LTS", "22.03-LTS"), Match::holds);
    EXPECT_EQ(x.compare_versions("22.03-LTS", "22.03-LTS-SP4"), Match::differs);
    EXPECT_EQ(x.compare_versions("22.03", "22.03-LTS-SP4"), Match::holds);
    EXPECT_EQ(x.compare_versions("22.03", "24.03-LTS"), Match::differs);
}

struct StepCase {
    const char* name;
    const char* steps;
    const char* version;
    const char* canonical;
};

class Normalise : public testing::TestWithParam<StepCase> {};
TEST_P(Normalise, AppliesItsSteps) {
    const RuleSet rules = test::with_component(std::string("normalise: ") + GetParam().steps + "\n");
    EXPECT_EQ(rules.find("x")->canonical(GetParam().version), GetParam().canonical);
}
INSTANTIATE_TEST_SUITE_P(
    Steps, Normalise,
    testing::Values(StepCase{"None", "[]", "8.0.RC1", "8.0.RC1"}, StepCase{"LowerCase", "[lower-case]", "8.0.RC1", "8.0.rc1"},
                    StepCase{"UpperCase", "[upper-case]", "8.0.rc1", "8.0.RC1"}, StepCase{"StripV", "[strip-v]", "v0.9.0", "0.9.0"},
                    StepCase{"StripVOfVersionsOnly", "[strip-v]", "velinux1", "velinux1"}, StepCase{"StripVAlone", "[strip-v]", "v", "v"},
                    StepCase{"Epoch", "[drop-epoch]", "1:2.1.0", "2.1.0"}, StepCase{"EpochIsANumber", "[drop-epoch]", "a:2", "a:2"},
                    StepCase{"Release", "[drop-release]", "2.1.0-3.oe2403sp1", "2.1.0"},
                    StepCase{"ReleaseIsTheLast", "[drop-release]", "2.1-rc1-3", "2.1-rc1"},
                    StepCase{"NoRelease", "[drop-release]", "2.1.0", "2.1.0"},
                    StepCase{"Local", "[drop-local]", "2.19.3+cuda12.2", "2.19.3"},
                    StepCase{"DebVersion", "[drop-epoch, drop-release, drop-local]", "2:2.19.3-1+cuda12.2", "2.19.3"},
                    StepCase{"RpmVersion", "[drop-epoch, drop-release]", "1:2.1.0-3.oe2403", "2.1.0"},
                    StepCase{"Replace", "[{replace: '\\.beta\\d+$', with: ''}]", "8.0.RC3.beta1", "8.0.RC3"},
                    StepCase{"ReplaceAllWithGroup", "[{replace: '\\.0(\\d)', with: '.\\1'}]", "6.04.00", "6.4.0"},
                    StepCase{"InOrder", "[lower-case, {replace: rc, with: RC}]", "8.0.Rc1", "8.0.RC1"}),
    [](const testing::TestParamInfo<StepCase>& each) { return std::string(each.param.name); });

TEST(Parts, AreReadByNameAndSpelling) {
    const RuleSet rules = test::with_component(
        "names: [Tool, tool_]\nnormalise: [lower-case, strip-v]\nspellings:\n  - {part: 'tl(\\d)(\\d)', version: '\\1.\\2'}\n  - {part: "
        "'TL-(\\d)', version: '\\1', proper: false}\n");
    const Component& x = *rules.find("x");
    const auto version = [&](const char* part) { return x.read_part(part) ? x.read_part(part)->version : std::string("nothing"); };
    EXPECT_EQ(version("tool8.0.RC1"), "8.0.rc1");
    EXPECT_EQ(version("TOOLv2"), "2");
    EXPECT_EQ(version("tool_2.0.1"), "2.0.1");
    EXPECT_EQ(version("tl85"), "8.5");
    EXPECT_EQ(version("tl8"), "nothing") << "a spelling matches the whole part";
    EXPECT_EQ(version("tool"), "nothing");
    EXPECT_EQ(version("toolv"), "nothing");
    EXPECT_EQ(version("toolbox2"), "nothing");
    EXPECT_EQ(version("tool2/3"), "nothing") << "not a character of versions";
    EXPECT_EQ(version(""), "nothing");
    EXPECT_TRUE(x.read_part("tOOl2")->proper);
    EXPECT_FALSE(x.read_part("TL-8")->proper);
}

TEST(Parts, OfModelsHaveNoVersion) {
    const RuleSet rules = test::with_component("versioned: false\nnames: [bird_7b, bird-7b]\n");
    const Component& x = *rules.find("x");
    ASSERT_TRUE(x.read_part("Bird-7B"));
    EXPECT_EQ(x.read_part("Bird-7B")->version, "");
    EXPECT_FALSE(x.read_part("bird_7b2"));
    EXPECT_EQ(x.write_part(""), "bird_7b");
}

TEST(Parts, AreWrittenByTheFirstWritingThatFits) {
    const RuleSet rules = test::with_component("names: [tool]\nwritings: [{version: '(\\d\\d)\\.(\\d\\d)-LTS', part: 'tl\\1\\2lts'}]\n");
    const Component& x = *rules.find("x");
    EXPECT_EQ(x.write_part("22.03-LTS"), "tl2203lts");
    EXPECT_EQ(x.write_part("22.03-LTS-SP1"), "tool22.03-LTS-SP1");
    EXPECT_EQ(test::with_component("").find("x")->write_part("1.2"), "x1.2");
}

}  // namespace
}  // namespace veritag::rules
