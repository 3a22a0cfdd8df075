#include "shipped_rules.h"

namespace veritag::tag {
namespace {

struct TagCase {
    const char* name;
    const char* repository;
    const char* tag;
    const char* grammar;
    const char* claims;
    const char* findings;
};

class ReadTag : public testing::TestWithParam<TagCase> {};

TEST_P(ReadTag, GivesClaimsAndFindings) {
    const TagCase& c = GetParam();
    for (const char* registry : {"", "quay.io", "127.0.0.1:5000"}) {
        const Reading reading = read_tag(shipped_rules(), registry, c.repository, c.tag);
        EXPECT_EQ(reading.grammar, c.grammar) << registry;
        EXPECT_EQ(claims_of(reading), c.claims) << registry;
        EXPECT_EQ(codes_of(reading), c.findings) << registry;
        EXPECT_EQ(reading.readable, std::string_view(c.findings) != "tag-syntax");
        EXPECT_EQ(pieces_of(reading), reading.readable ? c.tag : "");
    }
}

INSTANTIATE_TEST_SUITE_P(
    AiImages, ReadTag,
    testing::Values(
        TagCase{"LongSdk", "openeuler/cann", "cann7.0.RC1.alpha002-oe2203sp2", "oeep-0014", "cann=7.0.RC1.alpha002 openeuler=22.03-LTS-SP2",
                ""},
        TagCase{"LongFramework", "openeuler/pytorch", "pytorch2.1.0-cann7.0.RC1.alpha002-oe2203sp2", "oeep-0014",
                "pytorch=2.1.0 cann=7.0.RC1.alpha002 openeuler=22.03-LTS-SP2", ""},
        TagCase{"TheSpecsOwnModelExample", "openeuler/llm", "chatglm6b-cann7.0.RC1.alpha002-pytorch2.1.0-oe2203sp2", "oeep-0014",
                "chatglm-6b= cann=7.0.RC1.alpha002 pytorch=2.1.0 openeuler=22.03-LTS-SP2", "tag-order"},
        TagCase{"ModelInOrder", "openeuler/llm", "chatglm2_6b-pytorch2.1.0-cann8.0.RC1-oe2203sp2", "oeep-0014",
                "chatglm2-6b= pytorch=2.1.0 cann=8.0.RC1 openeuler=22.03-LTS-SP2", ""},
        TagCase{"ModelNameWithHyphen", "openeuler/llm", "chatglm2-6b-pytorch2.1.0-cann8.0.RC1-oe2203sp2", "oeep-0014",
                "chatglm2-6b= pytorch=2.1.0 cann=8.0.RC1 openeuler=22.03-LTS-SP2", ""},
        TagCase{"ShortForm", "openeuler/cann", "8.0.RC1-oe2203sp4", "oeep-0014", "cann=8.0.RC1 openeuler=22.03-LTS-SP4", "tag-short"},
        TagCase{"ShortWithTool", "openeuler/cann", "8.1.RC1-python3.11-oe2403lts", "oeep-0014",
                "cann=8.1.RC1 python=3.11 openeuler=24.03-LTS", "tag-short"},
        TagCase{"ToolsAnywhere", "openeuler/pytorch", "python3.10-pytorch2.1.0-torch_npu2.1.0-cann8.0.0-cudnn8.9.0-oe2403lts", "oeep-0014",
                "python=3.10 pytorch=2.1.0 torch_npu=2.1.0 cann=8.0.0 cudnn=8.9.0 openeuler=24.03-LTS", ""},
        TagCase{"NoRuleForTheRepository", "openeuler/executorch", "1.0.0-torch2.9.0-python3.11-oe2403sp2", "oeep-0014",
                "executorch=1.0.0 pytorch=2.9.0 python=3.11 openeuler=24.03-LTS-SP2", "tag-short"},
        TagCase{"HyphenInVersion", "openeuler/cann", "9.1.0-beta.3-python3.11-oe2403lts", "oeep-0014",
                "cann=9.1.0-beta.3 python=3.11 openeuler=24.03-LTS", "tag-short"},
        TagCase{"InnovationRelease", "openeuler/cann", "8.0.RC1-oe2309", "oeep-0014", "cann=8.0.RC1 openeuler=23.09", "tag-short"},
        TagCase{"ChipIsNoVersion", "openeuler/cann", "8.0.RC1-a3-oe2403lts", "oeep-0014", "cann=8.0.RC1 openeuler=24.03-LTS",
                "tag-unknown tag-short"},
        TagCase{"SecondBareVersion", "openeuler/cann", "8.0.RC1-910b-oe2403lts", "oeep-0014", "cann=8.0.RC1 openeuler=24.03-LTS",
                "tag-unknown tag-short"},
        TagCase{"OsFirst", "openeuler/cann", "oe2403lts-cann8.0.RC1", "oeep-0014", "openeuler=24.03-LTS cann=8.0.RC1", "tag-order"},
        TagCase{"ToolAfterOs", "openeuler/cann", "cann8.0.RC1-oe2403lts-python3.10", "oeep-0014",
                "cann=8.0.RC1 openeuler=24.03-LTS python=3.10", "tag-order"},
        TagCase{"SdkBeforeFramework", "openeuler/pytorch", "cann8.0.RC1-pytorch2.1.0-oe2403lts", "oeep-0014",
                "cann=8.0.RC1 pytorch=2.1.0 openeuler=24.03-LTS", "tag-order"},
        TagCase{"DotInOs", "openeuler/cann", "cann8.0.RC1-oe24.03lts", "oeep-0014", "cann=8.0.RC1 openeuler=24.03-LTS", "tag-form"},
        TagCase{"CapitalLts", "openeuler/cann", "cann8.0.RC1-oe2403LTS", "oeep-0014", "cann=8.0.RC1 openeuler=24.03-LTS", "tag-form"},
        TagCase{"OldOs", "openeuler/cann", "cann8.0.RC1-22.03-lts-sp2", "oeep-0014", "cann=8.0.RC1 openeuler=22.03-LTS-SP2", "tag-form"},
        TagCase{"OtherNameOfOs", "openeuler/cann", "cann8.0.RC1-openeuler22.03", "oeep-0014", "cann=8.0.RC1 openeuler=22.03", "tag-form"},
        TagCase{"TwoSystems", "openeuler/cann", "cann8.0.RC1-oe2403lts-oe2203sp4", "oeep-0014",
                "cann=8.0.RC1 openeuler=24.03-LTS openeuler=22.03-LTS-SP4", ""},
        TagCase{"NoOs", "openeuler/cann", "8.0.RC1", "oeep-0014", "", "tag-syntax"},
        TagCase{"OtherOs", "openeuler/cann", "8.0.RC1-ubuntu22.04", "oeep-0014", "", "tag-syntax"},
        TagCase{"ServicePackWithoutNumber", "openeuler/cann", "8.0.RC1-oe2203sp", "oeep-0014", "", "tag-syntax"},
        TagCase{"EmptyPart", "openeuler/cann", "8.0.RC1--oe2203sp2", "oeep-0014", "", "tag-syntax"},
        TagCase{"Empty", "openeuler/cann", "", "oeep-0014", "", "tag-syntax"},
        TagCase{"Latest", "openeuler/cann", "latest", "oeep-0014", "cann=", ""},
        TagCase{"LatestWithoutRule", "openeuler/llm", "latest", "oeep-0014", "", ""}),
    [](const testing::TestParamInfo<TagCase>& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(
    ApplicationAndBaseImages, ReadTag,
    testing::Values(
        TagCase{"Application", "openeuler/redis", "7.4.1-oe2203sp3", "oeep-0005", "redis=7.4.1 openeuler=22.03-LTS-SP3", ""},
        TagCase{"HyphensInVersion", "openeuler/slurm", "26-05-1-1-oe2403sp3", "oeep-0005", "slurm=26-05-1-1 openeuler=24.03-LTS-SP3", ""},
        TagCase{"VersionLikeAnOs", "openeuler/app", "20.03-lts-oe2403sp3", "oeep-0005", "app=20.03-lts openeuler=24.03-LTS-SP3", ""},
        TagCase{"ComponentAsApplication", "openeuler/python", "3.10.17-oe2403lts", "oeep-0005", "python=3.10.17 openeuler=24.03-LTS", ""},
        TagCase{"NoLegalTag", "openeuler/openvelinux", "velinux/1.0+velinux2-oe2403sp3", "oeep-0005",
                "openvelinux=velinux/1.0+velinux2 openeuler=24.03-LTS-SP3", ""},
        TagCase{"AppDotInOs", "openeuler/tempo", "2.5.0-oe24.03lts", "oeep-0005", "tempo=2.5.0 openeuler=24.03-LTS", "tag-form"},
        TagCase{"AppOldOs", "openeuler/tomcat", "9.0.10-20.03-lts-sp1", "oeep-0005", "tomcat=9.0.10 openeuler=20.03-LTS-SP1", "tag-form"},
        TagCase{"AppLatest", "openeuler/httpd", "latest", "oeep-0005", "httpd=", ""},
        TagCase{"AppNoOs", "openeuler/httpd", "2.4.58", "oeep-0005", "", "tag-syntax"},
        TagCase{"AppNoVersion", "openeuler/httpd", "oe2403lts", "oeep-0005", "", "tag-syntax"},
        TagCase{"Base", "openeuler/openeuler", "22.03-lts-sp2", "openeuler-base", "openeuler=22.03-LTS-SP2", ""},
        TagCase{"BaseLts", "openeuler/openeuler", "22.03-lts", "openeuler-base", "openeuler=22.03-LTS", ""},
        TagCase{"BaseInnovation", "openeuler/openeuler", "23.09", "openeuler-base", "openeuler=23.09", ""},
        TagCase{"BaseFloating", "openeuler/openeuler", "22.03", "openeuler-base", "openeuler=22.03-LTS-SP4", ""},
        TagCase{"BaseLatest", "openeuler/openeuler", "latest", "openeuler-base", "openeuler=24.03-LTS-SP3", ""},
        TagCase{"BaseWithVersion", "openeuler/openeuler", "1.0-oe2203sp2", "openeuler-base", "", "tag-syntax"}),
    [](const testing::TestParamInfo<TagCase>& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OtherPublishers, ReadTag,
    testing::Values(
        TagCase{"NvidiaRuntime", "nvidia/cuda", "12.2.0-runtime-ubuntu20.04", "nvidia-cuda", "cuda=12.2.0 cuda-flavour=runtime ubuntu=20.04", ""},
        TagCase{"NvidiaCudnn", "nvidia/cuda", "11.8.0-cudnn8-devel-ubuntu22.04", "nvidia-cuda", "cuda=11.8.0 cudnn=8 cuda-flavour=devel ubuntu=22.04", ""},
        TagCase{"NvidiaAnyCudnn", "nvidia/cuda", "12.8.0-cudnn-devel-ubuntu22.04", "nvidia-cuda", "cuda=12.8.0 cudnn= cuda-flavour=devel ubuntu=22.04", ""},
        TagCase{"NvidiaRocky", "nvidia/cuda", "12.1.1-devel-rockylinux9", "nvidia-cuda", "cuda=12.1.1 cuda-flavour=devel rocky=9", ""},
        TagCase{"NvidiaUbi", "nvidia/cuda", "11.0-base-ubi8", "nvidia-cuda", "cuda=11.0 cuda-flavour=base rhel=8", ""},
        TagCase{"NvidiaNoFlavour", "nvidia/cuda", "12.2.0-ubuntu20.04", "nvidia-cuda", "", "tag-syntax"},
        TagCase{"NvidiaStrangeOs", "nvidia/cuda", "12.2.0-base-ubunto20.04", "nvidia-cuda", "cuda=12.2.0 cuda-flavour=base", "tag-unknown"},
        TagCase{"CopyOfNvidia", "mirror/cuda", "12.2.0-runtime-ubuntu20.04", "nvidia-cuda-copy", "cuda=12.2.0 cuda-flavour=runtime ubuntu=20.04", ""},
        TagCase{"SomebodysCuda", "someone/cuda", "v3", "nvidia-cuda-copy", "", ""},
        TagCase{"RocmUnderscores", "rocm/pytorch", "rocm5.7_ubuntu22.04_py3.10_pytorch_2.0.1", "rocm",
                "rocm=5.7 ubuntu=22.04 python=3.10 pytorch=2.0.1", ""},
        TagCase{"RocmRelease", "rocm/pytorch", "rocm6.4_ubuntu24.04_py3.12_pytorch_release_2.6.0", "rocm",
                "rocm=6.4 ubuntu=24.04 python=3.12 pytorch=2.6.0", ""},
        TagCase{"RocmVllm", "rocm/vllm", "rocm7.0.0_vllm_0.11.2_20251210", "rocm", "rocm=7.0.0 vllm=0.11.2", ""},
        TagCase{"RocmOddUnderscore", "rocm/app", "rocm7.0.0-ubuntu22.04_x", "rocm", "rocm=7.0.0", "tag-unknown"},
        TagCase{"RocmHyphens", "rocm/tensorflow", "rocm5.7-ubuntu22.04-tf2.13-dev", "rocm", "rocm=5.7 ubuntu=22.04 tensorflow=2.13", ""},
        TagCase{"RocmNewer", "rocm/tensorflow", "rocm7.1.1-py3.12-tf2.20-dev", "rocm", "rocm=7.1.1 python=3.12 tensorflow=2.20", ""},
        TagCase{"AscendCommunity", "ascend/cann", "8.1.rc1-910b-openeuler22.03-py3.10", "ascend",
                "cann=8.1.RC1 ascend-chip=910b openeuler=22.03 python=3.10", ""},
        TagCase{"AscendBeta", "ascendai/cann", "8.0.rc3.beta1-910b-ubuntu22.04-py3.10", "ascend", "cann=8.0.RC3 ascend-chip=910b ubuntu=22.04 python=3.10",
                ""},
        TagCase{"AscendHyphen", "ascend/cann", "9.1.0-beta.3-910b-openeuler24.03-py3.11", "ascend",
                "cann=9.1.0-beta.3 ascend-chip=910b openeuler=24.03 python=3.11", ""},
        TagCase{"AscendDevel", "ascend/cann", "9.0.0-a3-ubuntu22.04-py3.11-devel", "ascend", "cann=9.0.0 ascend-chip=a3 ubuntu=22.04 python=3.11", ""},
        TagCase{"Anything", "someone/app", "1.0-python3.11-ubuntu22.04", "plain", "python=3.11 ubuntu=22.04", ""},
        TagCase{"NothingKnown", "someone/app", "nightly--2024_01_01", "plain", "", ""},
        TagCase{"NoHintWithoutDots", "someone/app", "1.0-py310-cuda12-torch2", "plain", "", ""},
        TagCase{"BareVersionElsewhere", "someone/pytorch", "1.0", "plain", "", ""}),
    [](const testing::TestParamInfo<TagCase>& each) { return each.param.name; });

struct TierCase {
    const char* name;
    const char* repository;
    const char* tag;
    Tier tier;
    bool dev;
    const char* parents;
    const char* version_text;
};

class TierOfTag : public testing::TestWithParam<TierCase> {};

TEST_P(TierOfTag, TellsWhatTheImageBelowMustBe) {
    const TierCase& c = GetParam();
    const Reading reading = read_tag(shipped_rules(), "", c.repository, c.tag);
    ASSERT_TRUE(reading.tier);
    EXPECT_EQ(to_string(*reading.tier), to_string(c.tier));
    EXPECT_EQ(reading.dev, c.dev);
    EXPECT_EQ(parents_of(reading), c.parents);
    EXPECT_EQ(reading.version_text, c.version_text);
}

INSTANTIATE_TEST_SUITE_P(
    Tags, TierOfTag,
    testing::Values(TierCase{"Sdk", "openeuler/cann", "8.0.RC1-python3.10-oe2203sp4", Tier::sdk, false, "openeuler=22.03-LTS-SP4",
                             "8.0.RC1-python3.10"},
                    TierCase{"Framework", "openeuler/pytorch", "2.1.0-cann7.0.RC1-python3.9-oe2203sp2", Tier::framework, false,
                             "cann=7.0.RC1 openeuler=22.03-LTS-SP2", "2.1.0-cann7.0.RC1-python3.9"},
                    TierCase{"Dev", "openeuler/pytorch", "pytorch2.1.0-cann7.0.RC1-oe2203sp2-dev", Tier::framework, true,
                             "cann=7.0.RC1 openeuler=22.03-LTS-SP2", "pytorch2.1.0-cann7.0.RC1"},
                    TierCase{"Model", "openeuler/llm", "chatglm6b-pytorch2.1.0-cann7.0.RC1-oe2203sp2", Tier::application, false,
                             "pytorch=2.1.0 cann=7.0.RC1 openeuler=22.03-LTS-SP2", "chatglm6b-pytorch2.1.0-cann7.0.RC1"},
                    TierCase{"OsFirst", "openeuler/cann", "oe2203sp4-cann8.0.RC1", Tier::sdk, false, "openeuler=22.03-LTS-SP4",
                             "cann8.0.RC1"},
                    TierCase{"App", "openeuler/redis", "7.4.1-oe2203sp3", Tier::app, false, "openeuler=22.03-LTS-SP3", "7.4.1"},
                    TierCase{"Base", "openeuler/openeuler", "22.03-lts-sp2", Tier::os, false, "", ""},
                    TierCase{"Nvidia", "nvidia/cuda", "12.2.0-devel-ubuntu20.04", Tier::sdk, false, "ubuntu=20.04", "12.2.0-devel"},
                    TierCase{"Rocm", "rocm/tensorflow", "rocm5.7-ubuntu22.04-tf2.13-dev", Tier::framework, false, "rocm=5.7 ubuntu=22.04",
                             "rocm5.7-tf2.13-dev"}),
    [](const testing::TestParamInfo<TierCase>& each) { return each.param.name; });

struct MessageCase {
    const char* name;
    const char* repository;
    const char* tag;
    const char* code;
    Severity severity;
    const char* component;
    const char* claimed;
    const char* message;
};

class MessageOfTag : public testing::TestWithParam<MessageCase> {};

TEST_P(MessageOfTag, SaysWhatToWrite) {
    const MessageCase& c = GetParam();
    const Reading reading = read_tag(shipped_rules(), "", c.repository, c.tag);
    for (const Finding& finding : reading.findings) {
        if (finding.code != c.code) continue;
        EXPECT_EQ(to_string(finding.severity), to_string(c.severity));
        EXPECT_EQ(finding.component, c.component);
        EXPECT_EQ(finding.claimed.value_or("(none)"), c.claimed);
        EXPECT_EQ(finding.message, c.message);
        return;
    }
    FAIL() << "no finding " << c.code << ", only: " << codes_of(reading);
}

INSTANTIATE_TEST_SUITE_P(
    Findings, MessageOfTag,
    testing::Values(MessageCase{"Syntax", "openeuler/cann", "8.0.RC1", "tag-syntax", Severity::error, "", "8.0.RC1",
                                "The tag \"8.0.RC1\" cannot be read by the rule of its repository: oEEP-0014 AI image, "
                                "[<LLM>-][<framework><version>-]<sdk><version>-oe<YYMM><lts|spN>[-dev]; "
                                "a right one is \"cann7.0.RC1.alpha002-oe2203sp2\"."},
                    MessageCase{"Order", "openeuler/llm", "chatglm6b-cann8.0.RC1-pytorch2.1.0-oe2203sp2", "tag-order", Severity::warning,
                                "", "(none)",
                                "The parts are understood, but the rule puts them in the order llm, app, framework, sdk, os; rightly spelt "
                                "it is \"chatglm6b-pytorch2.1.0-cann8.0.RC1-oe2203sp2\"."},
                    MessageCase{"Form", "openeuler/tempo", "2.5.0-oe24.03lts", "tag-form", Severity::warning, "openeuler", "24.03-LTS",
                                "\"oe24.03lts\" is understood as openEuler 24.03-LTS, but not spelt as the rule says; rightly spelt it is "
                                "\"2.5.0-oe2403lts\"."},
                    MessageCase{"FormOfTheWhole", "openeuler/openeuler", "22.03-LTS-SP2", "tag-form", Severity::warning, "", "(none)",
                                "The tag is understood, but not spelt as the rule says: openEuler base image, <YY.MM>[-lts[-sp<N>]]; "
                                "rightly spelt it is \"22.03-lts-sp2\"."},
                    MessageCase{"Unknown", "openeuler/cann", "cann8.0.RC1-somewhat-oe2203sp4", "tag-unknown", Severity::warning, "",
                                "somewhat", "No rule knows what the part \"somewhat\" means; it was not judged."},
                    MessageCase{"WithoutItsVersion", "openeuler/cann", "cann-oe2203sp4", "tag-unknown", Severity::warning, "", "cann",
                                "The part \"cann\" names Ascend CANN and no version of it; it was not judged."},
                    MessageCase{"Short", "openeuler/executorch", "1.0.0-torch2.9.0-oe2403sp2", "tag-short", Severity::info, "executorch",
                                "1.0.0", "\"1.0.0\" names no component; the repository does: it is read as ExecuTorch 1.0.0."}),
    [](const testing::TestParamInfo<MessageCase>& each) { return each.param.name; });

TEST(ClaimOfTag, TellsWhereItsNameComesFrom) {
    const Reading brief = read_tag(shipped_rules(), "", "openeuler/cann", "8.0.rc1-python3.10-oe2203sp4");
    ASSERT_EQ(brief.claims.size(), 3U);
    EXPECT_EQ(brief.claims[0], (Claim{"cann", ComponentKind::sdk, "8.0.RC1", true, "8.0.rc1"}));
    EXPECT_EQ(brief.claims[1], (Claim{"python", ComponentKind::tool, "3.10", false, "python3.10"}));
    EXPECT_EQ(brief.claims[2], (Claim{"openeuler", ComponentKind::os, "22.03-LTS-SP4", false, "oe2203sp4"}));
    const Reading app = read_tag(shipped_rules(), "", "openeuler/python", "3.10.17-oe2403lts");
    ASSERT_EQ(app.claims.size(), 2U);
    EXPECT_EQ(app.claims[0], (Claim{"python", ComponentKind::app, "3.10.17", true, "3.10.17"}));
}

TEST(HostileTag, IsRefusedWithItsLengthAndWithoutItsBytes) {
    const std::string bytes = "8.0\x1b[31m\n-oe22";
    const Reading escape = read_tag(shipped_rules(), "", "openeuler/cann", bytes);
    ASSERT_EQ(codes_of(escape), "tag-syntax");
    EXPECT_EQ(escape.findings[0].message.find('\x1b'), std::string::npos);
    EXPECT_NE(escape.findings[0].message.find("\\x1b"), std::string::npos) << escape.findings[0].message;
    const Reading huge = read_tag(shipped_rules(), "", "someone/app", std::string(1U << 20, '-'));
    EXPECT_FALSE(huge.readable);
    ASSERT_EQ(codes_of(huge), "tag-syntax");
    EXPECT_NE(huge.findings[0].message.find("it is 1048576 bytes long, and at most 512 are read"), std::string::npos)
        << huge.findings[0].message;
}

TEST(FloatingTag, KnowsWhatItStoodFor) {
    const Result<rules::RuleSet> rules = rules::load_rules(
        {{"x.yaml", "component: x\nkind: os\nnormalise: [strip-v]\n", ""},
         {"g.yaml", "grammar: g\nrepositories: ['**']\nforms: [{pattern: '(?P<x>\\d+)'}]\nfloating:\n"
                    "  latest: {x: [{since: 2025-01-01, version: v1}, {since: 2026-01-01, version: v2}]}\n  stable: {x: v1}\n  any: {x: null}\n", ""}});
    ASSERT_TRUE(rules) << rules.error().message();
    const auto claim = [&](const char* tag) { return read_tag(*rules, "", "a", tag).claims.at(0); };
    EXPECT_EQ(claim("latest").version, "2") << "what stands last is today's";
    EXPECT_TRUE(claim("latest").floating);
    EXPECT_EQ(claim("latest").stood_for, (std::vector<std::pair<std::string, std::string>>{{"2025-01-01", "1"}, {"2026-01-01", "2"}}));
    EXPECT_EQ(claim("stable").version, "1");
    EXPECT_TRUE(claim("stable").stood_for.empty());
    EXPECT_EQ(claim("any").version, "");
    EXPECT_FALSE(claim("any").floating);
    EXPECT_FALSE(claim("7").floating);
}

// Whatever comes, reading ends, and the pieces of a readable tag make it again.
TEST(HostileTag, EveryPrefixAndEveryChangedByteIsReadWithoutHarm) {
    const struct {
        const char* repository;
        std::string tag;
    } seeds[] = {{"openeuler/pytorch", "pytorch2.1.0-cann7.0.RC1.alpha002-python3.10-oe2203sp2-dev"},
                 {"openeuler/redis", "7.4.1-22.03-lts-sp3"},
                 {"openeuler/openeuler", "22.03-lts-sp2"},
                 {"nvidia/cuda", "11.8.0-cudnn8-devel-ubuntu22.04"},
                 {"rocm/pytorch", "rocm5.7_ubuntu22.04_py3.10_pytorch_2.0.1"},
                 {"ascend/cann", "9.1.0-beta.3-910b-openeuler24.03-py3.11"},
                 {"someone/app", "1.0-python3.11-ubuntu22.04"}};
    const auto check = [](const char* repository, const std::string& tag) {
        const Reading reading = read_tag(shipped_rules(), "registry.example", repository, tag);
        ASSERT_EQ(reading.readable, codes_of(reading) != "tag-syntax") << tag;
        ASSERT_EQ(pieces_of(reading), reading.readable ? tag : "");
        ASSERT_TRUE(reading.readable || reading.claims.empty()) << tag;
        const std::optional<std::string> written = write_tag(shipped_rules(), reading, {});
        if (!written) return;
        const Reading again = read_tag(shipped_rules(), "registry.example", repository, *written);
        ASSERT_EQ(again.claims.size(), reading.claims.size()) << tag << " -> " << *written;
    };
    for (const auto& seed : seeds) {
        for (std::size_t end = 0; end <= seed.tag.size(); ++end) check(seed.repository, seed.tag.substr(0, end));
        for (std::size_t i = 0; i < seed.tag.size(); ++i)
            for (const char byte : {'\0', '-', '_', '.', '9', '\xff', '\n'}) {
                std::string changed = seed.tag;
                changed[i] = byte;
                check(seed.repository, changed);
            }
    }
}

}  // namespace
}  // namespace veritag::tag
