// What a run over a part takes over from the last look at the whole.
#include "audit/standing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace veritag::audit {
namespace {

const rules::RuleSet& packs() {
    static const rules::RuleSet rules = *rules::load_rules(rules::embedded_packs());
    return rules;
}

Finding finding(const std::string& code, Severity severity, const std::string& component = "cann", const std::string& claimed = "8.0.RC1") {
    return {.code = code, .severity = severity, .component = component, .claimed = claimed, .message = "x."};
}

ImageReport image(const std::string& digest, const std::string& platform, std::vector<Finding> findings) {
    ImageReport made{.digest = digest, .platform = platform, .findings = std::move(findings)};
    made.verdict = verdict_of(made.findings);
    return made;
}

JudgedReference reference(const std::string& top, std::vector<Finding> findings) {
    return {.top = top, .images = {image("sha256:m", "linux/arm64", std::move(findings))}, .skipped = {}};
}

std::string text_of(const std::vector<ImageReport>& images) {
    std::string text;
    for (const ImageReport& each : images) {
        text += (text.empty() ? "" : " | ") + std::string(to_string(each.verdict));
        for (const Finding& finding : each.findings) text += " " + finding.code;
    }
    return text;
}

std::string after(const JudgedReference& earlier, const Unseen& unseen, JudgedReference now, const std::string& tag = "1") {
    take_standing(packs(), "r.example", "openeuler/openeuler", tag, earlier, unseen, now);
    return text_of(now.images);
}

const Finding kUnknown = finding("parent-unknown", Severity::info);
const Finding kMismatch = finding("parent-mismatch", Severity::error);

TEST(Standing, AParentThatIsNotTheRightOneStaysSo) {
    const JudgedReference now = reference("sha256:t", {kUnknown});
    const Unseen unseen{.parents = {"sha256:m"}};
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), unseen, now), "fail parent-mismatch");
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), {}, now), "pass parent-unknown") << "all were read, and there is none";
    EXPECT_EQ(after(reference("sha256:t", {}), unseen, now), "pass parent-unknown") << "nothing was found before";
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), unseen, reference("sha256:t", {})), "pass") << "it has the right one";
    EXPECT_EQ(after(reference("sha256:t", {finding("parent-mismatch", Severity::error, "cann", "8.0.RC2")}), unseen, now), "pass parent-unknown") << "the rules read the tag another way now";
    JudgedReference contradicted = reference("sha256:t", {kMismatch});
    contradicted.images.front().findings.front().observed = "8.0.RC3";
    EXPECT_EQ(after(contradicted, unseen, now), "pass parent-unknown") << "that is judged by what was read";
    JudgedReference other = reference("sha256:t", {kMismatch});
    other.images.front().digest = "sha256:n";
    EXPECT_EQ(after(other, unseen, now), "pass parent-unknown") << "another image";
    JudgedReference unreadable = now;
    unreadable.images.front().error = Error{ErrorCode::network, "w", "h", "s", ""};
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), unseen, unreadable), "pass parent-unknown");
}

Finding divergence(const std::vector<std::string>& details) {
    Finding made{.code = "mirror-divergence", .severity = Severity::error, .message = "x.", .evidence = {}};
    for (const std::string& each : details) made.evidence.push_back({.source = EvidenceSource::history, .detail = each});
    return made;
}

const std::string kName = "/openeuler/openeuler:1 is ";

TEST(Standing, RegistriesDisagreeUntilTheirDigestsAreTheSame) {
    const JudgedReference earlier = reference("sha256:t", {divergence({"r.example" + kName + "sha256:t", "s.example" + kName + "sha256:u"})});
    const auto elsewhere = [](const std::string& digest) { return Unseen{.mirrors = true, .looked_in = {"r.example"}, .elsewhere = {{"s.example", digest}}}; };
    EXPECT_EQ(after(earlier, elsewhere("sha256:u"), reference("sha256:t", {})), "fail mirror-divergence");
    EXPECT_EQ(after(earlier, {}, reference("sha256:t", {})), "pass") << "both were looked at, and agree";
    EXPECT_EQ(after(earlier, elsewhere("sha256:u"), reference("sha256:u", {})), "pass") << "it was pushed there, too";
    EXPECT_EQ(after(earlier, elsewhere("sha256:t"), reference("sha256:t", {})), "pass") << "the other one followed";
    EXPECT_EQ(after(reference("sha256:t", {}), elsewhere("sha256:u"), reference("sha256:v", {})), "pass") << "a push to the first of them is no disagreement";
    EXPECT_EQ(after(earlier, elsewhere("sha256:u"), reference("", {})), "pass") << "nothing is known of it";

    JudgedReference now = reference("sha256:v", {});
    take_standing(packs(), "r.example", "openeuler/openeuler", "1", earlier, elsewhere("sha256:w"), now);
    ASSERT_EQ(now.images.front().findings.size(), 1U);
    const Finding& still = now.images.front().findings.front();
    EXPECT_EQ(still.observed, "sha256:v");
    EXPECT_EQ(still.claimed, "sha256:w");
    ASSERT_EQ(still.evidence.size(), 2U);
    EXPECT_EQ(still.evidence.front().detail, "r.example" + kName + "sha256:v");
    EXPECT_EQ(still.evidence.back().detail, "s.example" + kName + "sha256:w") << "as it is known by now";
}

