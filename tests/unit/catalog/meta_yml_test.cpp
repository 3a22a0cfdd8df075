#include "catalog/meta_yml.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::catalog {
namespace {

std::string shown(const std::vector<Mistake>& mistakes) {
    std::string text;
    for (const Mistake& each : mistakes) text += std::to_string(each.line) + ": " + each.message + "\n";
    return text;
}

TEST(MetaYml, ReadsTagsWithTheirLines) {
    const MetaYml meta = read_meta_yml("# tags\n8.0.RC1-oe2203sp4:\n  path: 8.0.RC1/22.03-lts-sp4/Dockerfile\n  arch: aarch64\n  owner: {anyone: 1}\n\n3.10: {path: a/Dockerfile}\n");
    ASSERT_EQ(meta.tags.size(), 2U);
    EXPECT_EQ(meta.tags[0].tag, "8.0.RC1-oe2203sp4");
    EXPECT_EQ(meta.tags[0].line, 2);
    EXPECT_EQ(meta.tags[0].path, "8.0.RC1/22.03-lts-sp4/Dockerfile");
    EXPECT_EQ(meta.tags[0].path_line, 3);
    EXPECT_EQ(meta.tags[0].arch, "aarch64");
    EXPECT_EQ(meta.tags[1].tag, "3.10") << "text as written";
    EXPECT_FALSE(meta.tags[1].arch);
    EXPECT_EQ(shown(meta.mistakes), "");
}

TEST(MetaYml, KeepsWhatStandsBeforeAMistake) {
    const MetaYml meta = read_meta_yml("1.0-oe2403lts:\n  path: a\n2.0-oe2403lts:\n  path: [b\n");
    EXPECT_EQ(meta.tags.at(0).path, "a");
    ASSERT_GE(meta.mistakes.size(), 1U);
    EXPECT_NE(meta.mistakes[0].message.find("not YAML"), std::string::npos);
}

TEST(MetaYml, NamesWhatCannotBeRight) {
    EXPECT_EQ(shown(read_meta_yml("- a\n- b\n").mistakes), "1: the file must map tags to their Dockerfiles: <tag>: {path: <Dockerfile>}\n");
    EXPECT_EQ(shown(read_meta_yml("a:\n  path: x\nb:\n").mistakes), "3: the tag \"b\" has no path; write the path of its Dockerfile below it\n");
    EXPECT_EQ(shown(read_meta_yml("a:\n  path:\n    - x\n").mistakes).substr(0, 27), "3: the tag \"a\" has no path;");
    const MetaYml twice = read_meta_yml("a:\n  path: x\na:\n  path: y\n");
    EXPECT_EQ(shown(twice.mistakes), "3: the tag \"a\" stands twice; line 1 has it already, and only that one is used\n");
    EXPECT_EQ(twice.tags.size(), 1U);
    EXPECT_EQ(shown(read_meta_yml("a: \xff\n").mistakes), "1: the text is not UTF-8\n");
    EXPECT_EQ(shown(read_meta_yml("").mistakes), "");
    EXPECT_NE(shown(read_meta_yml("a: &x {path: p}\nb: *x\n").mistakes).find("2: an alias"), std::string::npos);
    (void)read_meta_yml(std::string(100'000, '['));
}

TEST(MetaYml, NamesATabInTheIndentation) {
    const std::string tab = "a tab in the indentation, where YAML takes blanks only\n";
    EXPECT_EQ(shown(read_meta_yml("1.0-oe2403lts:\n\tpath: x\n").mistakes), "2: " + tab);
    EXPECT_EQ(shown(read_meta_yml("1.0-oe2403lts:\n \t   path: x\n").mistakes), "2: " + tab);
    EXPECT_EQ(shown(read_meta_yml("1.0-oe2403lts:\n  path: x\n2.0-oe2403lts:\n  path: x\n\tarch: y\n").mistakes).substr(0, 2 + tab.size() + 1), "5: " + tab);
    EXPECT_EQ(shown(read_meta_yml("1.0-oe2403lts:\n  path: [x\ty\n").mistakes).find("tab"), std::string::npos) << "not in the indentation";
    EXPECT_EQ(shown(read_meta_yml("# c\n\t# d\n1.0-oe2403lts:\n  path: x\n  path x\n  y: z\n").mistakes).find("tab"), std::string::npos) << "far from the mistake";
}

TEST(ImageList, MapsImagesToFolders) {
    const ImageList list = read_image_list("images:\n  cann: cann\n  kserve-agent: kserve/agent\n  twice: a\n  twice: b\n  same: c\n  same: c\n  none:\n");
    ASSERT_EQ(list.images.size(), 5U);
    EXPECT_EQ(list.images[1].name, "kserve-agent");
    EXPECT_EQ(list.images[1].folder, "kserve/agent");
    EXPECT_EQ(list.images[1].line, 3);
    EXPECT_EQ(shown(list.mistakes), "7: the image \"same\" stands twice; line 6 has it already\n8: the image \"none\" has no folder\n");
    EXPECT_EQ(shown(read_image_list("image:\n  a: b\n").mistakes), "1: the file has no key \"images\" that maps each image to its folder\n");
}

}  // namespace
}  // namespace veritag::catalog
