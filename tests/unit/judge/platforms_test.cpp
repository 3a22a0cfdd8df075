#include "judge/platforms.h"

#include "cases.h"

#include <gtest/gtest.h>

namespace veritag::judge {
namespace {

ImageReport image(std::string platform, std::vector<Observation> observed, std::vector<Claim> claims = {}, const std::string& digest = "") {
    ImageReport report;
    report.platform = std::move(platform);
    report.digest = digest.empty() ? "sha256:" + report.platform : digest;
    report.verdict = Verdict::pass;
    report.observed = std::move(observed);
    report.claims = std::move(claims);
    return report;
}

ImageReport broken(std::string platform, ErrorCode code) {
    ImageReport report;
    report.platform = std::move(platform);
    report.digest = "sha256:gone";
    report.error = Error{code, "fetch manifest", "", "", ""};
    report.manifest_absent = code == ErrorCode::not_found;
    return report;
}

Observation puffin(std::string version) { return seen("puffin", ComponentKind::os, std::move(version)); }
Observation bluekit(std::string version) { return seen("bluekit", ComponentKind::sdk, std::move(version)); }
Observation quill(std::string version) { return seen("quill", ComponentKind::tool, std::move(version)); }

// "platform verdict: code/component claimed>observed" of every image.
std::string text_of(const std::vector<ImageReport>& images) {
    std::string text;
    for (const ImageReport& each : images) {
        text += (text.empty() ? "" : " | ") + each.platform + " " + std::string(to_string(each.verdict)) + ":";
        for (const Finding& f : each.findings) text += " " + f.code + "/" + f.component + " " + f.claimed.value_or("-") + ">" + f.observed.value_or("-");
    }
    return text;
}

struct PlatformCase {
    const char* name;
    std::vector<ImageReport> images;
    const char* outcome;
};

class Platforms : public testing::TestWithParam<PlatformCase> {};

TEST_P(Platforms, AreCompared) {
    std::vector<ImageReport> images = GetParam().images;
    compare_platforms(test::test_rules(), images);
    EXPECT_EQ(text_of(images), GetParam().outcome);
}

INSTANTIATE_TEST_SUITE_P(
    Contents, Platforms,
    testing::Values(
        PlatformCase{"Same", {image("linux/a", {puffin("5.1")}), image("linux/b", {puffin("5.1")})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"One", {image("linux/a", {puffin("5.1")})}, "linux/a pass:"},
        PlatformCase{"OtherSystemRelease", {image("linux/a", {puffin("5.1")}), image("linux/b", {puffin("5.0")})},
                     "linux/a fail: platform-divergence/puffin 5.0 on linux/b>5.1 | linux/b fail: platform-divergence/puffin 5.1 on linux/a>5.0"},
        PlatformCase{"OnePlatformTwice", {image("linux/a", {puffin("5.1")}, {}, "sha256:1"), image("linux/a", {puffin("5.0")}, {}, "sha256:2")},
                     "linux/a fail: platform-divergence/puffin 5.0 on linux/a (sha256:2)>5.1 | linux/a fail: platform-divergence/puffin 5.1 on linux/a (sha256:1)>5.0"},
        PlatformCase{"OneOfThree", {image("linux/a", {puffin("5.1")}), image("linux/b", {puffin("5.0")}), image("linux/c", {puffin("5.1")})},
                     "linux/a fail: platform-divergence/puffin 5.0 on linux/b>5.1 | linux/b fail: platform-divergence/puffin 5.1 on linux/a; 5.1 on linux/c>5.0 | "
                     "linux/c fail: platform-divergence/puffin 5.0 on linux/b>5.1"},
        PlatformCase{"LessIsKnownOnOne", {image("linux/a", {bluekit("12.6.2")}), image("linux/b", {bluekit("12.6")})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"OneOfSeveralAgrees", {image("linux/a", {bluekit("12.6.2"), bluekit("11.8")}), image("linux/b", {bluekit("11.8")})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"NoneOfSeveralAgrees", {image("linux/a", {bluekit("12.6"), bluekit("12.5")}), image("linux/b", {bluekit("11.8")})},
                     "linux/a fail: platform-divergence/bluekit 11.8 on linux/b>12.6, 12.5 | linux/b fail: platform-divergence/bluekit 12.6, 12.5 on linux/a>11.8"},
        PlatformCase{"AbsentOnOne", {image("linux/a", {bluekit("12.6")}), image("linux/b", {})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"PresenceWithoutVersion", {image("linux/a", {bluekit("12.6")}), image("linux/b", {bluekit("")})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"SettingsProveNothing", {image("linux/a", {bluekit("12.6")}), image("linux/b", {seen("bluekit", ComponentKind::sdk, "11.8", false)})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"UnclaimedTool", {image("linux/a", {quill("1.0")}), image("linux/b", {quill("2.0")})}, "linux/a pass: | linux/b pass:"},
        PlatformCase{"ClaimedTool", {image("linux/a", {quill("1.0")}, {claim("quill", ComponentKind::tool, "1.0")}), image("linux/b", {quill("2.0")})},
                     "linux/a fail: platform-divergence/quill 2.0 on linux/b>1.0 | linux/b fail: platform-divergence/quill 1.0 on linux/a>2.0"},
        PlatformCase{"NoRuleKnowsIt", {image("linux/a", {seen("what", ComponentKind::sdk, "1")}), image("linux/b", {seen("what", ComponentKind::sdk, "2")})}, "linux/a pass: | linux/b pass:"}),
    [](const testing::TestParamInfo<PlatformCase>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Absent, Platforms,
    testing::Values(
        PlatformCase{"Missing", {image("linux/a", {puffin("5.1")}), broken("linux/b", ErrorCode::not_found)}, "linux/a warn: platform-missing/ linux/b>- | linux/b error:"},
        PlatformCase{"MissingWithoutName", {image("linux/a", {puffin("5.1")}), broken("", ErrorCode::not_found)},
                     "linux/a warn: platform-missing/ a platform without a name>- |  error:"},
        PlatformCase{"UnreadableIsNotMissing", {image("linux/a", {puffin("5.1")}), broken("linux/b", ErrorCode::network)}, "linux/a pass: | linux/b error:"},
        PlatformCase{"AllMissing", {broken("linux/a", ErrorCode::not_found), broken("linux/b", ErrorCode::not_found)}, "linux/a error: | linux/b error:"},
        PlatformCase{"UnreadableIsNotCompared", {image("linux/a", {puffin("5.1")}), image("linux/b", {puffin("5.1")}), broken("linux/c", ErrorCode::network)},
                     "linux/a pass: | linux/b pass: | linux/c error:"}),
    [](const testing::TestParamInfo<PlatformCase>& each) { return std::string(each.param.name); });

TEST(Platforms, ObservationsOfAnUnreadableImageDoNotCount) {
    std::vector<ImageReport> images{image("linux/a", {puffin("5.1")}), image("linux/b", {puffin("5.0")})};
    images[1].error = Error{ErrorCode::network, "read layer", "", "", ""};
    images[1].verdict = Verdict::error;
    compare_platforms(test::test_rules(), images);
    EXPECT_EQ(text_of(images), "linux/a pass: | linux/b error:");
}

TEST(Platforms, MoreVersionsThanAnyImageHasAreNotCompared) {
    std::vector<Observation> many;
    for (int i = 0; i < 17; ++i) many.push_back(bluekit("11." + std::to_string(i)));
    std::vector<ImageReport> images{image("linux/a", {bluekit("12.6")}), image("linux/b", many)};
    compare_platforms(test::test_rules(), images);
    EXPECT_EQ(text_of(images), "linux/a pass: | linux/b pass:");
    images[1].observed.pop_back();
    compare_platforms(test::test_rules(), images);
    EXPECT_EQ(images[0].findings.size(), 1U);
    EXPECT_EQ(images[1].findings.size(), 1U);
}

TEST(Platforms, ErrorsStandBeforeWhatWasFoundEarlier) {
    std::vector<ImageReport> images{image("linux/a", {puffin("5.1")}), image("linux/b", {puffin("5.0")})};
    images[0].findings = {{.code = "tag-short", .severity = Severity::info, .component = "", .claimed = {}, .observed = {}, .message = "", .evidence = {}, .suggestion = {}}};
    compare_platforms(test::test_rules(), images);
    ASSERT_EQ(images[0].findings.size(), 2U);
    EXPECT_EQ(images[0].findings[0].code, "platform-divergence");
    EXPECT_EQ(images[0].findings[0].message, "One tag, and not one content: Puffin Linux is 5.1 on linux/a, but 5.0 on linux/b.");
    EXPECT_EQ(images[0].findings[0].evidence, std::vector<Evidence>{at("proof/of/puffin")});
}

}  // namespace
}  // namespace veritag::judge
