#include "source/target_filter.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace veritag::source {
namespace {

TEST(TargetFilter, KeepsAllWhereItIsEmpty) {
    EXPECT_TRUE(keeps_repository({}, "openeuler/cann"));
    EXPECT_TRUE(keeps_tag({}, "latest"));
    EXPECT_TRUE(check_filter({}));
}

TEST(TargetFilter, KeepsWhatAGlobMatchesAndNoOtherDrops) {
    const TargetFilter filter{{"openeuler/*", "mirror/**"}, {"openeuler/test-*"}, {"*-oe2{203,403}*"}, {"*-dev"}};
    ASSERT_TRUE(check_filter(filter));
    EXPECT_TRUE(keeps_repository(filter, "openeuler/cann"));
    EXPECT_FALSE(keeps_repository(filter, "openeuler/sub/cann"));
    EXPECT_TRUE(keeps_repository(filter, "mirror/a/b/c"));
    EXPECT_FALSE(keeps_repository(filter, "openeuler/test-x"));
    EXPECT_FALSE(keeps_repository(filter, "other/cann"));
    EXPECT_TRUE(keeps_tag(filter, "8.0.RC1-oe2203sp4"));
    EXPECT_FALSE(keeps_tag(filter, "8.0.RC1-oe2203sp4-dev"));
    EXPECT_FALSE(keeps_tag(filter, "latest"));
}

TEST(TargetFilter, DropsAlone) {
    const TargetFilter filter{{}, {"openeuler/x"}, {}, {"latest"}};
    EXPECT_FALSE(keeps_repository(filter, "openeuler/x"));
    EXPECT_TRUE(keeps_repository(filter, "openeuler/y"));
    EXPECT_FALSE(keeps_tag(filter, "latest"));
    EXPECT_TRUE(keeps_tag(filter, "1"));
}

TEST(TargetFilter, GlobsThatCannotWorkAreNamed) {
    EXPECT_EQ(check_filter({{}, {}, {}, {"x{"}}).error().code, ErrorCode::usage);
    EXPECT_EQ(check_filter({{}, {"a**b"}, {}, {}}).error().message(),
              "read filter: repositories left out: \"a**b\" is no glob: \"**\" must be a whole segment");
}

std::string to_text(const Result<TargetList>& list) {
    if (!list) return list.error().message();
    std::string text;
    for (const TargetList::Entry& entry : list->entries) {
        text += std::to_string(entry.line) + " " + entry.registry + "/" + entry.repository;
        if (!entry.tags.empty()) text += " tags " + join(entry.tags, ",");
        if (!entry.platforms.empty()) text += " on " + join(entry.platforms, ",");
        text += "\n";
    }
    for (const std::string& note : list->notes) text += "note " + note + "\n";
    return text;
}

// Written after the structures that the community's scanner reads (opensourceways/image-scanning: scanning/domain/scan_config.go).
constexpr const char* kCommunity = R"(version: "1.0"
scanner:
  global:
    default_arches: [linux/amd64, linux/arm64]
    default_interval: 7d
    output:
      repo: https://gitee.com/openeuler/openeuler-docker-images
      path: scan
repos:
  - registry: docker.io
    namespace: openeuler
    images:
      - cann
      - pytorch
    interval: 1d
  - namespace: openeuler
    registry: hub.oepkgs.net
    arches:
      - aarch64
    images: [openeuler]
images:
  - image: cann
    tags:
      - tag: docker.io/openeuler/cann:8.0.RC1-oe2203sp4
        interval: 24h
        arches:
          - linux/amd64
      - tag: docker.io/openeuler/cann:7.0.RC1-oe2203sp2
        disable: true
  - image: spark
    tags:
      - tag: quay.io/openeuler/spark:3.3.1-oe2203lts
        disable: True
)";

TEST(TargetList, ReadsTheCommunitysFileUnchanged) {
    EXPECT_EQ(to_text(parse_target_list(kCommunity, "image-scanning-config.yml")),
              "13 docker.io/openeuler/cann on linux/amd64,linux/arm64\n"
              "14 docker.io/openeuler/pytorch on linux/amd64,linux/arm64\n"
              "20 hub.oepkgs.net/openeuler/openeuler on linux/arm64\n"
              "24 docker.io/openeuler/cann tags 8.0.RC1-oe2203sp4 on linux/amd64\n"
              "note line 28: docker.io/openeuler/cann:7.0.RC1-oe2203sp2 is disabled, but still one of all tags of its repository\n"
              "note line 32: quay.io/openeuler/spark:3.3.1-oe2203lts is disabled\n");
}

