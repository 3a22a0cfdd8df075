#include "detect/merged_image.h"

#include "layers.h"

#include <gtest/gtest.h>

namespace veritag::detect {
namespace {

using namespace veritag::test;

// "path=layer" of every live file, one a line: a failing case reads well.
std::string listing(const MergedImage& image) {
    std::string text;
    image.for_each_file([&](const LiveFile& file) {
        text += file.path + "=" + std::to_string(file.layer);
        if (const Capture* capture = image.capture(file)) text += ":" + capture->content;
        text += "\n";
    });
    return text;
}

struct FoldCase {
    const char* name;
    std::vector<std::shared_ptr<const LayerAnalysis>> layers;
    const char* expected;
};

class Fold : public testing::TestWithParam<FoldCase> {};

TEST_P(Fold, ShowsWhatAContainerWouldSee) { EXPECT_EQ(listing(MergedImage(GetParam().layers)), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Cases, Fold,
    testing::Values(
        FoldCase{"NewerFileReplaces", {layer({file("etc/a", "old")}), layer({file("etc/a", "new")})}, "etc/a=1:new\n"},
        FoldCase{"WhiteoutRemovesFile", {layer({file("etc/a"), file("etc/b")}), layer({whiteout("etc/a")})}, "etc/b=0:x\n"},
        FoldCase{"WhiteoutRemovesTree", {layer({file("opt/sdk/lib/a"), file("opt/sdkb")}), layer({whiteout("opt/sdk")})}, "opt/sdkb=0:x\n"},
        FoldCase{"WhiteoutThenNewFileOfTheSameLayer", {layer({file("etc/a", "old")}), layer({file("etc/a", "new"), whiteout("etc/a")})}, "etc/a=1:new\n"},
        FoldCase{"WhiteoutOfNothing", {layer({file("etc/a")}), layer({whiteout("no/such")})}, "etc/a=0:x\n"},
        FoldCase{"OpaqueHidesOlderContentOnly", {layer({file("opt/a"), file("opt/d/b")}), layer({file("opt/c"), opaque("opt")})}, "opt/c=1:x\n"},
        FoldCase{"OpaqueRootHidesAll", {layer({file("opt/a"), file("b")}), layer({opaque(""), file("c")})}, "c=1:x\n"},
        FoldCase{"FileReplacedByDirectory", {layer({file("opt/x")}), layer({directory("opt/x"), file("opt/x/y")})}, "opt/x/y=1:x\n"},
        FoldCase{"DirectoryReplacedByFile", {layer({directory("opt/x"), file("opt/x/y")}), layer({file("opt/x", "f")})}, "opt/x=1:f\n"},
        FoldCase{"DirectoryReplacedByLink", {layer({file("lib/x/y")}), layer({symlink("lib", "usr/lib")})}, ""},
        FoldCase{"DirectoryEntryKeepsContent", {layer({file("opt/x/y")}), layer({directory("opt/x")})}, "opt/x/y=0:x\n"},
        FoldCase{"FileInTheWayOfAPath", {layer({file("opt/x")}), layer({file("opt/x/y/z")})}, "opt/x/y/z=1:x\n"},
        FoldCase{"HardLinkSharesContent", {layer({file("a", "body"), hardlink("b", "a")})}, "a=0:body\nb=0:body\n"},
        FoldCase{"HardLinkOutlivesItsTarget", {layer({file("a", "body"), hardlink("b", "a")}), layer({whiteout("a")})}, "b=0:body\n"},
        FoldCase{"HardLinkIntoLowerLayer", {layer({file("a", "body")}), layer({hardlink("b", "a")})}, "a=0:body\nb=1:body\n"},
        FoldCase{"HardLinkKeepsOldContent", {layer({file("a", "old"), hardlink("b", "a")}), layer({file("a", "new")})}, "a=1:new\nb=0:old\n"},
        FoldCase{"SymlinkedParentIsFollowed",
                 {layer({symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm"), directory("usr/lib/sysimage/rpm")}), layer({file("var/lib/rpm/db")})},
                 "usr/lib/sysimage/rpm/db=1:x\n"},
        FoldCase{"UsrMerge", {layer({symlink("lib64", "usr/lib64"), file("usr/lib64/a", "old")}), layer({file("lib64/a", "new")})}, "usr/lib64/a=1:new\n"},
        FoldCase{"AbsoluteLinkStaysInTheRoot", {layer({symlink("data", "/srv/data"), directory("srv/data")}), layer({file("data/a")})}, "srv/data/a=1:x\n"},
        FoldCase{"LinkAboveTheRootStaysInTheRoot", {layer({symlink("up", "../../../srv"), directory("srv")}), layer({file("up/a")})}, "srv/a=1:x\n"},
        FoldCase{"LoopOfLinksGivesPlace", {layer({symlink("a", "b"), symlink("b", "a")}), layer({file("a/x")})}, "a/x=1:x\n"},
        FoldCase{"DirectoryEntryReplacesLink", {layer({symlink("lib", "usr/lib"), file("usr/lib/a")}), layer({directory("lib"), file("lib/b")})}, "lib/b=1:x\nusr/lib/a=0:x\n"},
        FoldCase{"WhiteoutOfALinkKeepsItsTarget", {layer({file("v1/a"), symlink("latest", "v1")}), layer({whiteout("latest")})}, "v1/a=0:x\n"},
        FoldCase{"SameNameTwiceInOneLayer", {layer({file("a", "1"), file("a", "2")})}, "a=0:2\n"},
        FoldCase{"MissingLayerIsEmpty", {layer({file("a")}), nullptr}, "a=0:x\n"}),
    [](const testing::TestParamInfo<FoldCase>& each) { return each.param.name; });

TEST(MergedImage, FindsFilesThroughLinks) {
    const MergedImage image({layer({file("usr/lib/os-release", "ID=x"), symlink("etc/os-release", "../usr/lib/os-release"), file("opt/7.0/f", "seven"), symlink("opt/latest", "7.0")})});
    ASSERT_TRUE(image.file("etc/os-release"));
    EXPECT_EQ(image.file("etc/os-release")->path, "usr/lib/os-release");
    ASSERT_TRUE(image.file("opt/latest/f"));
    EXPECT_EQ(image.file("opt/latest/f")->path, "opt/7.0/f");
    EXPECT_FALSE(image.file("opt/latest"));
    EXPECT_TRUE(image.directory_exists("opt/latest"));
    EXPECT_FALSE(image.file("no/such"));
}

TEST(MergedImage, HardLinkWithoutTargetIsAProblem) {
    const MergedImage image({layer({hardlink("b", "gone")})});
    ASSERT_EQ(image.problems().size(), 1U);
    EXPECT_EQ(image.problems()[0].path, "b");
    EXPECT_EQ(image.problems()[0].message, "layer 0: a hard link to \"gone\", which is not there");
}

TEST(MergedImage, KnowsWhichEntryIsLive) {
    const MergedImage image({layer({file("a"), file("b/c")}), layer({file("a"), whiteout("b/c")})});
    EXPECT_FALSE(image.is_live("a", 0));
    EXPECT_TRUE(image.is_live("a", 1));
    EXPECT_FALSE(image.is_live("b/c", 0));
    EXPECT_FALSE(image.is_live("b", 0)) << "a parent that no entry names";
}

TEST(MergedImage, WalksDeepTreesWithoutTheStack) {
    std::string path;
    for (int i = 0; i < 2000; ++i) path += "d/";
    const MergedImage image({layer({file(path + "f")})});
    std::size_t files = 0;
    image.for_each_file([&](const LiveFile&) { ++files; });
    EXPECT_EQ(files, 1U);
}

TEST(MergedImage, OlderDatabasesEndAtAWhiteout) {
    const std::string path = "var/lib/rpm/Packages.db";
    const MergedImage kept({layer({database(path, {rpm("a", "1-1")})}), layer({database(path, {rpm("a", "1-1"), rpm("b", "1-1")})})});
    EXPECT_EQ(kept.older_versions(*kept.file(path)).size(), 1U);
    const MergedImage cut({layer({database(path, {rpm("a", "1-1")})}), layer({whiteout("var/lib/rpm")}), layer({database(path, {rpm("a", "1-1")})})});
    EXPECT_EQ(cut.older_versions(*cut.file(path)).size(), 0U);
}

}  // namespace
}  // namespace veritag::detect