TEST(Standing, RegistriesAreNamedInOneOrder) {
    const JudgedReference earlier = reference("sha256:t", {divergence({"a.example" + kName + "sha256:u", "r.example" + kName + "sha256:t"})});
    JudgedReference now = reference("sha256:t", {});
    take_standing(packs(), "r.example", "openeuler/openeuler", "1", earlier, {.mirrors = true, .looked_in = {"r.example"}, .elsewhere = {{"a.example", "sha256:u"}}}, now);
    ASSERT_EQ(now.images.front().findings.size(), 1U);
    EXPECT_EQ(now.images.front().findings.front().evidence, earlier.images.front().findings.front().evidence);
}

TEST(Standing, ATagIsMissingUntilItIsKnownThere) {
    const JudgedReference earlier = reference("sha256:t", {divergence({"r.example" + kName + "sha256:t", "s.example/openeuler/openeuler:1 is missing"})});
    EXPECT_EQ(after(earlier, {.mirrors = true, .looked_in = {"r.example"}}, reference("sha256:t", {})), "fail mirror-divergence");
    EXPECT_EQ(after(earlier, {.mirrors = true, .looked_in = {"r.example"}, .elsewhere = {{"s.example", "sha256:t"}}}, reference("sha256:t", {})), "pass") << "it was synchronised";
}

TEST(Standing, OneOfThreeRegistriesThatWasNotLookedAtStillDisagrees) {
    const JudgedReference earlier = reference("sha256:t", {divergence({"r.example" + kName + "sha256:t", "s.example" + kName + "sha256:t", "u.example" + kName + "sha256:u"})});
    EXPECT_EQ(after(earlier, {.mirrors = true, .looked_in = {"r.example", "s.example"}, .elsewhere = {{"u.example", "sha256:u"}}}, reference("sha256:t", {})), "fail mirror-divergence");
    EXPECT_EQ(after(earlier, {.mirrors = true, .looked_in = {"r.example", "u.example"}, .elsewhere = {{"s.example", "sha256:t"}}}, reference("sha256:t", {})), "pass") << "the one that disagreed was looked at";
}

JudgedReference alias(const std::string& top, std::vector<Finding> findings) {
    JudgedReference made = reference(top, std::move(findings));
    made.images.front().grammar = "openeuler";
    made.images.front().claims = {{.component = "openeuler", .kind = ComponentKind::os, .version = "24.03-LTS-SP3", .floating = true}};
    return made;
}

TEST(Standing, AnAliasIsStaleAsLongAsTheTagThatItStandsForIsAnotherImage) {
    const JudgedReference earlier = alias("sha256:t", {finding("alias-stale", Severity::warning, "", "sha256:u")});
    const auto named = [](const std::string& digest) { return Unseen{.siblings = true, .tags = {{"24.03-lts-sp3", digest}}}; };
    EXPECT_EQ(after(earlier, named("sha256:u"), alias("sha256:t", {}), "latest"), "warn alias-stale");
    EXPECT_EQ(after(earlier, named("sha256:t"), alias("sha256:t", {}), "latest"), "pass") << "that tag was moved here";
    EXPECT_EQ(after(earlier, {.siblings = true}, alias("sha256:t", {}), "latest"), "pass") << "nothing is known of it any more";
    EXPECT_EQ(after(earlier, {}, alias("sha256:t", {}), "latest"), "pass");
    EXPECT_EQ(after(earlier, named("sha256:u"), alias("sha256:v", {}), "latest"), "pass");
    EXPECT_EQ(after(alias("sha256:t", {}), named("sha256:u"), alias("sha256:t", {}), "latest"), "pass") << "it was not found before";
    EXPECT_EQ(after(alias("sha256:t", {finding("alias-stale", Severity::warning, "openeuler")}), named("sha256:u"), alias("sha256:t", {}), "latest"), "pass") << "that was about the content, which was read again";
}

TEST(Standing, PlatformsThatWereLeftOutAreAsTheyWere) {
    JudgedReference earlier = reference("sha256:t", {finding("platform-divergence", Severity::error)});
    earlier.images.push_back(image("sha256:n", "linux/amd64", {finding("sdk-mismatch", Severity::error), finding("platform-divergence", Severity::error)}));
    JudgedReference now = reference("sha256:t", {});
    take_standing(packs(), "r.example", "a", "1", earlier, {.platforms = true}, now);
    EXPECT_EQ(text_of(now.images), "fail platform-divergence");
    ASSERT_EQ(now.kept.size(), 1U);
    EXPECT_EQ(now.kept.front().place, 1U);
    EXPECT_EQ(text_of({now.kept.front().image}), "fail sdk-mismatch platform-divergence");

    now = reference("sha256:v", {});
    take_standing(packs(), "r.example", "a", "1", earlier, {.platforms = true}, now);
    EXPECT_EQ(text_of(now.images), "pass") << "another index";
    EXPECT_TRUE(now.kept.empty());

    JudgedReference asked_for_another = earlier;
    asked_for_another.images.push_back(image("", "", {}));
    asked_for_another.images.back().error = Error{ErrorCode::not_found, "choose platform", "r.example/a:1", "no image for linux/riscv64 under this name", ""};
    now = reference("sha256:t", {});
    take_standing(packs(), "r.example", "a", "1", asked_for_another, {.platforms = true}, now);
    EXPECT_EQ(now.kept.size(), 1U) << "that there is none for one platform is no image";

    now = {.top = "sha256:t", .images = {}, .skipped = {{"r.example/a:1", "sha256:n", "too old"}}};
    take_standing(packs(), "r.example", "a", "1", earlier, {.platforms = true}, now);
    EXPECT_EQ(now.kept.size(), 2U) << "all of them were left out";
}

}  // namespace
}  // namespace veritag::audit
