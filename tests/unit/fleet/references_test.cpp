// What references of one audit say about each other.
#include "fleet/aliases.h"
#include "fleet/newest.h"
#include "fleet/references.h"

#include "tag/tag.h"

#include <gtest/gtest.h>

#include <deque>

namespace veritag::fleet {
namespace {

const rules::RuleSet& packs() {
    static const rules::RuleSet rules = *rules::load_rules(rules::embedded_packs());
    return rules;
}

class Fleet {
public:
    // NAME is registry/repository:tag with a one-word registry.
    void add(const std::string& name, const std::string& top, const std::string& last = "") {
        const std::size_t slash = name.find('/');
        const std::size_t colon = name.rfind(':');
        JudgedReference& judged = judged_.emplace_back();
        judged.top = top;
        ImageReport& image = judged.images.emplace_back();
        image.verdict = Verdict::pass;
        image.reference = name;
        references.push_back({.registry = name.substr(0, slash), .repository = name.substr(slash + 1, colon - slash - 1), .tag = name.substr(colon + 1), .top = top, .last_top = last, .judged = &judged});
        image.claims = tag::read_tag(packs(), references.back().registry, references.back().repository, references.back().tag).claims;
    }
    [[nodiscard]] std::string found() const {
        std::string text;
        for (const JudgedReference& judged : judged_)
            for (const Finding& finding : judged.images.front().findings) text += (text.empty() ? "" : "; ") + judged.images.front().reference + " " + finding.code;
        return text;
    }
    std::vector<SeenReference> references;

private:
    std::deque<JudgedReference> judged_;
};

TEST(Mirrors, DigestsMustBeEqualAndTagsThere) {
    Fleet fleet;
    fleet.add("a/x/y:1", "sha256:1");
    fleet.add("b/x/y:1", "sha256:1");
    fleet.add("a/x/y:2", "sha256:2");
    fleet.add("b/x/y:2", "sha256:3");
    fleet.add("a/x/y:3", "sha256:4");
    fleet.add("a/x/only:3", "sha256:4");
    fleet.add("0/x/y:5", "");  // the first of three could not be read, and the others differ all the same
    fleet.add("a/x/y:5", "sha256:6");
    fleet.add("b/x/y:5", "sha256:7");
    fleet.add("b/x/y:4", "");  // could not be read: nothing is known of it
    fleet.add("a/x/y:4", "sha256:5");
    judge_mirrors(fleet.references, {{"a", "x/y"}, {"b", "x/y"}, {"a", "x/only"}});
    EXPECT_EQ(fleet.found(), "a/x/y:2 mirror-divergence; b/x/y:2 mirror-divergence; a/x/y:3 mirror-divergence; a/x/y:5 mirror-divergence; b/x/y:5 mirror-divergence");
}

TEST(Mirrors, WhatWasNotListedWholeMayHoldTheTag) {
    Fleet fleet;
    fleet.add("a/x/y:3", "sha256:4");
    fleet.add("b/x/y:1", "sha256:1");
    judge_mirrors(fleet.references, {{"a", "x/y"}});
    EXPECT_EQ(fleet.found(), "b/x/y:1 mirror-divergence") << "a was listed whole and lacks 1; b was not";
}

TEST(Moved, VersionTagsOnly) {
    Fleet fleet;
    fleet.add("a/openeuler/redis:7.4.1-oe2203sp4", "sha256:2", "sha256:1");
    fleet.add("a/openeuler/redis:7.4.2-oe2203sp4", "sha256:2", "sha256:2");
    fleet.add("a/openeuler/redis:7.4.3-oe2203sp4", "sha256:2");
    fleet.add("a/openeuler/redis:latest", "sha256:2", "sha256:1");
    judge_moved(fleet.references, [](const ImageReport& image) { return is_alias(image.claims); });
    EXPECT_EQ(fleet.found(), "a/openeuler/redis:7.4.1-oe2203sp4 tag-moved");
}

TEST(Aliases, LatestIsTheNewestVersionOnAnySystem) {
    for (const auto& [latest, stale] : {std::pair("sha256:2", false), std::pair("sha256:3", false), std::pair("sha256:1", true), std::pair("sha256:4", true)}) {
        Fleet fleet;
        fleet.add("a/openeuler/redis:7.4.9-oe2203sp4", "sha256:1");
        fleet.add("a/openeuler/redis:7.4.10-oe2203sp4", "sha256:2");
        fleet.add("a/openeuler/redis:7.4.10-oe2403sp1", "sha256:3");
        fleet.add("a/openeuler/redis:8.0rc1-oe2403sp1", "sha256:4");
        fleet.add("a/openeuler/redis:latest", latest);
        judge_aliases(packs(), fleet.references);
        EXPECT_EQ(fleet.found(), stale ? "a/openeuler/redis:latest alias-stale" : "") << latest;
    }
}

TEST(Aliases, TheRulesSayWhatABaseTagStandsFor) {
    for (const auto& [top, stale] : {std::pair("sha256:2", true), std::pair("sha256:1", false)}) {
        Fleet fleet;
        const std::vector<Claim> claims = tag::read_tag(packs(), "a", "openeuler/openeuler", "24.03").claims;
        ASSERT_FALSE(claims.empty());
        ASSERT_TRUE(claims.front().floating);
        const std::string& version = claims.front().version;  // 24.03-LTS-SP3 or whatever it is one day
        std::string tag;
        for (const char c : version) tag += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        fleet.add("a/openeuler/openeuler:" + tag, "sha256:1");
        fleet.add("a/openeuler/openeuler:24.03", top);
        judge_aliases(packs(), fleet.references);
        EXPECT_EQ(fleet.found(), stale ? "a/openeuler/openeuler:24.03 alias-stale" : "");
    }
}

TEST(Aliases, ANewestThatCouldNotBeReadMayBeTheRightOne) {
    Fleet fleet;
    fleet.add("a/openeuler/redis:7.4.9-oe2203sp4", "sha256:1");
    fleet.add("a/openeuler/redis:7.4.10-oe2203sp4", "");
    fleet.add("a/openeuler/redis:latest", "sha256:2");
    judge_aliases(packs(), fleet.references);
    EXPECT_EQ(fleet.found(), "");
}

TEST(Aliases, NothingToCompareWithIsNoFinding) {
    Fleet fleet;
    fleet.add("a/openeuler/redis:latest", "sha256:1");
    judge_aliases(packs(), fleet.references);
    EXPECT_EQ(fleet.found(), "");
}

TEST(Newest, OrdersAsPeopleDo) {
    const std::vector<std::string> ascending{"1.9", "1.10rc1", "1.10", "1.10.1", "2.0.0-alpha1", "2.0.0-rc1", "2.0.0", "2.0.0-sp1", "2.0.0.1", "10"};
    for (std::size_t i = 0; i < ascending.size(); ++i)
        for (std::size_t j = 0; j < ascending.size(); ++j) EXPECT_EQ(compare_age(ascending[i], ascending[j]), i <=> j) << ascending[i] << " " << ascending[j];
    EXPECT_EQ(compare_age("1.02", "1.2"), std::strong_ordering::equal);
    EXPECT_EQ(compare_age("8.0.RC1", "8.0.rc1"), std::strong_ordering::equal);
}

}  // namespace
}  // namespace veritag::fleet
