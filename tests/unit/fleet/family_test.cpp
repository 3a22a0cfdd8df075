// Lineage: who is built on whom, and what that says of a tag. The rules are those of the product.
#include "fleet/family.h"

#include "fleet/chain_id.h"

#include "base/digest.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::fleet {
namespace {

const rules::RuleSet& packs() {
    static const rules::RuleSet rules = *rules::load_rules(rules::embedded_packs());
    return rules;
}

// Layers by letters: "bcx" is b, c on it, x on top.
std::vector<std::string> diff_ids(const std::string& letters) {
    std::vector<std::string> ids;
    for (const char letter : letters) ids.push_back(sha256_of(std::string(1, letter)).str());
    return ids;
}

std::chrono::sys_seconds day(unsigned number) { return std::chrono::sys_days(std::chrono::year{2024} / 3 / number); }

Member member(const std::string& name, const std::string& letters, const std::string& registry = "r.example") {
    const std::size_t colon = name.find(':');
    return {.registry = registry, .repository = name.substr(0, colon), .tag = name.substr(colon + 1), .top = sha256_of("top" + name + letters).str(),
            .manifest = sha256_of(name + letters).str(), .platform = "linux/amd64", .chain_id = chain_ids(diff_ids(letters)).back(), .layers = letters.size(), .created = day(10)};
}

ImageReport image(const std::string& name, const std::string& letters) {
    const std::size_t colon = name.find(':');
    ImageReport report{.reference = "r.example/" + name, .registry = "r.example", .repository = name.substr(0, colon), .tag = name.substr(colon + 1), .platform = "linux/amd64", .diff_ids = diff_ids(letters), .created = day(10)};
    report.verdict = Verdict::pass;
    for (Claim claim : {Claim{.component = "openeuler", .kind = ComponentKind::os}, Claim{.component = "cann", .kind = ComponentKind::sdk}}) {
        // As the scanner leaves it: claims of the tag, here those that these tests are about.
        const std::string& tag = report.tag;
        const std::size_t os = tag.find("oe2203sp");
        if (claim.kind == ComponentKind::os && os != std::string::npos) claim.version = "22.03-LTS-SP" + tag.substr(os + 8, 1);
        if (const std::size_t sdk = tag.find("cann"); claim.kind == ComponentKind::sdk && sdk != std::string::npos) claim.version = tag.substr(sdk + 4, tag.find('-', sdk) - sdk - 4);
        if (!claim.version.empty()) report.claims.push_back(claim);
    }
    return report;
}

std::string findings(const ImageReport& report) {
    std::string text;
    for (const Finding& finding : report.findings) text += (text.empty() ? "" : "; ") + finding.code + " " + finding.component + " " + finding.claimed.value_or("-") + ">" + finding.observed.value_or("-");
    return text;
}

const std::string kOs3 = "openeuler/openeuler:22.03-lts-sp3";
const std::string kOs4 = "openeuler/openeuler:22.03-lts-sp4";
const std::string kCann = "openeuler/cann:8.0.RC1-oe2203sp4";
const std::string kTorch = "openeuler/pytorch:2.1.0-cann8.0.RC1-oe2203sp4";

struct LineageCase {
    const char* name;
    std::vector<Member> members;
    ImageReport image;
    std::string findings;
    Verdict verdict;
    std::size_t ancestors;
};
void PrintTo(const LineageCase& c, std::ostream* out) { *out << c.name; }

Member old(Member member) {
    member.current = false;
    return member;
}
Member gone(Member member) {
    member.current = false;
    member.gone = true;
    return member;
}
Member of_day(unsigned number, Member member) {
    member.created = day(number);
    return member;
}
ImageReport of_day(unsigned number, ImageReport image) {
    image.created = day(number);
    return image;
}
Member of_year(int year, Member member) {
    member.created = std::chrono::sys_days(std::chrono::year{year} / 1 / 1);
    return member;
}
Member undated(Member member) {
    member.created.reset();
    return member;
}
Member of_platform(std::string platform, Member member) {
    member.platform = std::move(platform);
    return member;
}
ImageReport by_config(ImageReport image) {
    image.configs_only = true;
    return image;
}
ImageReport proven(ImageReport image, const std::string& version, const std::string& component = "openeuler", ComponentKind kind = ComponentKind::os) {
    image.observed.push_back({.component = component, .kind = kind, .version = version});
    return image;
}
ImageReport missing(ImageReport image, const std::string& component) {
    image.findings.push_back({.code = "sdk-missing", .severity = Severity::error, .component = component});
    image.verdict = Verdict::fail;
    return image;
}
ImageReport forged(ImageReport image) {
    image.findings.push_back({.code = "parent-forged"});
    image.verdict = Verdict::fail;
    return image;
}
ImageReport partial(ImageReport image) {
    image.partial_layers = {0};
    return image;
}

class Lineage : public testing::TestWithParam<LineageCase> {};

TEST_P(Lineage, IsJudged) {
    LineageCase c = GetParam();
    TagClaims tags(packs());
    Family family(packs(), tags);
    for (Member& each : c.members) family.add(std::move(each));
    family.judge(c.image);
    EXPECT_EQ(findings(c.image), c.findings);
    EXPECT_EQ(c.image.verdict, c.verdict);
    EXPECT_EQ(c.image.lineage.size(), c.ancestors);
}

INSTANTIATE_TEST_SUITE_P(
    All, Lineage,
    testing::Values(
        LineageCase{"RightParents", {member(kOs4, "b"), member(kCann, "bc")}, image(kTorch, "bcx"), "", Verdict::pass, 2},
        LineageCase{"BaseImageNeedsNone", {member(kOs4, "b")}, image(kOs4, "b"), "", Verdict::pass, 0},
        LineageCase{"NothingPublishedBelow", {member(kOs4, "z")}, image(kTorch, "bcx"), "parent-unknown cann 8.0.RC1>-", Verdict::pass, 0},
        LineageCase{"OldOsBelow", {member(kOs3, "b")}, image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "parent-mismatch openeuler 22.03-LTS-SP4>22.03-LTS-SP3", Verdict::fail, 1},
        LineageCase{"OsUpgradedLater", {member(kOs3, "b"), member(kOs4, "c")}, proven(image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "22.03-LTS-SP4"), "", Verdict::pass, 1},
        LineageCase{"OldOsIsStillThere", {member(kOs3, "b")}, proven(image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "22.03-LTS-SP3"),
                    "parent-mismatch openeuler 22.03-LTS-SP4>22.03-LTS-SP3", Verdict::fail, 1},
        LineageCase{"AnAncestorThatLiesAccusesNobody", {member(kOs3, "b")}, proven(image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "22.03-LTS-SP1"), "parent-unknown openeuler 22.03-LTS-SP4>-", Verdict::pass, 1},
        LineageCase{"BehindOneThatLiesIsOneThatDoesNot", {member(kOs3, "b"), member("openeuler/redis:7.4.0-oe2203sp2", "bc")}, proven(image("openeuler/redis:7.4.1-oe2203sp4", "bcx"), "22.03-LTS-SP3"),
                    "parent-mismatch openeuler 22.03-LTS-SP4>22.03-LTS-SP3", Verdict::fail, 2},
        LineageCase{"OneOfTwoInsideIsTheClaimed", {member(kOs4, "b"), member("openeuler/cann:8.0.RC2-oe2203sp4", "bd")},
                    proven(proven(image(kCann, "bdx"), "8.0.RC2", "cann", ComponentKind::sdk), "8.0.RC1", "cann", ComponentKind::sdk), "", Verdict::pass, 2},
        LineageCase{"WhatIsNotThereCameFromNobody", {member(kOs4, "b"), member("openeuler/cann:8.0.RC2-oe2203sp4", "bd")}, missing(image(kCann, "bdx"), "cann"), "sdk-missing cann ->-", Verdict::fail, 2},
        LineageCase{"OtherSdkBelow", {member(kOs4, "b"), member("openeuler/cann:8.0.RC2-oe2203sp4", "bd"), member(kCann, "bc")}, image(kTorch, "bdx"), "parent-mismatch cann 8.0.RC1>8.0.RC2", Verdict::fail, 2},
        LineageCase{"TierLeftOut", {member(kOs4, "b"), member(kCann, "bc")}, image(kTorch, "bx"), "parent-mismatch cann 8.0.RC1>-", Verdict::fail, 1},
        LineageCase{"TierWasPublishedAnewSince", {member(kOs4, "b"), of_day(12, member(kCann, "bc"))}, of_day(11, image(kTorch, "bx")), "parent-unknown cann 8.0.RC1>-", Verdict::pass, 1},
        LineageCase{"TierWasThereBefore", {member(kOs4, "b"), of_day(12, member(kCann, "bc")), old(of_day(9, member(kCann, "bd")))}, of_day(11, image(kTorch, "bx")), "parent-mismatch cann 8.0.RC1>-",
                    Verdict::fail, 1},
        LineageCase{"TierDoesNotSayWhenItWasMade", {member(kOs4, "b"), undated(member(kCann, "bc"))}, image(kTorch, "bx"), "parent-unknown cann 8.0.RC1>-", Verdict::pass, 1},
        LineageCase{"TierWasMadeBeforeThereWereImages", {member(kOs4, "b"), of_year(1980, member(kCann, "bc"))}, image(kTorch, "bx"), "parent-unknown cann 8.0.RC1>-", Verdict::pass, 1},
        LineageCase{"OnlyWhatIsBuiltOnTheTierIsPublished", {member(kOs4, "b"), member(kTorch, "bcx"), member("openeuler/pytorch:2.0.1-cann8.0.RC1-oe2203sp4", "bcy")}, image(kTorch, "bx"),
                    "parent-unknown cann 8.0.RC1>-", Verdict::pass, 1},
        LineageCase{"TierIsOnlyForOtherMachines", {member(kOs4, "b"), of_platform("linux/arm64", member(kCann, "bc"))}, image(kTorch, "bx"), "parent-unknown cann 8.0.RC1>-", Verdict::pass, 1},
        LineageCase{"VariantIsNoOtherMachine", {member(kOs4, "b"), of_platform("linux/amd64/v2", member(kCann, "bc"))}, image(kTorch, "bx"), "parent-mismatch cann 8.0.RC1>-", Verdict::fail, 1},
        LineageCase{"ConfigsAccuseNobody", {member(kOs3, "b")}, by_config(image("openeuler/redis:7.4.1-oe2203sp4", "bx")), "unproven openeuler 22.03-LTS-SP4>22.03-LTS-SP3", Verdict::unknown, 1},
        LineageCase{"TierNotPublishedAnywhere", {member(kOs4, "b")}, image(kTorch, "bx"), "parent-unknown cann 8.0.RC1>-", Verdict::pass, 1},
        LineageCase{"OneOfTwoNamesLies", {member(kOs3, "b"), member(kOs4, "b")}, image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "", Verdict::pass, 2},
        LineageCase{"Stale", {old(member(kOs4, "b")), member(kOs4, "c")}, image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "parent-stale openeuler 22.03-LTS-SP4>-", Verdict::warn, 1},
        LineageCase{"ParentsTagIsGone", {gone(member(kOs4, "b"))}, image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "", Verdict::pass, 1},
        LineageCase{"OnlyMovingNamesBelow", {member("openeuler/npmjs:latest", "b"), member(kOs4, "c")}, image("openeuler/next:15.3.4-oe2203sp4", "bx"), "parent-unknown openeuler 22.03-LTS-SP4>-", Verdict::pass, 1},
        LineageCase{"OneAnywhereIsEnough", {old(member(kOs4, "b")), member(kOs4, "b", "other.example")}, image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "parent-stale openeuler 22.03-LTS-SP4>-", Verdict::warn, 2},
        LineageCase{"ParentOnlyInAnotherRegistry", {member(kOs4, "b", "other.example")}, image("openeuler/redis:7.4.1-oe2203sp4", "bx"), "", Verdict::pass, 1},
        LineageCase{"NoNewLayer", {member(kOs4, "b")}, image("openeuler/redis:7.4.1-oe2203sp4", "b"), "", Verdict::pass, 0},
        LineageCase{"ForgedProvesNothing", {member(kOs3, "b")}, forged(image("openeuler/redis:7.4.1-oe2203sp4", "bx")), "parent-forged  ->-", Verdict::fail, 0},
        LineageCase{"PartialProvesNothing", {member(kOs3, "b")}, partial(image("openeuler/redis:7.4.1-oe2203sp4", "bx")), "", Verdict::pass, 0}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Family, AParentThatCouldNotBeReadIsNoMissingOne) {
    TagClaims tags(packs());
    Family family(packs(), tags);
    family.add(member(kOs4, "b"));
    family.add(member(kCann, "cd"));
    family.add_unread("r.example", "openeuler/cann", "8.0.RC1-oe2203sp4");
    ImageReport child = image(kTorch, "bx");
    EXPECT_TRUE(family.judge(child)) << "it may be the missing one";
    EXPECT_EQ(findings(child), "parent-unknown cann 8.0.RC1>-");
    EXPECT_EQ(child.findings.front().message, "What is published here as Ascend CANN 8.0.RC1 with openEuler 22.03-LTS-SP4 could not be read, or was not looked at this time; the nearest below this one is r.example/openeuler/openeuler:22.03-lts-sp4.");
    ImageReport other = image("openeuler/pytorch:2.1.0-cann8.0.RC2-oe2203sp4", "bx");
    EXPECT_FALSE(family.judge(other)) << "that one is not what it lacks";
}

TEST(Family, AnUnreadableTagBelowIsNoEmptyPlace) {
    TagClaims tags(packs());
    Family family(packs(), tags);
    family.add(member("openeuler/base2:some-build", "b"));
    ImageReport child = image("openeuler/redis:7.4.1-oe2203sp4", "bx");
    family.judge(child);
    ASSERT_EQ(findings(child), "parent-unknown openeuler 22.03-LTS-SP4>-");
    EXPECT_EQ(child.findings.front().message, "No published image below this one has a tag that says what it is; the nearest is r.example/openeuler/base2:some-build.");
}

TEST(Family, OfSeveralNamesTheBaseIsTheOneThatSaysLeast) {
    TagClaims tags(packs());
    Family family(packs(), tags);
    for (const char* name : {"a/b:x-y", "openeuler/app:1.0-oe2203sp4", "openeuler/openeuler:22.03-lts-sp4", "openeuler/openeuler:latest", "openeuler/cann:8.0.RC1-oe2203sp4"}) family.add(member(name, "b"));
    ImageReport child = image(kTorch, "bx");
    family.judge(child);
    ASSERT_EQ(child.lineage.size(), 5U);
    EXPECT_EQ(child.lineage.front().reference, "r.example/openeuler/openeuler:22.03-lts-sp4");
}

// Values from the definition: sha256 of "<chain> <diff_id>".
TEST(ChainId, FollowsTheSpecification) {
    const auto ids = diff_ids("ab");
    EXPECT_EQ(chain_ids({}), std::vector<std::string>{});
    EXPECT_EQ(chain_ids(ids), (std::vector<std::string>{ids[0], sha256_of(ids[0] + " " + ids[1]).str()}));
}

}  // namespace
}  // namespace veritag::fleet
