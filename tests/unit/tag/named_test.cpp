#include "tag/named.h"

#include "shipped_rules.h"

namespace veritag::tag {
namespace {

std::string named(std::string_view name) {
    const Result<Named> found = read_name(shipped_rules(), name);
    if (!found) return std::string(to_string(found.error().code)) + ": " + found.error().message();
    return found->reference + (found->tag_alone ? " (alone)" : "") + " " + found->reading.grammar + " " + claims_of(found->reading);
}

TEST(Named, IsATagWithItsRepository) { EXPECT_EQ(named("openeuler/cann:8.0.RC1-oe2203sp4"), "openeuler/cann:8.0.RC1-oe2203sp4 oeep-0014 cann=8.0.RC1 openeuler=22.03-LTS-SP4"); }

TEST(Named, ADigestBesideATagSaysNothing) {
    const std::string digest = "sha256:" + std::string(64, 'a');
    EXPECT_EQ(named("quay.io:443/openeuler/cann:8.0.RC1-oe2203sp4@" + digest), "quay.io:443/openeuler/cann:8.0.RC1-oe2203sp4@" + digest + " oeep-0014 cann=8.0.RC1 openeuler=22.03-LTS-SP4");
    EXPECT_NE(named("quay.io/openeuler/cann@" + digest).find("no tag; write REPO:TAG"), std::string::npos) << named("quay.io/openeuler/cann@" + digest);
    EXPECT_NE(named("openeuler/cann:1@sha256:12").find("write the digest as"), std::string::npos) << named("openeuler/cann:1@sha256:12");
}

TEST(Named, ATagAloneIsThatOfAnAiImage) {
    EXPECT_EQ(named("pytorch2.1.0-cann7.0.RC1-oe2203sp2"), "pytorch2.1.0-cann7.0.RC1-oe2203sp2 (alone) oeep-0014 pytorch=2.1.0 cann=7.0.RC1 openeuler=22.03-LTS-SP2");
    EXPECT_EQ(named("chatglm6b-cann7.0.RC1.alpha002-pytorch2.1.0-oe2203sp2").substr(0, 71), "chatglm6b-cann7.0.RC1.alpha002-pytorch2.1.0-oe2203sp2 (alone) oeep-0014");
    EXPECT_NE(named("8.0.RC1-oe2203sp4").find("only its repository says of what; write REPO:TAG"), std::string::npos) << named("8.0.RC1-oe2203sp4");
}

TEST(Named, ARepositoryIsReadAsAScanReadsIt) {
    EXPECT_EQ(named("openeuler/cann"), "openeuler/cann:latest oeep-0014 cann=");
    EXPECT_EQ(named("127.0.0.1:5000/openeuler/cann"), "127.0.0.1:5000/openeuler/cann:latest oeep-0014 cann=");
    EXPECT_EQ(named("nginx").substr(0, 12), "nginx:latest");
    EXPECT_NE(named("openeuler/CANN").find("has upper-case letters"), std::string::npos) << named("openeuler/CANN");
    EXPECT_TRUE(named("").starts_with("usage: ")) << named("");
    EXPECT_TRUE(named("a/b:").starts_with("usage: ")) << named("a/b:");
}

}  // namespace
}  // namespace veritag::tag
