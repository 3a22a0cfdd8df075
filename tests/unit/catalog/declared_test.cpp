#include "catalog/declared.h"

#include "made_up_tree.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::catalog {
namespace {

// The tree still builds 1.2.3-oe2403sp4 on the release before it, and 1.2.4-oe2403sp4 rightly.
const Files kTree{{"S/image-list.yml", "images:\n  app: app\n"},
                  {"S/app/meta.yml", "1.2.3-oe2403sp4:\n  path: 1.2.3/24.03-lts-sp4/Dockerfile\n1.2.4-oe2403sp4:\n  path: 1.2.4/24.03-lts-sp4/Dockerfile\n"},
                  {"S/app/1.2.3/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts\n"},
                  {"S/app/1.2.4/24.03-lts-sp4/Dockerfile", "FROM openeuler/openeuler:24.03-lts-sp4\n"}};

ImageReport image(const std::string& tag) {
    ImageReport result;
    result.registry = "hub.example";
    result.repository = "openeuler/app";
    result.tag = tag;
    result.findings = {{.code = "os-mismatch", .component = "openeuler", .claimed = "24.03-LTS-SP4", .observed = "24.03-LTS", .message = "m", .evidence = {}}};
    return result;
}

TEST(Declared, SaysWhereAndWhatToChangeWhereTheTreeIsStillWrong) {
    const OnDisk disk(kTree);
    const Result<Tree> tree = read_tree(disk.root().string(), "openeuler", {});
    ASSERT_TRUE(tree);
    Report report;
    report.images = {image("1.2.3-oe2403sp4"), image("1.2.4-oe2403sp4"), image("1.2.5-oe2403sp4"), image("1.2.3-oe2403sp4")};
    report.images[3].findings[0].observed = "22.03-LTS";  // not what the tree's base is: another mistake
    mark_declared(*tree, lint(shipped_rules(), *tree, {}).findings, report);
    EXPECT_EQ(report.images[0].declared, (DeclaredAt{"S/app/meta.yml", 1}));
    EXPECT_EQ(report.images[0].findings[0].mend,
              (LineMend{"S/app/1.2.3/24.03-lts-sp4/Dockerfile", 1, "FROM openeuler/openeuler:24.03-lts", "FROM openeuler/openeuler:24.03-lts-sp4", "", "\n"}));
    EXPECT_EQ(report.images[1].declared, (DeclaredAt{"S/app/meta.yml", 3}));
    EXPECT_FALSE(report.images[1].findings[0].mend) << "the tree is right by now";
    EXPECT_FALSE(report.images[2].declared);
    EXPECT_FALSE(report.images[3].findings[0].mend);
}

}  // namespace
}  // namespace veritag::catalog
