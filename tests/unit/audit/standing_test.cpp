// What a run over a part takes over from the last look at the whole.
#include "audit/standing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace veritag::audit {
namespace {

Finding finding(const std::string& code, Severity severity, const std::string& claimed = "8.0.RC1") { return {.code = code, .severity = severity, .component = "cann", .claimed = claimed, .message = "x."}; }

JudgedReference reference(const std::string& top, std::vector<Finding> findings) {
    JudgedReference judged{.top = top, .images = {}, .skipped = {}};
    ImageReport image{.digest = "sha256:m", .platform = "linux/arm64", .findings = std::move(findings)};
    image.verdict = verdict_of(image.findings);
    judged.images.push_back(std::move(image));
    return judged;
}

std::string after(const JudgedReference& earlier, const Unseen& unseen, JudgedReference now) {
    take_standing("r.example/a:1", earlier, unseen, now);
    std::string text(to_string(now.images.front().verdict));
    for (const Finding& each : now.images.front().findings) text += " " + each.code;
    return text;
}

const Finding kUnknown = finding("parent-unknown", Severity::info);
const Finding kMismatch = finding("parent-mismatch", Severity::error);

TEST(Standing, AParentThatIsNotTheRightOneStaysSo) {
    const JudgedReference now = reference("sha256:t", {kUnknown});
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), {.parents = {"sha256:m"}}, now), "fail parent-mismatch");
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), {.parents = {}}, now), "pass parent-unknown") << "all were read, and there is none";
    EXPECT_EQ(after(reference("sha256:t", {}), {.parents = {"sha256:m"}}, now), "pass parent-unknown") << "nothing was found before";
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), {.parents = {"sha256:m"}}, reference("sha256:t", {})), "pass") << "it has the right one";
    EXPECT_EQ(after(reference("sha256:t", {finding("parent-mismatch", Severity::error, "8.0.RC2")}), {.parents = {"sha256:m"}}, now), "pass parent-unknown") << "the rules read the tag another way now";
    JudgedReference contradicted = reference("sha256:t", {kMismatch});
    contradicted.images.front().findings.front().observed = "8.0.RC3";
    EXPECT_EQ(after(contradicted, {.parents = {"sha256:m"}}, now), "pass parent-unknown") << "that is judged by what was read";
    JudgedReference other = reference("sha256:t", {kMismatch});
    other.images.front().digest = "sha256:n";
    EXPECT_EQ(after(other, {.parents = {"sha256:m"}}, now), "pass parent-unknown") << "another image";
    JudgedReference unreadable = now;
    unreadable.images.front().error = Error{ErrorCode::network, "w", "h", "s", ""};
    EXPECT_EQ(after(reference("sha256:t", {kMismatch}), {.parents = {"sha256:m"}}, unreadable), "pass parent-unknown");
}

TEST(Standing, RegistriesDisagreeUntilTheirDigestsAreTheSame) {
    Finding disagree{.code = "mirror-divergence", .severity = Severity::error, .claimed = "sha256:u", .observed = "sha256:t", .message = "x.",
                     .evidence = {{.source = EvidenceSource::history, .detail = "r.example/a:1 is sha256:t"}, {.source = EvidenceSource::history, .detail = "s.example/a:1 is sha256:u"}}};
    const JudgedReference earlier = reference("sha256:t", {disagree});
    const Unseen unseen{.mirrors = true, .elsewhere = {"sha256:u"}};
    EXPECT_EQ(after(earlier, unseen, reference("sha256:t", {})), "fail mirror-divergence");
    EXPECT_EQ(after(earlier, {.mirrors = false, .elsewhere = {"sha256:u"}}, reference("sha256:t", {})), "pass") << "both were looked at, and agree";
    EXPECT_EQ(after(earlier, unseen, reference("sha256:u", {})), "pass") << "it was pushed there, too";
    EXPECT_EQ(after(earlier, {.mirrors = true, .elsewhere = {"sha256:t"}}, reference("sha256:t", {})), "pass") << "the other one followed";
    EXPECT_EQ(after(reference("sha256:t", {}), unseen, reference("sha256:v", {})), "pass") << "a push to the first of them is no disagreement";
    EXPECT_EQ(after(earlier, unseen, reference("", {})), "pass") << "nothing is known of it";

    JudgedReference now = reference("sha256:v", {});
    take_standing("r.example/a:1", earlier, unseen, now);
    ASSERT_EQ(now.images.front().findings.size(), 1U);
    EXPECT_EQ(now.images.front().findings.front().observed, "sha256:v");
    EXPECT_EQ(now.images.front().findings.front().evidence.front().detail, "r.example/a:1 is sha256:v");
    EXPECT_EQ(now.images.front().findings.front().evidence.back().detail, "s.example/a:1 is sha256:u");

    disagree.claimed.reset();
    disagree.observed.reset();
    disagree.message = "This tag is missing in s.example.";
    EXPECT_EQ(after(reference("sha256:t", {disagree}), {.mirrors = true}, reference("sha256:t", {})), "fail mirror-divergence");
}

TEST(Standing, AnAliasIsStaleAsLongAsItIsTheSameImage) {
    const JudgedReference earlier = reference("sha256:t", {finding("alias-stale", Severity::warning)});
    EXPECT_EQ(after(earlier, {.siblings = true}, reference("sha256:t", {})), "warn alias-stale");
    EXPECT_EQ(after(earlier, {.siblings = false}, reference("sha256:t", {})), "pass");
    EXPECT_EQ(after(earlier, {.siblings = true}, reference("sha256:v", {})), "pass");
}

}  // namespace
}  // namespace veritag::audit
