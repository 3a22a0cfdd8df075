#include "shipped_rules.h"

namespace veritag::tag {
namespace {

using Truth = std::map<std::string, std::optional<std::string>>;

struct WriteCase {
    const char* name;
    const char* repository;
    const char* tag;
    Truth truth;
    std::optional<std::string> written;
};

class WriteTag : public testing::TestWithParam<WriteCase> {};

TEST_P(WriteTag, KeepsTheDialect) {
    const WriteCase& c = GetParam();
    const Reading reading = read_tag(shipped_rules(), "", c.repository, c.tag);
    EXPECT_EQ(write_tag(shipped_rules(), reading, c.truth).value_or("(none)"), c.written.value_or("(none)"));
}

INSTANTIATE_TEST_SUITE_P(
    Versions, WriteTag,
    testing::Values(
        WriteCase{"NothingWrong",
                  "openeuler/cann",
                  "8.0.RC1-python3.10-oe2203sp4",
                  {{"cann", "8.0.RC1"}, {"python", "3.10.17"}, {"openeuler", "22.03-LTS-SP4"}},
                  "8.0.RC1-python3.10-oe2203sp4"},
        WriteCase{"OtherServicePack", "openeuler/cann", "8.0.RC1-oe2203sp4", {{"openeuler", "22.03-LTS-SP2"}}, "8.0.RC1-oe2203sp2"},
        WriteCase{"PlainLts", "openeuler/cann", "8.0.RC1-oe2203sp4", {{"openeuler", "22.03-LTS"}}, "8.0.RC1-oe2203lts"},
        WriteCase{"Innovation", "openeuler/cann", "8.0.RC1-oe2203sp4", {{"openeuler", "23.09"}}, "8.0.RC1-oe2309"},
        WriteCase{"GluedVersion",
                  "openeuler/pytorch",
                  "pytorch2.1.0-cann7.0.RC1-oe2203sp2",
                  {{"pytorch", "2.2.0"}, {"cann", "8.0.RC1"}},
                  "pytorch2.2.0-cann8.0.RC1-oe2203sp2"},
        WriteCase{"OtherNameOfTheSame",
                  "openeuler/pytorch",
                  "torch2.1.0-cann7.0.RC1-oe2203sp2",
                  {{"pytorch", "2.2.0"}},
                  "torch2.2.0-cann7.0.RC1-oe2203sp2"},
        WriteCase{"SmallLetters", "openeuler/cann", "8.1.rc1-oe2203sp4", {{"cann", "8.2.RC1"}}, "8.2.rc1-oe2203sp4"},
        WriteCase{"DevStays",
                  "openeuler/pytorch",
                  "pytorch2.1.0-cann7.0.RC1-oe2203sp2-dev",
                  {{"openeuler", "24.03-LTS"}},
                  "pytorch2.1.0-cann7.0.RC1-oe2403lts-dev"},
        WriteCase{
            "UnknownPartStays", "openeuler/cann", "8.0.RC1-somewhat-oe2203sp4", {{"openeuler", "24.03-LTS"}}, "8.0.RC1-somewhat-oe2403lts"},
        WriteCase{"PartGoes", "openeuler/cuda", "11.8.0-cudnn8.9.0-oe2203lts", {{"cudnn", std::nullopt}}, "11.8.0-oe2203lts"},
        WriteCase{"FirstPartGoes",
                  "openeuler/llm",
                  "chatglm6b-pytorch2.1.0-cann8.0.RC1-oe2203lts",
                  {{"chatglm-6b", std::nullopt}},
                  "pytorch2.1.0-cann8.0.RC1-oe2203lts"},
        WriteCase{"BarePartCannotGo", "openeuler/cann", "8.0.RC1-oe2203sp4", {{"cann", std::nullopt}}, std::nullopt},
        WriteCase{"OsCannotGo", "openeuler/cann", "cann8.0.RC1-oe2203sp4", {{"openeuler", std::nullopt}}, std::nullopt},
        WriteCase{"TwoVersionsOfOne", "openeuler/cann", "cann8.0.RC1-oe2403lts-oe2203sp4", {{"openeuler", "24.03-LTS"}}, std::nullopt},
        WriteCase{"NotATagsBytes", "openeuler/redis", "7.4.1-oe2203sp4", {{"redis", "7.4.1 or so"}}, std::nullopt},
        WriteCase{"LocalVersion", "openeuler/pytorch", "2.1.0-cann7.0.RC1-oe2203sp2", {{"pytorch", "2.2.0+cpu"}}, std::nullopt},
        WriteCase{"Unreadable", "openeuler/cann", "8.0.RC1", {}, std::nullopt},
        WriteCase{"FloatingIsRight", "openeuler/openeuler", "latest", {{"openeuler", "24.03-LTS-SP3"}}, "latest"},
        WriteCase{"FloatingIsWrong", "openeuler/openeuler", "latest", {{"openeuler", "24.03-LTS-SP1"}}, std::nullopt},
        WriteCase{"BaseImage", "openeuler/openeuler", "22.03-lts-sp2", {{"openeuler", "22.03-LTS-SP4"}}, "22.03-lts-sp4"},
        WriteCase{"BaseImageFromDigits", "openeuler/openeuler", "23.09", {{"openeuler", "24.03-LTS"}}, "24.03-lts"},
        WriteCase{"AscendKeepsAnyServicePack",
                  "ascend/cann",
                  "8.1.rc1-910b-openeuler22.03-py3.10",
                  {{"openeuler", "22.03-LTS-SP4"}},
                  "8.1.rc1-910b-openeuler22.03-py3.10"},
        WriteCase{"AscendOtherRelease",
                  "ascend/cann",
                  "8.1.rc1-910b-openeuler22.03-py3.10",
                  {{"openeuler", "24.03-LTS-SP1"}, {"python", "3.11"}},
                  "8.1.rc1-910b-openeuler24.03-py3.11"},
        WriteCase{"Nvidia",
                  "nvidia/cuda",
                  "11.8.0-cudnn8-devel-ubuntu22.04",
                  {{"cuda", "11.8.1"}, {"ubuntu", "20.04"}},
                  "11.8.1-cudnn8-devel-ubuntu20.04"},
        WriteCase{"Rocm",
                  "rocm/pytorch",
                  "rocm5.7_ubuntu22.04_py3.10_pytorch_2.0.1",
                  {{"rocm", "6.0"}, {"python", "3.9"}},
                  "rocm6.0_ubuntu22.04_py3.9_pytorch_2.0.1"}),
    [](const testing::TestParamInfo<WriteCase>& each) { return each.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Mending, WriteTag,
    testing::Values(WriteCase{"Order",
                              "openeuler/llm",
                              "chatglm6b-cann7.0.RC1.alpha002-pytorch2.1.0-oe2203sp2",
                              {},
                              "chatglm6b-pytorch2.1.0-cann7.0.RC1.alpha002-oe2203sp2"},
                    WriteCase{"OrderAndVersion",
                              "openeuler/llm",
                              "chatglm6b-cann7.0.RC1-pytorch2.1.0-oe2203sp2",
                              {{"pytorch", "2.2.0"}},
                              "chatglm6b-pytorch2.2.0-cann7.0.RC1-oe2203sp2"},
                    WriteCase{"OsFirst", "openeuler/cann", "oe2203sp4-python3.10-cann8.0.RC1", {}, "python3.10-cann8.0.RC1-oe2203sp4"},
                    WriteCase{"ToolAfterOs", "openeuler/cann", "8.0.RC1-oe2203sp4-python3.10", {}, "8.0.RC1-python3.10-oe2203sp4"},
                    WriteCase{
                        "BareVersionMoves", "openeuler/cann", "8.0.RC1-pytorch2.1.0-oe2203sp4", {}, "pytorch2.1.0-cann8.0.RC1-oe2203sp4"},
                    WriteCase{"OsBeforeSdk", "openeuler/llm", "chatglm6b-oe2203sp4-cann8.0.0", {}, "chatglm6b-cann8.0.0-oe2203sp4"},
                    WriteCase{"DevInTheMiddle", "openeuler/cann", "cann8.0.RC1-dev-oe2203sp4", {}, "cann8.0.RC1-oe2203sp4-dev"},
                    WriteCase{"DotInOs", "openeuler/tempo", "2.5.0-oe24.03lts", {}, "2.5.0-oe2403lts"},
                    WriteCase{"CapitalsInOs", "openeuler/tempo", "2.5.0-oe2403LTS", {}, "2.5.0-oe2403lts"},
                    WriteCase{"OldOs", "openeuler/tomcat", "9.0.10-20.03-lts-sp1", {}, "9.0.10-oe2003sp1"},
                    WriteCase{"OtherNameOfOs", "openeuler/cann", "cann8.0.RC1-openeuler22.03-lts-sp4", {}, "cann8.0.RC1-oe2203sp4"},
                    WriteCase{"CapitalBase", "openeuler/openeuler", "22.03-LTS-SP2", {}, "22.03-lts-sp2"},
                    WriteCase{"TagPartAsBase", "openeuler/openeuler", "oe2203sp2", {}, std::nullopt}),
    [](const testing::TestParamInfo<WriteCase>& each) { return each.param.name; });

struct DevCase {
    const char* name;
    const char* repository;
    const char* tag;
    Truth truth;
    std::optional<bool> dev;
    std::optional<std::string> written;
};

class WriteDev : public testing::TestWithParam<DevCase> {};

TEST_P(WriteDev, TakesTheMarkAwayAndAddsNone) {
    const DevCase& c = GetParam();
    const Reading reading = read_tag(shipped_rules(), "", c.repository, c.tag);
    EXPECT_EQ(write_tag(shipped_rules(), reading, c.truth, c.dev).value_or("(none)"), c.written.value_or("(none)"));
}

INSTANTIATE_TEST_SUITE_P(
    Marks, WriteDev,
    testing::Values(DevCase{"AsItDoes", "openeuler/cann", "cann8.0.RC1-oe2203sp4-dev", {}, std::nullopt, "cann8.0.RC1-oe2203sp4-dev"},
                    DevCase{"StillMarked", "openeuler/cann", "cann8.0.RC1-oe2203sp4-dev", {}, true, "cann8.0.RC1-oe2203sp4-dev"},
                    DevCase{"TakenAway", "openeuler/cann", "cann8.0.RC1-oe2203sp4-dev", {}, false, "cann8.0.RC1-oe2203sp4"},
                    DevCase{"TakenAwayAndMended", "openeuler/cann", "8.0.RC1-oe2203sp4-dev", {{"openeuler", "24.03-LTS"}}, false, "8.0.RC1-oe2403lts"},
                    DevCase{"TakenFromTheMiddle", "openeuler/cann", "cann8.0.RC1-dev-oe2203sp4", {}, false, "cann8.0.RC1-oe2203sp4"},
                    DevCase{"NoneToTakeAway", "openeuler/cann", "cann8.0.RC1-oe2203sp4", {}, false, "cann8.0.RC1-oe2203sp4"},
                    DevCase{"NoneIsAdded", "openeuler/cann", "cann8.0.RC1-oe2203sp4", {}, true, std::nullopt}),
    [](const testing::TestParamInfo<DevCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veritag::tag
