#include "waivers/waivers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <string>

namespace veritag::waivers {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_days kToday = 2026y / 8 / 22;

std::string entry(const std::string& lines) { return "waivers:\n  - " + lines; }
const std::string kWhole = "target: 'quay.io/openeuler/*:*-oe2203sp2'\n    code: os-mismatch\n    reason: goes with the next release\n    owner: ai-sig\n    expiry: 2026-12-31\n";

ImageReport image(const std::string& tag, std::vector<Finding> findings) {
    ImageReport result;
    result.registry = "quay.io";
    result.repository = "openeuler/cann";
    result.tag = tag;
    result.reference = "quay.io/openeuler/cann:" + tag;
    result.findings = std::move(findings);
    result.verdict = verdict_of(result.findings);
    return result;
}
Finding finding(const std::string& code, Severity severity, const std::string& component = "openeuler") {
    return {.code = code, .severity = severity, .component = component, .claimed = "1", .observed = "2", .message = "m", .evidence = {}};
}

TEST(Waivers, AreRead) {
    const auto waivers = parse_waivers("w.yml", entry(kWhole) + "  - target: '**'\n    code: unproven\n    component: cann\n    reason: r\n    owner: o\n    expiry: '2026-01-31'\n");
    ASSERT_TRUE(waivers) << waivers.error().message();
    ASSERT_EQ(waivers->size(), 2U);
    EXPECT_EQ((*waivers)[0].target, "quay.io/openeuler/*:*-oe2203sp2");
    EXPECT_EQ((*waivers)[0].waived, (Waived{"goes with the next release", "ai-sig", "2026-12-31"}));
    EXPECT_EQ((*waivers)[0].last_day, std::chrono::sys_days(2026y / 12 / 31));
    EXPECT_EQ((*waivers)[0].line, 2);
    EXPECT_EQ((*waivers)[1].component, "cann");
    EXPECT_EQ((*waivers)[1].line, 7);
    EXPECT_TRUE(parse_waivers("w.yml", "waivers: []")->empty());
}

struct Mistake {
    const char* name;
    std::string text;
    std::string message;
};
std::ostream& operator<<(std::ostream& out, const Mistake& c) { return out << c.name; }
// A waiver with all keys, one of them left out or with another value.
std::string with(const std::string& key, const char* value) {
    std::string text = "waivers:\n  -";
    for (const auto& [name, usual] : {std::pair("target", "a"), std::pair("code", "unproven"), std::pair("reason", "r"), std::pair("owner", "o"), std::pair("expiry", "2026-12-31")}) {
        const char* const shown = name == key ? value : usual;
        if (shown != nullptr) text += std::string(text.ends_with('-') ? " " : "    ") + name + ": " + shown + "\n";
    }
    return text;
}
class Mistakes : public testing::TestWithParam<Mistake> {};
TEST_P(Mistakes, NameTheirPlace) {
    const auto waivers = parse_waivers("w.yml", GetParam().text);
    ASSERT_FALSE(waivers);
    EXPECT_EQ(waivers.error().code, ErrorCode::config);
    EXPECT_EQ(waivers.error().message(), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Files, Mistakes,
    testing::Values(Mistake{"Empty", "", "read waivers: w.yml:1:1: the file is empty"}, Mistake{"NoYaml", "waivers: [", "read waivers: w.yml:1:1: not YAML: end of sequence flow not found"},
                    Mistake{"NoList", "waivers: x", "read waivers: w.yml:1:10 waivers: expected a list, found text"},
                    Mistake{"NoTarget", with("target", nullptr), "read waivers: w.yml:2:5 waivers[0]: the key \"target\" is missing"},
                    Mistake{"NoReason", with("reason", nullptr), "read waivers: w.yml:2:5 waivers[0]: the key \"reason\" is missing"},
                    Mistake{"NoOwner", with("owner", nullptr), "read waivers: w.yml:2:5 waivers[0]: the key \"owner\" is missing"},
                    Mistake{"NoExpiry", with("expiry", nullptr), "read waivers: w.yml:2:5 waivers[0]: the key \"expiry\" is missing"},
                    Mistake{"NoCode", with("code", nullptr), "read waivers: w.yml:2:5 waivers[0]: the key \"code\" is missing"},
                    Mistake{"UnknownKey", entry("tarjet: x"), "read waivers: w.yml:2:5 waivers[0]: \"tarjet\" is unknown (known: target, code, component, reason, owner, expiry); did you mean \"target\"?"},
                    Mistake{"NoDay", with("expiry", "2026-02-30"), "read waivers: w.yml:6:13 waivers[0].expiry: \"2026-02-30\" is no day; as 2026-12-31"},
                    Mistake{"NoDate", with("expiry", "soon"), "read waivers: w.yml:6:13 waivers[0].expiry: \"soon\" is no day; as 2026-12-31"},
                    Mistake{"EmptyReason", with("reason", "' '"), "read waivers: w.yml:4:13 waivers[0].reason: it is empty"},
                    Mistake{"Glob", with("target", "/a"), "read waivers: w.yml:2:13 waivers[0].target: \"/a\" is no glob over REGISTRY/REPOSITORY:TAG; as quay.io/openeuler/cann:8.0.*"}),
    [](const testing::TestParamInfo<Mistake>& each) { return each.param.name; });

TEST(Waivers, OfACodeThatNoFindingHasNameTheNearest) {
    const auto waivers = parse_waivers("w.yml", with("code", "os-mismach"));
    ASSERT_FALSE(waivers);
    EXPECT_EQ(waivers.error().hint, "did you mean \"os-mismatch\"?");
}

TEST(Waivers, EveryPrefixEndsCleanly) {
    const std::string text = entry(kWhole);
    for (std::size_t i = 0; i < text.size() - std::string("2026-12-31\n").size(); ++i) EXPECT_FALSE(parse_waivers("w.yml", text.substr(0, i))) << i;
}

std::vector<Waiver> read(const std::string& text) {
    auto waivers = parse_waivers("w.yml", text);
    EXPECT_TRUE(waivers);
    return waivers ? *waivers : std::vector<Waiver>();
}

TEST(AppliedWaivers, LeaveTheVerdictAndCountForNothing) {
    Report report;
    report.images = {image("1-oe2203sp2", {finding("os-mismatch", Severity::error), finding("tag-order", Severity::warning)}), image("1-oe2203sp3", {finding("os-mismatch", Severity::error)})};
    apply({"w.yml", read(entry(kWhole))}, kToday, report);
    EXPECT_EQ(report.images[0].findings[0].waived, (Waived{"goes with the next release", "ai-sig", "2026-12-31"}));
    EXPECT_FALSE(report.images[0].findings[1].waived);
    EXPECT_FALSE(report.images[1].findings[0].waived) << "another tag";
    EXPECT_EQ(report.images[0].verdict, Verdict::fail);
    EXPECT_EQ(unwaived_verdict(report.images[0]), Verdict::warn);
    EXPECT_EQ(unwaived_verdict(report.images[1]), Verdict::fail);
    ASSERT_TRUE(report.waivers);
    EXPECT_EQ(report.waivers->findings, 1U);
    EXPECT_TRUE(report.waivers->expired.empty());
    EXPECT_TRUE(report.waivers->unused.empty());
}

TEST(AppliedWaivers, HoldThroughTheirLastDayAndNoLonger) {
    for (const auto& [today, waived] : {std::pair(std::chrono::sys_days(2026y / 12 / 31), true), std::pair(std::chrono::sys_days(2027y / 1 / 1), false)}) {
        Report report;
        report.images = {image("1-oe2203sp2", {finding("os-mismatch", Severity::error)})};
        apply({"w.yml", read(entry(kWhole))}, today, report);
        EXPECT_EQ(report.images[0].findings[0].waived.has_value(), waived);
        EXPECT_EQ(report.waivers->expired.size(), waived ? 0U : 1U);
        EXPECT_TRUE(report.waivers->unused.empty()) << "an expired one is told once";
    }
}

TEST(AppliedWaivers, TellWhichNobodyNeeds) {
    Report report;
    report.images = {image("1-oe2203sp2", {finding("sdk-missing", Severity::error, "cann")})};
    apply({"dir/w.yml", read(entry(kWhole) + "  - {target: 'quay.io/**', code: sdk-missing, component: cuda, reason: r, owner: o, expiry: 2026-12-31}\n")}, kToday, report);
    EXPECT_FALSE(report.images[0].findings[0].waived) << "of another component";
    ASSERT_EQ(report.waivers->unused.size(), 2U);
    EXPECT_EQ(report.waivers->unused[1].component, "cuda");
    EXPECT_EQ(report.waivers->unused[1].file, "dir/w.yml");
    EXPECT_EQ(report.waivers->unused[1].line, 7);
}

TEST(AppliedWaivers, OfAnUnreadableImageChangeNothing) {
    Report report;
    report.images = {image("1-oe2203sp2", {finding("os-mismatch", Severity::error)})};
    report.images[0].verdict = Verdict::error;
    report.images[0].error = Error{ErrorCode::network, "w", "h", "s", ""};
    apply({"w.yml", read(entry(kWhole))}, kToday, report);
    EXPECT_EQ(unwaived_verdict(report.images[0]), Verdict::error);
}

TEST(AppliedWaivers, MakeAnUnknownImageClean) {
    Report report;
    report.images = {image("1", {finding("unproven", Severity::warning)})};
    EXPECT_EQ(report.images[0].verdict, Verdict::unknown);
    apply({"w.yml", read(entry("{target: 'quay.io/openeuler/cann:1', code: unproven, reason: r, owner: o, expiry: 2026-12-31}"))}, kToday, report);
    EXPECT_EQ(report.images[0].verdict, Verdict::unknown);
    EXPECT_EQ(unwaived_verdict(report.images[0]), Verdict::pass);
}

TEST(AppliedWaivers, NeverHideThatPartsWereNotRead) {
    Report report;
    report.images = {image("1", {finding("unproven", Severity::warning, "")}), image("1", {finding("unproven", Severity::warning, "")}), image("1", {finding("unproven", Severity::warning, "")})};
    report.images[0].problems.push_back({.path = "var/lib/rpm/Packages", .message = "page 3 is damaged"});
    report.images[1].configs_only = true;
    apply({"w.yml", read(entry("{target: 'quay.io/openeuler/cann:1', code: unproven, reason: r, owner: o, expiry: 2026-12-31}"))}, kToday, report);
    EXPECT_EQ(unwaived_verdict(report.images[0]), Verdict::unknown);
    EXPECT_EQ(unwaived_verdict(report.images[1]), Verdict::unknown);
    EXPECT_EQ(unwaived_verdict(report.images[2]), Verdict::pass) << "a tag that claims nothing can be known and accepted";
}

TEST(AppliedWaivers, OfALocalImageMatchTheNameItWasJudgedAs) {
    Report report;
    report.images = {image("1", {finding("os-mismatch", Severity::error)})};
    report.images[0].registry.clear();
    report.images[0].reference = "oci:out";
    apply({"w.yml", read(entry("{target: 'openeuler/cann:*', code: os-mismatch, reason: r, owner: o, expiry: 2026-12-31}"))}, kToday, report);
    EXPECT_TRUE(report.images[0].findings[0].waived);
}

TEST(AppliedWaivers, OfADeclarationMatchItsFile) {
    Report report;
    report.findings = {finding("os-mismatch", Severity::error), finding("os-mismatch", Severity::error), finding("catalog-undeclared", Severity::warning)};
    report.findings[0].file = "AI/cann/8.0/Dockerfile";
    report.findings[1].file = "AI/other/8.0/Dockerfile";
    report.findings[2].observed = "openeuler/cann:8.0";
    const std::string more = ", reason: r, owner: o, expiry: 2026-12-31}";
    apply({"w.yml", read(entry("{target: 'AI/cann/**', code: os-mismatch" + more + "\n  - {target: 'openeuler/cann:*', code: catalog-undeclared" + more))}, kToday, report);
    EXPECT_TRUE(report.findings[0].waived);
    EXPECT_FALSE(report.findings[1].waived);
    EXPECT_TRUE(report.findings[2].waived);
    EXPECT_EQ(report.waivers->findings, 2U);
}

TEST(AppliedWaivers, OfSeveralPartsAreIdleOnlyWhereAllSaySo) {
    const std::string more = ", reason: r, owner: o, expiry: 2026-12-31}";
    const WaiverFile file{"w.yml", read(entry("{target: 'quay.io/openeuler/*:1', code: os-mismatch" + more + "\n  - {target: 'quay.io/openeuler/*:2', code: os-mismatch" + more + "\n  - {target: 'quay.io/openeuler/*:3', code: os-mismatch" + more))};
    Report first, second;
    first.images = {image("1", {finding("os-mismatch", Severity::error)})};
    second.images = {image("2", {finding("os-mismatch", Severity::error)})};
    apply(file, kToday, first);
    apply(file, kToday, second);
    WaiverUse whole = *first.waivers;
    add(whole, *second.waivers);
    EXPECT_EQ(whole.findings, 2U);
    ASSERT_EQ(whole.unused.size(), 1U);
    EXPECT_EQ(whole.unused[0].target, "quay.io/openeuler/*:3");
}

TEST(AppliedWaivers, OfAPartAreUnusedOnlyWhereItLooked) {
    const auto told = [](const std::string& target, const std::string& code, Report report, const std::vector<std::string>& declarations = {}) {
        apply_to_part({"w.yml", read(entry("{target: '" + target + "', code: " + code + ", reason: r, owner: o, expiry: 2026-12-31}"))}, kToday, report, declarations);
        return !report.waivers->unused.empty() ? "unused" : !report.waivers->elsewhere.empty() ? "elsewhere" : "used";
    };
    Report scan;
    scan.images = {image("1", {finding("os-mismatch", Severity::error)})};
    EXPECT_STREQ(told("quay.io/**", "os-mismatch", scan), "used");
    EXPECT_STREQ(told("quay.io/**", "sdk-missing", scan), "unused");
    EXPECT_STREQ(told("quay.io/openeuler/cann:2", "sdk-missing", scan), "elsewhere") << "another image";
    EXPECT_STREQ(told("quay.io/**", "parent-stale", scan), "elsewhere") << "only an audit finds it";
    EXPECT_STREQ(told("**", "path-dead", scan), "elsewhere") << "only lint finds it";
    Report audit = scan;
    audit.targets.resize(1);
    EXPECT_STREQ(told("quay.io/**", "parent-stale", audit), "unused");
    EXPECT_STREQ(told("quay.io/**", "mirror-divergence", audit), "elsewhere") << "one registry has no mirror";
    audit.images.push_back(audit.images[0]);
    audit.images.back().registry = "hub.example";
    EXPECT_STREQ(told("quay.io/**", "mirror-divergence", audit), "unused");
    scan.images[0].error = Error{ErrorCode::network, "w", "h", "s", ""};
    EXPECT_STREQ(told("quay.io/**", "sdk-missing", scan), "elsewhere") << "it could not be read";
    scan.images[0].error.reset();
    scan.images[0].configs_only = true;
    EXPECT_STREQ(told("quay.io/**", "sdk-missing", scan), "elsewhere") << "nothing of it was read";

    Report lint;
    lint.tree = TreeCoverage{1, 1, 1};
    EXPECT_STREQ(told("AI/cann/*", "os-mismatch", lint, {"AI/cann/meta.yml"}), "unused");
    EXPECT_STREQ(told("AI/gone/*", "os-mismatch", lint, {"AI/cann/meta.yml"}), "elsewhere");
    EXPECT_STREQ(told("**", "sdk-missing", lint, {"AI/cann/meta.yml"}), "elsewhere") << "no Dockerfile shows it";
    EXPECT_STREQ(told("**", "catalog-undeclared", lint, {"AI/cann/meta.yml"}), "elsewhere");
    lint.targets.resize(1);
    EXPECT_STREQ(told("openeuler/cann:*", "catalog-undeclared", lint, {"openeuler/cann:8.0"}), "unused");
    EXPECT_STREQ(told("**", "os-mismatch", lint, {"AI/cann/meta.yml"}), "elsewhere");
}

TEST(AppliedWaivers, OfSeveralPartsAreUnusedWhereOneLooked) {
    const std::string more = ", reason: r, owner: o, expiry: 2026-12-31}";
    const WaiverFile file{"w.yml", read(entry("{target: 'quay.io/**/*:1', code: os-mismatch" + more + "\n  - {target: 'quay.io/**/*:2', code: sdk-missing" + more + "\n  - {target: 'quay.io/**/*:3', code: os-mismatch" + more))};
    std::optional<WaiverUse> whole;
    for (const char* tag : {"0", "1", "2"}) {
        Report part;
        part.images = {image(tag, {finding("os-mismatch", Severity::error)})};
        apply_to_part(file, kToday, part);
        if (whole)
            add(*whole, *part.waivers);
        else
            whole = part.waivers;
    }
    ASSERT_EQ(whole->unused.size(), 1U);
    EXPECT_EQ(whole->unused[0].target, "quay.io/**/*:2");
    ASSERT_EQ(whole->elsewhere.size(), 1U);
    EXPECT_EQ(whole->elsewhere[0].target, "quay.io/**/*:3");
}

TEST(AppliedWaivers, OfYesterdayAreForgotten) {
    const WaiverFile file{"w.yml", read(entry(kWhole))};
    ImageReport one = image("1-oe2203sp2", {finding("os-mismatch", Severity::error)});
    mark(file, kToday, one);
    EXPECT_TRUE(one.findings[0].waived);
    mark(file, std::chrono::sys_days(2027y / 1 / 1), one);
    EXPECT_FALSE(one.findings[0].waived);
}

TEST(AppliedWaivers, WithoutAFileAreNotSpokenOf) {
    Report report;
    report.images = {image("1-oe2203sp2", {finding("os-mismatch", Severity::error)})};
    apply(WaiverFile(), kToday, report);
    EXPECT_FALSE(report.waivers);
    const auto none = read_waivers("");
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->path.empty());
}

TEST(WaiverFile, ThatIsNotThereIsAnError) {
    const auto waivers = read_waivers("/nonexistent/w.yml");
    ASSERT_FALSE(waivers);
    EXPECT_EQ(waivers.error().message(), "read waivers: /nonexistent/w.yml: No such file or directory");
}

}  // namespace
}  // namespace veritag::waivers