TEST(TargetList, ReadsAPlainList) {
    EXPECT_EQ(to_text(parse_target_list("# ours\r\n\nquay.io/openeuler/cann\n  127.0.0.1:5000/openeuler/cann:8.0-oe2203sp4  # one tag\n"
                                        "docker.io/openeuler/x:latest\n[::1]:5000/a\n",
                                        "targets")),
              "3 quay.io/openeuler/cann\n"
              "4 127.0.0.1:5000/openeuler/cann tags 8.0-oe2203sp4\n"
              "5 docker.io/openeuler/x tags latest\n"
              "6 [::1]:5000/a\n");
}

struct ListCase {
    const char* name;
    const char* text;
    const char* says;
};
class BadList : public testing::TestWithParam<ListCase> {};
TEST_P(BadList, IsAnErrorThatNamesTheLine) {
    const Result<TargetList> list = parse_target_list(GetParam().text, "f");
    ASSERT_FALSE(list) << to_text(list);
    EXPECT_EQ(list.error().code, ErrorCode::config);
    EXPECT_EQ(list.error().message(), GetParam().says);
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadList,
    testing::Values(
        ListCase{"UnknownKeyOfARepository", "repos:\n- registry: quay.io\n  namespace: a\n  imagse: [x]\n",
                 "read target list: f:4:3 repos[0]: \"imagse\" is unknown (known: registry, namespace, images, arches, interval, disable); "
                 "did you mean \"images\"?"},
        ListCase{"UnknownKey", "repo:\n- registry: quay.io\n",
                 "read target list: f:1:1: \"repo\" is unknown (known: version, scanner, repos, images); did you mean \"repos\"?"},
        ListCase{"NoRegistry", "repos:\n- namespace: a\n  images: [x]\n",
                 "read target list: f:2:3 repos[0]: the key \"registry\" is missing"},
        ListCase{"BadName", "repos:\n- registry: quay.io\n  namespace: a\n  images: [X]\n",
                 "read target list: f:4:12 repos[0].images[0]: \"quay.io/a/X\" is no name of a repository with its host; write the "
                 "registry's host, one namespace and the "
                 "image's name without tag"},
        ListCase{"NoHost", "images:\n- image: a\n  tags:\n  - tag: openeuler/cann:8.0\n",
                 "read target list: f:4:5 images[0].tags[0].tag: \"openeuler/cann:8.0\" is no HOST/REPOSITORY:TAG; as "
                 "docker.io/openeuler/cann:8.0.RC1-oe2203sp4"},
        ListCase{"NoTag", "images:\n- image: a\n  tags:\n  - tag: quay.io/openeuler/cann\n",
                 "read target list: f:4:5 images[0].tags[0].tag: \"quay.io/openeuler/cann\" is no HOST/REPOSITORY:TAG; as "
                 "docker.io/openeuler/cann:8.0.RC1-oe2203sp4"},
        ListCase{"BadPlatform", "scanner:\n  global:\n    default_arches: [\"linux//x\"]\n",
                 "read target list: f:3:22 scanner.global.default_arches[0]: \"linux//x\" is no platform; write OS/ARCH[/VARIANT], as "
                 "linux/arm64"},
        ListCase{"BadDisable", "images:\n- tags:\n  - tag: quay.io/a/b:1\n    disable: 2\n",
                 "read target list: f:4:14 images[0].tags[0].disable: \"2\" is unknown (known: true, false)"},
        ListCase{"NotYaml", "repos:\n  - {\n", "read target list: f:3:1: not YAML: end of map flow not found"},
        ListCase{"PlainWithoutHost", "quay.io/a/b\nopeneuler/cann\n",
                 "read target list: f:2: \"openeuler/cann\" is no name of a repository with its host; write HOST/REPOSITORY[:TAG], as "
                 "quay.io/openeuler/cann:8.0.RC1-oe2203sp4"},
        ListCase{"PlainDigest", "quay.io/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n",
                 "read target list: f:1: \"quay.io/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\" is no name "
                 "of a repository with its host; "
                 "write HOST/REPOSITORY[:TAG], as quay.io/openeuler/cann:8.0.RC1-oe2203sp4"},
        ListCase{"Empty", "# nothing\n",
                 "read target list: f:1: no target stands in it; write HOST/REPOSITORY[:TAG], as quay.io/openeuler/cann:8.0.RC1-oe2203sp4"},
        ListCase{
            "EmptyYaml", "repos:\nimages:\n",
            "read target list: f:1: no target stands in it; write HOST/REPOSITORY[:TAG], as quay.io/openeuler/cann:8.0.RC1-oe2203sp4"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(TargetList, WhatMakesNoEntryIsNoted) {
    EXPECT_EQ(
        to_text(parse_target_list(
            "repos:\n- registry: quay.io\n  namespace: a\n- registry: quay.io\n  namespace: b\n  images: [x]\n  disable: yes\n", "f")),
        "note line 2: quay.io/a names no images, so nothing of it is read\n"
        "note line 4: quay.io/b is disabled\n");
}

}  // namespace
}  // namespace veritag::source
