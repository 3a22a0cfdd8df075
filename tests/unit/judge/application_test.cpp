#include "judge/application.h"

#include "cases.h"

#include <gtest/gtest.h>

namespace veritag::judge {
namespace {

using rules::Match;

struct CompareCase {
    const char* name;
    const char* claimed;
    const char* observed;
    Match match;
};

class ApplicationVersions : public testing::TestWithParam<CompareCase> {};

TEST_P(ApplicationVersions, Compare) { EXPECT_EQ(compare_application_versions(GetParam().claimed, GetParam().observed), GetParam().match); }

INSTANTIATE_TEST_SUITE_P(
    Plain, ApplicationVersions,
    testing::Values(
        CompareCase{"Equal", "7.4.1", "7.4.1", Match::holds}, CompareCase{"EqualWords", "nightly", "nightly", Match::holds},
        CompareCase{"OtherLast", "7.4.1", "7.4.2", Match::differs}, CompareCase{"OtherFirst", "7.4.1", "6.4.1", Match::differs},
        CompareCase{"ClaimedFront", "7.4", "7.4.1", Match::holds}, CompareCase{"FrontIsAWholeNumber", "7.4", "7.41", Match::differs},
        CompareCase{"ObservedFront", "7.4.1", "7.4", Match::unclear}, CompareCase{"LeadingZeros", "2024.05.1", "2024.5.1", Match::holds},
        CompareCase{"OnlyZeros", "1.00", "1.0", Match::holds}, CompareCase{"ZeroIsNoFront", "0", "1", Match::differs},
        CompareCase{"LongerThanAnInteger", "20250101010101010101010101", "20250101010101010101010102", Match::differs},
        CompareCase{"LeadingV", "v3.4.2", "3.4.2", Match::holds}, CompareCase{"CapitalV", "V3.4.2", "3.4.3", Match::differs},
        CompareCase{"NoNumberClaimed", "stable", "3.4.2", Match::unclear}, CompareCase{"NoNumberObserved", "3.4.2", "stable", Match::unclear},
        CompareCase{"NothingClaimed", "", "3.4.2", Match::unclear}, CompareCase{"NothingObserved", "3.4.2", "", Match::unclear}),
    [](const testing::TestParamInfo<CompareCase>& each) { return std::string(each.param.name); });

// Tags that openEuler published, against what a package of the application may say.
INSTANTIATE_TEST_SUITE_P(
    Published, ApplicationVersions,
    testing::Values(
        CompareCase{"Hyphens", "26-05-1-1", "26.05.1.1", Match::holds}, CompareCase{"HyphensMorePrecise", "26-05-1-1", "26.05.1", Match::unclear},
        CompareCase{"HyphensOther", "26-05-1-1", "26.04.1.1", Match::differs}, CompareCase{"NameInFront", "chroma-3-44-0", "3.44.0", Match::holds},
        CompareCase{"NameInFrontOther", "chroma-3-44-0", "3.43.0", Match::differs}, CompareCase{"NameInFrontShort", "chroma-3-44-0", "3.44", Match::unclear},
        CompareCase{"TwoVersionsInOne", "5.77-108.0", "5.77", Match::unclear}, CompareCase{"TwoVersionsInOneOther", "5.77-108.0", "5.76", Match::differs},
        CompareCase{"Commit", "10-941cd33", "10", Match::holds}, CompareCase{"CommitOfAnother", "10-941cd33", "11", Match::differs},
        CompareCase{"CommitIsNoNumber", "10-941cd33", "10.2", Match::unclear},
        CompareCase{"CommitThatBeginsLikeAStage", "10-9b1cd33", "10", Match::holds}, CompareCase{"SuchACommitIsNoNumber", "10-9b1cd33", "10.2", Match::unclear},
        CompareCase{"CommitOfDigitsAndOneStage", "10-3dev7aa", "10.4", Match::unclear},
        CompareCase{"NumberOfTheName", "h2-2.3.232", "2.3.232", Match::unclear}, CompareCase{"LongerNameWithANumber", "dotnet8_8.0.1", "8.0.1", Match::unclear},
        CompareCase{"GluedName", "jdk17.0.1", "17.0.2", Match::differs}, CompareCase{"LeadingVAndHyphen", "v2-1", "2.2", Match::differs},
        CompareCase{"DayAndWords", "710-20250515-before-cpenv", "710", Match::unclear},
        CompareCase{"DayAndWordsOther", "710-20250515-before-cpenv", "711", Match::differs},
        CompareCase{"Candidate", "36.0-rc2", "36.0~rc2", Match::holds}, CompareCase{"CandidateIsNotTheRelease", "36.0-rc2", "36.0", Match::unclear},
        CompareCase{"ReleaseIsNoCandidate", "36.0", "36.0~rc2", Match::unclear}, CompareCase{"CandidateOfAnother", "36.0-rc2", "35.0", Match::differs},
        CompareCase{"OtherCandidate", "36.0-rc2", "36.0~rc1", Match::unclear}, CompareCase{"OtherSpellingOfACandidate", "36.0-RC.2", "36.0rc2", Match::holds},
        CompareCase{"OtherPatch", "9.8p1", "9.8p2", Match::unclear}, CompareCase{"OtherEdition", "4.3.5_CE_BP3", "4.3.5_EE", Match::unclear},
        CompareCase{"StageAndMoreWords", "3.0-beta-slim", "3.0", Match::unclear},
        CompareCase{"GluedCandidate", "36.0rc2", "36.0", Match::unclear}, CompareCase{"EarlyAccess", "3.7.0-ea.2", "3.7.0", Match::unclear},
        CompareCase{"EarlyAccessOther", "3.7.0-ea.2", "3.6.0", Match::differs}, CompareCase{"ReleaseWord", "3.4.2-release", "3.4.2", Match::holds},
        CompareCase{"ReleaseWordOther", "3.4.2-release", "3.4.1", Match::differs}, CompareCase{"Edition", "4.3.5_CE_BP3", "4.3.5", Match::holds},
        CompareCase{"EditionMorePrecise", "4.3.5_CE_BP3", "4.3.5.3", Match::unclear}, CompareCase{"EditionOther", "4.3.5_CE_BP3", "4.3.6", Match::differs},
        CompareCase{"Portable", "9.8p1", "9.8", Match::holds}, CompareCase{"PortableOther", "9.8p1", "9.6p1", Match::differs},
        CompareCase{"PostRelease", "2.1.0", "2.1.0.post1", Match::holds}, CompareCase{"Debians", "2.3", "2.3+dfsg", Match::holds},
        CompareCase{"ForAnotherProgram", "16-3.4", "3.4.0", Match::unclear}, CompareCase{"ForAnotherProgramEqual", "12-3.5", "3.5", Match::unclear},
        CompareCase{"BuildInFront", "5-1.6.12", "1.6.12", Match::unclear}, CompareCase{"ForAnotherProgramOther", "16-3.4", "3.5.0", Match::differs},
        CompareCase{"LastNumberIsNoVersion", "26-05-1-2", "2.1", Match::differs}, CompareCase{"DayInOneNumber", "2024.01.05", "20240105", Match::holds},
        CompareCase{"DayInThree", "20240105", "2024.1.5", Match::holds}, CompareCase{"OtherDay", "20240105", "2024.1.6", Match::differs},
        CompareCase{"YearIsNoDay", "20240105", "2024.1", Match::differs}, CompareCase{"Snapshot", "2.0", "0", Match::unclear},
        CompareCase{"CountedSnapshot", "r1234", "0.1234", Match::unclear}, CompareCase{"OtherCount", "r1234", "0.1235", Match::differs},
        CompareCase{"LetterVersion", "1.1.1", "1.1.1w", Match::unclear}),
    [](const testing::TestParamInfo<CompareCase>& each) { return std::string(each.param.name); });

struct UpstreamCase {
    const char* name;
    PackageType type;
    const char* version;
    const char* upstream;
};

class UpstreamVersion : public testing::TestWithParam<UpstreamCase> {};

TEST_P(UpstreamVersion, DropsWhatThePackagerAdded) {
    Package package;
    package.type = GetParam().type;
    package.version = GetParam().version;
    EXPECT_EQ(upstream_version(package), GetParam().upstream);
}

INSTANTIATE_TEST_SUITE_P(
    Packages, UpstreamVersion,
    testing::Values(UpstreamCase{"Rpm", PackageType::rpm, "2.1.0-3.oe2403", "2.1.0"}, UpstreamCase{"RpmEpoch", PackageType::rpm, "1:2.1.0-3.oe2403", "2.1.0"},
                    UpstreamCase{"RpmTilde", PackageType::rpm, "36.0~rc2-1", "36.0~rc2"}, UpstreamCase{"Deb", PackageType::deb, "2:1.2-3-4ubuntu1", "1.2-3"},
                    UpstreamCase{"DebNative", PackageType::deb, "1.2", "1.2"}, UpstreamCase{"Apk", PackageType::apk, "3.20.1-r0", "3.20.1"},
                    UpstreamCase{"Python", PackageType::python, "2.1.0+cpu", "2.1.0"}, UpstreamCase{"PythonEpochLookalike", PackageType::python, "a:2.1.0", "a:2.1.0"},
                    UpstreamCase{"PythonKeepsHyphens", PackageType::python, "1.0-2", "1.0-2"}, UpstreamCase{"Conda", PackageType::conda, "1.26.4", "1.26.4"},
                    UpstreamCase{"LoneColon", PackageType::rpm, ":1.0-1", ":1.0"}, UpstreamCase{"Empty", PackageType::rpm, "", ""}),
    [](const testing::TestParamInfo<UpstreamCase>& each) { return std::string(each.param.name); });

TEST(ApplicationName, FoldsCaseAndSeparators) {
    EXPECT_EQ(application_name("Apache_Kafka"), "apache-kafka");
    EXPECT_EQ(application_name("llama.cpp"), "llama-cpp");
}

Package package(PackageType type, std::string name, std::string version) {
    Package made;
    made.type = type;
    made.name = std::move(name);
    made.version = std::move(version);
    made.path = "db";
    made.layer = 1;
    return made;
}
Package rpm(std::string name, std::string version) { return package(PackageType::rpm, std::move(name), std::move(version)); }

struct ApplicationCase {
    const char* name;
    const char* claimed;
    std::vector<Package> packages;
    bool elsewhere;
    const char* findings;
    std::optional<std::string> truth;  // of the application, where the tag could be written anew
};

class Application : public testing::TestWithParam<ApplicationCase> {};

TEST_P(Application, IsJudgedByAPackageOfItsName) {
    Case input = clean();
    input.claims = {claim("Red_Is", ComponentKind::app, GetParam().claimed), os("5.1")};
    input.facts.packages = GetParam().packages;
    input.facts.diff_ids = {"sha256:a", "sha256:b"};
    if (GetParam().elsewhere) input.facts.application_elsewhere = {at("usr/local/bin/red_is")};
    const Judgement judgement = judge(test::test_rules(), input);
    EXPECT_EQ(text_of(judgement), GetParam().findings);
    const std::optional<std::string> truth = judgement.truth ? judgement.truth->at("Red_Is") : std::nullopt;
    EXPECT_EQ(truth.value_or("-"), GetParam().truth.value_or("-"));
}

INSTANTIATE_TEST_SUITE_P(
    Packages, Application,
    testing::Values(
        ApplicationCase{"None", "7.4.1", {rpm("other", "1.0-1")}, false, "info unproven/Red_Is 7.4.1>-", "7.4.1"},
        ApplicationCase{"Right", "7.4.1", {rpm("red-is", "7.4.1-2.pf51")}, false, "", "7.4.1"},
        ApplicationCase{"Wrong", "7.4.1", {rpm("red-is", "6.2.0-2.pf51")}, false, "error app-mismatch/Red_Is 7.4.1>6.2.0", "6.2.0"},
        ApplicationCase{"WrongAndMoreElsewhere", "7.4.1", {rpm("red-is", "6.2.0-2.pf51")}, true, "info unproven/Red_Is 7.4.1>-", "7.4.1"},
        ApplicationCase{"RightAndMoreElsewhere", "7.4.1", {rpm("red-is", "7.4.1-2.pf51")}, true, "", "7.4.1"},
        ApplicationCase{"OneOfTwoIsRight", "7.4.1", {rpm("red-is", "6.2.0-2.pf51"), package(PackageType::python, "red.is", "7.4.1")}, false, "", "7.4.1"},
        ApplicationCase{"OneOfTwoIsUnclear", "7.4.1", {rpm("red-is", "6.2.0-2.pf51"), package(PackageType::python, "red.is", "main")}, false, "info unproven/Red_Is 7.4.1>-", "7.4.1"},
        ApplicationCase{"TwoWrongOnes", "7.4.1", {rpm("red-is", "6.2.0-2.pf51"), package(PackageType::python, "red.is", "5.0")}, false,
                        "error app-mismatch/Red_Is 7.4.1>6.2.0, 5.0", std::nullopt},
        ApplicationCase{"TwiceTheSameWrongOne", "7.4.1", {rpm("red-is", "6.2.0-2.pf51"), package(PackageType::python, "red.is", "6.2.0")}, false,
                        "error app-mismatch/Red_Is 7.4.1>6.2.0", "6.2.0"},
        ApplicationCase{"LessIsKnownThanClaimed", "7.4.1", {rpm("red-is", "7.4-2")}, false, "info unproven/Red_Is 7.4.1>-", "7.4.1"},
        ApplicationCase{"OnlyTheNameIsClaimed", "", {rpm("red-is", "6.2.0-2.pf51")}, false, "", ""},
        ApplicationCase{"NameIsNotAPrefix", "7.4.1", {rpm("red-is-client", "6.2.0-1")}, false, "info unproven/Red_Is 7.4.1>-", "7.4.1"}),
    [](const testing::TestParamInfo<ApplicationCase>& each) { return std::string(each.param.name); });

TEST(ApplicationEvidence, NamesPackageLayerAndDiffId) {
    Case input = clean();
    input.claims = {claim("redis", ComponentKind::app, "7.4.1")};
    input.facts.packages = {rpm("redis", "6.2.0-2")};
    input.facts.diff_ids = {"sha256:a", "sha256:b"};
    const Judgement judgement = judge(test::test_rules(), input);
    ASSERT_EQ(judgement.findings.size(), 1U);
    EXPECT_EQ(judgement.findings[0].evidence,
              (std::vector<Evidence>{{.source = EvidenceSource::package, .path = "db", .layer = 1, .diff_id = "sha256:b", .detail = "redis 6.2.0-2"}}));
    EXPECT_EQ(judgement.findings[0].message, "The tag claims redis 7.4.1; the image holds redis 6.2.0.");
}

TEST(ApplicationEvidence, LayerBeyondTheConfigHasNoDiffId) {
    ImageFacts facts;
    facts.diff_ids = {"sha256:a"};
    EXPECT_EQ(evidence_of(rpm("redis", "1-1"), facts).diff_id, "");
}

}  // namespace
}  // namespace veritag::judge
