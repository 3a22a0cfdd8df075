#include "catalog/lint.h"

#include "base/text.h"
#include "catalog/patch.h"
#include "made_up_tree.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace veritag::catalog {
namespace {

struct LintCase {
    const char* name;
    const char* image;
    const char* tag;
    const char* path;
    const char* dockerfile;
    const char* findings;
};
std::ostream& operator<<(std::ostream& out, const LintCase& c) { return out << c.name; }

class OneTag : public testing::TestWithParam<LintCase> {};
TEST_P(OneTag, IsJudged) {
    const LintCase& c = GetParam();
    const std::vector<Finding> findings = OnDisk(one(c.image, c.tag, c.path, c.dockerfile)).lint().findings;
    EXPECT_EQ(told(findings), c.findings) << (findings.empty() ? "" : findings.front().message);
}
constexpr const char* kPath = "1.2.3/24.03-lts-sp4/Dockerfile";
INSTANTIATE_TEST_SUITE_P(
    Trees, OneTag,
    testing::Values(
        LintCase{"Right", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/openeuler:24.03-lts-sp4\n", ""},
        LintCase{"RightByArg", "app", "1.2.3-oe2403sp4", kPath, "ARG BASE=openeuler/openeuler:24.03-lts-sp4\nFROM ${BASE}\n", ""},
        LintCase{"OldSystem", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/openeuler:24.03-lts\n",
                 "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1 => FROM openeuler/openeuler:24.03-lts-sp4\n"},
        LintCase{"OldSystemByShortName", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler:24.03-lts\n", "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1 => FROM openeuler:24.03-lts-sp4\n"},
        LintCase{"OldSystemByArg", "app", "1.2.3-oe2403sp4", kPath, "# x\nARG OS=24.03-lts-sp3\nARG BASE=openeuler/openeuler:${OS}\nFROM $BASE\n",
                 "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:2 => ARG OS=24.03-lts-sp4\n"},
        LintCase{"OldSystemInTheFinalStage", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/openeuler:24.03-lts-sp4 AS b\nFROM openeuler/openeuler:22.03-lts-sp4\nCOPY --from=b /x /x\n",
                 "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:2 => FROM openeuler/openeuler:24.03-lts-sp4\n"},
        LintCase{"OldSystemInTheBuildStage", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/openeuler:22.03-lts-sp4 AS b\nFROM openeuler/openeuler:24.03-lts-sp4\n", ""},
        LintCase{"OlderDistroless", "app", "1.2.3-oe2403sp1", "1.2.3/24.03-lts-sp1/Dockerfile", "FROM openeuler/distroless-static:1.0.0-oe2403lts\n",
                 "os-mismatch S/app/1.2.3/24.03-lts-sp1/Dockerfile:1\n"},
        LintCase{"SameDistroless", "app", "1.2.3-oe2403lts", "1.2.3/24.03-lts/Dockerfile", "FROM openeuler/distroless-static:1.0.0-oe2403lts\n", ""},
        LintCase{"Distrofile", "distroless-cc", "12.3.1-oe2403sp1", "12.3.1/24.03-lts-sp1/Distrofile", "name: distroless-cc\nbase: scratch\nrelease: 24.03-LTS\n",
                 "os-mismatch S/distroless-cc/12.3.1/24.03-lts-sp1/Distrofile:3\n"},
        LintCase{"DistrofileOfTheRelease", "distroless-cc", "12.3.1-oe2403sp1", "12.3.1/24.03-lts-sp1/Distrofile", "release: 24.03-LTS-SP1\n", ""},
        LintCase{"ForeignDistroless", "app", "1.2.3-oe2403sp4", kPath, "FROM gcr.io/distroless/static:nonroot\n", "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"Scratch", "app", "1.2.3-oe2403sp4", kPath, "FROM scratch\nADD x /\n", ""},
        LintCase{"ForeignSystem", "app", "1.2.3-oe2403sp4", kPath, "FROM rockylinux:9\n", "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"ForeignSystemOfTheMaker", "app", "1.2.3-oe2403sp4", kPath, "FROM docker.io/rockylinux/rockylinux:9-minimal\n", "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"ForeignSystemOfNvidia", "app", "1.2.3-oe2403sp4", kPath, "FROM nvidia/cuda:12.1.1-devel-rockylinux9\n", "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"GuessIsNoProof", "app", "1.2.3-oe2403sp4", kPath, "FROM someone/thing:1.0-ubuntu22.04\n", "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"OtherRegistry", "app", "1.2.3-oe2403sp4", kPath, "FROM registry.example/openeuler/openeuler:22.03-lts\n", "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"KnownRegistry", "app", "1.2.3-oe2403sp4", kPath, "FROM hub.oepkgs.net/openeuler/openeuler:22.03-lts\n",
                 "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1 => FROM hub.oepkgs.net/openeuler/openeuler:24.03-lts-sp4\n"},
        LintCase{"NoDefault", "app", "1.2.3-oe2403sp4", kPath, "ARG BASE\nFROM $BASE\n", "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:2\n"},
        LintCase{"Digest", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/openeuler:22.03-lts@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                 "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"Upgraded", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/openeuler:24.03-lts\nRUN dnf distro-sync -y\n", "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"Overlaid", "app", "1.2.3-oe2403sp4", kPath, "FROM a/b:1 AS root\nFROM openeuler/openeuler:24.03-lts\nCOPY --from=root / /\n", "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:2\n"},
        LintCase{"Floating", "app", "1.2.3-oe2203sp4", "1.2.3/22.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:22.03\n",
                 "base-floating S/app/1.2.3/22.03-lts-sp4/Dockerfile:1 => FROM openeuler/openeuler:22.03-lts-sp4\n"},
        LintCase{"FloatingNeverWas", "app", "1.2.3-oe2203lts", "1.2.3/22.03-lts/Dockerfile", "FROM openeuler/openeuler:22.03\n",
                 "os-mismatch S/app/1.2.3/22.03-lts/Dockerfile:1 => FROM openeuler/openeuler:22.03-lts\nbase-floating S/app/1.2.3/22.03-lts/Dockerfile:1 => FROM openeuler/openeuler:22.03-lts\n"},
        LintCase{"FloatingOnceWas", "app", "1.2.3-oe2203sp3", "1.2.3/22.03-lts-sp3/Dockerfile", "FROM openeuler/openeuler:22.03\n",
                 "base-floating S/app/1.2.3/22.03-lts-sp3/Dockerfile:1 => FROM openeuler/openeuler:22.03-lts-sp3\n"},
        LintCase{"FloatingNewerThanTheRules", "app", "1.2.3-oe2403sp9", "1.2.3/24.03-lts-sp9/Dockerfile", "FROM openeuler/openeuler\n",
                 "base-floating S/app/1.2.3/24.03-lts-sp9/Dockerfile:1 => FROM openeuler/openeuler:24.03-lts-sp9\n"},
        LintCase{"LatestOfAnApplication", "app", "1.2.3-oe2403sp4", kPath, "FROM openeuler/npmjs:latest\n",
                 "base-floating S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\nunproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"ServicePackLeftOpen", "app", "1.2.3-oe2203lts", "1.2.3/22.03-lts/Dockerfile", "FROM quay.io/ascend/cann:8.1.rc1-910b-openeuler22.03-py3.10\n",
                 "unproven S/app/1.2.3/22.03-lts/Dockerfile:1\n"},
        LintCase{"OtherReleaseLeftOpen", "app", "1.2.3-oe2403sp4", kPath, "FROM quay.io/ascend/cann:8.1.rc1-910b-openeuler22.03-py3.10\n", "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"BumpThatLeftTheBase", "pytorch", "2.2.0-cann8.1.RC1-oe2203sp4", "2.2.0-cann8.1.RC1/22.03-lts-sp4/Dockerfile",
                 "ARG BASE=openeuler/cann:8.0.RC1-oe2203sp4\nFROM ${BASE}\nRUN pip install torch==2.2.0\n", "sdk-mismatch S/pytorch/2.2.0-cann8.1.RC1/22.03-lts-sp4/Dockerfile:1\n"},
        LintCase{"SdkOfItsOwn", "pytorch", "2.2.0-cann8.1.RC1-oe2203sp4", "2.2.0-cann8.1.RC1/22.03-lts-sp4/Dockerfile",
                 "ARG BASE=openeuler/cann:8.0.RC1-oe2203sp4\nARG SDK=8.1.RC1\nFROM ${BASE}\nARG SDK\nRUN ./install-$SDK.run && pip install torch==2.2.0\n", ""},
        LintCase{"ToolOfAPackage", "cuda", "13.0.0-python3.11-oe2403lts", "13.0.0-python3.11/24.03-lts/Dockerfile", "FROM openeuler/python:3.10.17-oe2403lts\nRUN dnf install python311 && ./cuda_13.0.0.run\n", ""},
        LintCase{"OtherTool", "cuda", "13.0.0-python3.11-oe2403lts", "13.0.0-python3.11/24.03-lts/Dockerfile", "FROM openeuler/python:3.10.17-oe2403lts\nRUN ./cuda_13.0.0.run\n",
                 "tool-mismatch S/cuda/13.0.0-python3.11/24.03-lts/Dockerfile:1\n"},
        LintCase{"SameTool", "cuda", "13.0.0-python3.10-oe2403lts", "13.0.0-python3.10/24.03-lts/Dockerfile", "FROM openeuler/python:3.10.17-oe2403lts\nRUN ./cuda_13.0.0.run\n", ""},
        LintCase{"VersionArgument", "next", "15.3.4-oe2403sp4", "15.3.4/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\nARG VERSION=15.3.0\nRUN get next@${VERSION}\n",
                 "app-mismatch S/next/15.3.4/24.03-lts-sp4/Dockerfile:2\n"},
        LintCase{"VersionArgumentOfTheBase", "next", "15.3-oe2403lts", "15.3/24.03-lts/Dockerfile", "ARG VERSION=24.03-lts\nFROM openeuler/openeuler:${VERSION}\nRUN echo ${VERSION}\n", ""},
        LintCase{"VersionArgumentUnused", "next", "15.3.4-oe2403sp4", "15.3.4/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\nARG VERSION=15.3.0\n",
                 "unproven S/next/15.3.4/24.03-lts-sp4/Dockerfile:2\n"},
        LintCase{"PathOfAnotherSystem", "app", "1.2.3-oe2403sp3", kPath, "FROM openeuler/openeuler:24.03-lts-sp4\n", "path-mismatch S/app/meta.yml:2\n"},
        LintCase{"PathOfAnotherVersion", "app", "1.2.4-oe2403sp4", kPath, "FROM openeuler/openeuler:24.03-lts-sp4\n", "path-mismatch S/app/meta.yml:2\n"},
        LintCase{"ShorterFolder", "app", "1.2.3-oe2403sp4", "1.2/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n", ""},
        LintCase{"LongFormInAShortFolder", "cann", "cann7.0.RC1.alpha002-oe2203sp2", "7.0.RC1.alpha002/22.03-lts-sp2/Dockerfile", "FROM openeuler/openeuler:22.03-lts-sp2\n", ""},
        LintCase{"FolderWithoutVersion", "app", "1.2.3-oe2403sp4", "cpu/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n", ""},
        LintCase{"VersionLikeARelease", "app", "26.05-oe2403sp4", "26.05/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n", ""},
        LintCase{"IllegalTag", "app", "velinux/1.0+a-oe2403sp4", "1.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n", "catalog-invalid S/app/meta.yml:1\n"},
        LintCase{"Misspelt", "app", "2.5.0-oe24.03sp4", "2.5.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n", "tag-form S/app/meta.yml:1\n"},
        LintCase{"Unreadable", "app", "2.5.0", "2.5.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n", "tag-syntax S/app/meta.yml:1\n"},
        LintCase{"OutOfOrder", "llm", "chatglm6b-cann7.0.RC1-pytorch2.1.0-oe2203sp2", "chatglm/22.03-lts-sp2/Dockerfile", "FROM openeuler/openeuler:22.03-lts-sp2\n", "tag-order S/llm/meta.yml:1\n"},
        LintCase{"NoFrom", "app", "1.2.3-oe2403sp4", kPath, "RUN x\n",
                 "catalog-invalid S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\ncatalog-invalid S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\n"}),
    [](const testing::TestParamInfo<LintCase>& each) { return each.param.name; });

TEST(Lint, FollowsBasesThroughTheTree) {
    const Files files{{"S/a/meta.yml", "1.0-oe2403sp4:\n  path: 1.0/24.03-lts-sp4/Dockerfile\n"},
                      {"S/a/1.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/b:2.0-oe2403sp4\n"},
                      {"S/b/meta.yml", "2.0-oe2403sp4:\n  path: 2.0/24.03-lts-sp4/Dockerfile\n"},
                      {"S/b/2.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts\n"}};
    const std::vector<Finding> findings = OnDisk(files).lint().findings;
    EXPECT_EQ(told(findings), "os-mismatch S/a/1.0/24.03-lts-sp4/Dockerfile:1\nos-mismatch S/b/2.0/24.03-lts-sp4/Dockerfile:1 => FROM openeuler/openeuler:24.03-lts-sp4\n");
    EXPECT_EQ(findings.at(0).message,
              "The tag 1.0-oe2403sp4 claims openEuler 24.03-LTS-SP4; its final base \"openeuler/b:2.0-oe2403sp4\" is itself built on \"openeuler/openeuler:24.03-lts\", which is openEuler "
              "24.03-LTS. Mend the Dockerfile of openeuler/b:2.0-oe2403sp4 first.");
}

TEST(Lint, MendsToATagThatTheTreeHas) {
    Files files{{"S/a/meta.yml", "1.0-oe2403sp4:\n  path: 1.0/24.03-lts-sp4/Dockerfile\n"},
                {"S/a/1.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/b:2.0-oe2403lts\n"},
                {"S/b/meta.yml", "2.0-oe2403sp4:\n  path: 2.0/24.03-lts-sp4/Dockerfile\n"},
                {"S/b/2.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "os-mismatch S/a/1.0/24.03-lts-sp4/Dockerfile:1 => FROM openeuler/b:2.0-oe2403sp4\n");
    files["S/b/2.0/24.03-lts-sp4/Dockerfile"] = "FROM scratch\n";
    files.erase("S/b/meta.yml");
    const std::vector<Finding> alone = OnDisk(files).lint().findings;
    EXPECT_EQ(told(alone), "os-mismatch S/a/1.0/24.03-lts-sp4/Dockerfile:1\n");
    EXPECT_EQ(alone.at(0).suggestion, "1.0-oe2403lts");
}

TEST(Lint, EndsOnCycles) {
    const Files files{{"S/a/meta.yml", "1.0-oe2403sp4:\n  path: 1.0/24.03-lts-sp4/Dockerfile\n"},
                      {"S/a/1.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/b:2.0-oe2403sp4\n"},
                      {"S/b/meta.yml", "2.0-oe2403sp4:\n  path: 2.0/24.03-lts-sp4/Dockerfile\n"},
                      {"S/b/2.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/a:1.0-oe2403sp4\n"}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "unproven S/a/1.0/24.03-lts-sp4/Dockerfile:1\nunproven S/b/2.0/24.03-lts-sp4/Dockerfile:1\n");
}

TEST(Lint, JudgesPaths) {
    const Files files{{"S/image-list.yml", "images:\n  app: app\n"},
                      {"S/app/meta.yml",
                       "1.0.0-oe2403sp4:\n  path: 1.0.0/24.03-lts-sp4/Dockerfile\n1.0.1-oe2403sp4:\n  path: 1.0.0/24.03-lts-sp4/Dockerfile\n"
                       "2.0.0-oe2403sp4:\n  path: /2.0.0/24.03-lts-sp4/Dockerfile\n3.0.0-oe2403sp4:\n  path: S/app/3.0.0/24.03-lts-sp4/Dockerfile\n"
                       "4.0.0-oe2403sp4:\n  path: 3.0.0/24.03-lts/Dockerfile\n5.0.0-oe2403sp4:\n  path: ../../etc/passwd\n"},
                      {"S/app/1.0.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"},
                      {"S/app/2.0.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"},
                      {"S/app/3.0.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"},
                      {"S/app/4.0.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"}};
    EXPECT_EQ(told(OnDisk(files).lint().findings),
              "path-mismatch S/app/meta.yml:4\npath-dead S/app/meta.yml:6 => path: 2.0.0/24.03-lts-sp4/Dockerfile\n"
              "path-dead S/app/meta.yml:8 => path: 3.0.0/24.03-lts-sp4/Dockerfile\npath-dead S/app/meta.yml:10 => path: 4.0.0/24.03-lts-sp4/Dockerfile\npath-dead S/app/meta.yml:12\n");
}

TEST(Lint, OneDockerfileWithoutFoldersGivesOneVersion) {
    const Files files{{"S/app/meta.yml", "1.0.0-oe2403sp4:\n  path: Dockerfile\n2.0.0-oe2403sp4:\n  path: Dockerfile\n"}, {"S/app/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "path-mismatch S/app/meta.yml:4\n");
}

TEST(Lint, AMendThatHarmsAnotherTagIsNotOffered) {
    const Files files{{"S/app/meta.yml", "1.0.0-oe2403lts:\n  path: Dockerfile\n1.0.0-oe2403sp4:\n  path: Dockerfile\n"}, {"S/app/Dockerfile", "FROM openeuler/openeuler:24.03-lts\n"}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "os-mismatch S/app/Dockerfile:1\n");
}

TEST(Lint, DirectoriesThatPublishTheSameRepository) {
    const Files files{{"AI/image-list.yml", "images:\n  tensorrt: tensorrt\n  gone: gone\n"}, {"AI/tensorrt/meta.yml", ""}, {"HPC/image-list.yml", "images:\n  other: other\n  tensorrt: trt\n"},
                      {"HPC/trt/meta.yml", ""}, {"HPC/other/meta.yml", ""}, {"X/tensorrt/meta.yml", ""}, {"HPC/other/sub/tensorrt/meta.yml", ""}};
    EXPECT_EQ(told(OnDisk(files).lint().findings), "path-dead AI/image-list.yml:3\ncatalog-duplicate HPC/image-list.yml:3\ncatalog-duplicate X/tensorrt/meta.yml:1\n");
}

TEST(Lint, ABrokenMetaIsAFindingAndTheRestIsJudged) {
    Files files = one("app", "1.2.3-oe2403sp4", "1.2.3/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts\n");
    files["S/bad/meta.yml"] = "1.0-oe2403lts:\n\tpath: x\n";
    const LintResult result = OnDisk(files).lint();
    EXPECT_EQ(told(result.findings, false), "os-mismatch S/app/1.2.3/24.03-lts-sp4/Dockerfile:1\ncatalog-invalid S/bad/meta.yml:2\n");
    EXPECT_EQ(result.coverage.metas, 2U);
    EXPECT_EQ(result.coverage.tags, 1U);
    EXPECT_EQ(result.coverage.dockerfiles, 1U);
}

TEST(Lint, FollowsNoLinkOutOfTheTree) {
    const OnDisk outside(Files{{"secret", "FROM openeuler/openeuler:22.03-lts\n"}});
    Files files{{"S/app/meta.yml", "1.0-oe2403sp4:\n  path: 1.0/24.03-lts-sp4/Dockerfile\n2.0-oe2403sp4:\n  path: 2.0/24.03-lts-sp4/Dockerfile\n"}, {"S/app/2.0/24.03-lts-sp4/x", ""}};
    const OnDisk tree(files);
    fs::create_directories(tree.root() / "S/app/1.0/24.03-lts-sp4");
    fs::create_symlink(outside.root() / "secret", tree.root() / "S/app/1.0/24.03-lts-sp4/Dockerfile");
    fs::create_symlink("x", tree.root() / "S/app/2.0/24.03-lts-sp4/Dockerfile");
    EXPECT_EQ(told(tree.lint().findings).substr(0, 27), "catalog-invalid S/app/2.0/2");
    EXPECT_NE(told(tree.lint().findings).find("path-dead S/app/meta.yml:2\n"), std::string::npos);
}

TEST(Lint, AFileThatIsTooLargeIsUnprovenNotClean) {
    const LintResult result = OnDisk(one("app", "1.2.3-oe2403sp4", "1.2.3/24.03-lts-sp4/Dockerfile", std::string(2 << 20, '#'))).lint();
    ASSERT_EQ(told(result.findings), "unproven S/app/1.2.3/24.03-lts-sp4/Dockerfile:0\n");
    EXPECT_EQ(result.findings[0].severity, Severity::warning);
}

TEST(Lint, AScriptBesideTheDockerfileMayInstallTheVersion) {
    Files files = one("pytorch", "2.2.0-cann8.1.RC1-oe2203sp4", "2.2.0-cann8.1.RC1/22.03-lts-sp4/Dockerfile", "FROM openeuler/cann:8.0.RC1-oe2203sp4\nCOPY x.sh /\nRUN /x.sh\n");
    EXPECT_EQ(told(OnDisk(files).lint().findings), "sdk-mismatch S/pytorch/2.2.0-cann8.1.RC1/22.03-lts-sp4/Dockerfile:1\n");
    files["S/pytorch/2.2.0-cann8.1.RC1/22.03-lts-sp4/scripts/x.sh"] = "curl -O https://example/cann_8.1.RC1.run\n";
    EXPECT_EQ(told(OnDisk(files).lint().findings), "");
}

TEST(Lint, NamesBothSidesAndWhatToDo) {
    const std::vector<Finding> findings = OnDisk(one("app", "1.2.3-oe2403sp4", "1.2.3/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts\n")).lint().findings;
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].message,
              "The tag 1.2.3-oe2403sp4 claims openEuler 24.03-LTS-SP4; its final base \"openeuler/openeuler:24.03-lts\" is openEuler 24.03-LTS. Start from openeuler/openeuler:24.03-lts-sp4.");
    EXPECT_EQ(findings[0].claimed, "24.03-LTS-SP4");
    EXPECT_EQ(findings[0].observed, "24.03-LTS");
}

TEST(ReadTree, RefusesWhatIsNoDirectory) {
    const Result<Tree> tree = read_tree("/nonexistent/x", "openeuler", {});
    ASSERT_FALSE(tree);
    EXPECT_EQ(tree.error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace veritag::catalog
