#include "model/report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veritag {
namespace {

Finding finding(const char* code, Severity severity) {
    Finding result;
    result.code = code;
    result.severity = severity;
    return result;
}

TEST(VerdictOf, TheWorstFindingDecides) {
    const Finding error = finding("os-mismatch", Severity::error);
    const Finding unproven = finding("unproven", Severity::warning);
    const Finding mild_unproven = finding("unproven", Severity::info);
    const Finding warning = finding("tag-order", Severity::warning);
    const Finding info = finding("tag-short", Severity::info);
    EXPECT_EQ(verdict_of({}), Verdict::pass);
    EXPECT_EQ(verdict_of({info}), Verdict::pass);
    EXPECT_EQ(verdict_of({mild_unproven}), Verdict::pass) << "an application without a rule stays clean";
    EXPECT_EQ(verdict_of({info, warning}), Verdict::warn);
    EXPECT_EQ(verdict_of({warning, unproven}), Verdict::unknown);
    EXPECT_EQ(verdict_of({unproven, error}), Verdict::fail);
    EXPECT_EQ(verdict_of({warning, mild_unproven}), Verdict::warn);
}

TEST(IsWorse, FailIsTheWorst) {
    EXPECT_TRUE(is_worse(Verdict::fail, Verdict::error));
    EXPECT_TRUE(is_worse(Verdict::error, Verdict::unknown));
    EXPECT_TRUE(is_worse(Verdict::unknown, Verdict::warn));
    EXPECT_TRUE(is_worse(Verdict::warn, Verdict::pass));
    EXPECT_FALSE(is_worse(Verdict::pass, Verdict::pass));
}

TEST(SortWorstFirst, KeepsTheOrderOfOneSeverity) {
    std::vector<Finding> findings{finding("note", Severity::info), finding("b", Severity::error), finding("doubt", Severity::warning), finding("a", Severity::error)};
    sort_worst_first(findings);
    std::string order;
    for (const Finding& each : findings) order += each.code + " ";
    EXPECT_EQ(order, "b a doubt note ");
}

TEST(CountVerdicts, CountsEach) {
    std::vector<ImageReport> images(9);
    std::size_t next = 0;
    for (const Verdict verdict : {Verdict::warn, Verdict::fail, Verdict::fail, Verdict::unknown, Verdict::unknown, Verdict::unknown, Verdict::error, Verdict::pass, Verdict::pass}) images[next++].verdict = verdict;
    EXPECT_EQ(count_verdicts(images), (VerdictCounts{.pass = 2, .warn = 1, .fail = 2, .unknown = 3, .error = 1}));
}

TEST(Names, AreThoseOfTheReport) {
    EXPECT_EQ(to_string(ComponentKind::framework), "framework");
    EXPECT_EQ(to_string(Tier::application), "application");
    EXPECT_EQ(to_string(EvidenceSource::environment), "environment");
    EXPECT_EQ(to_string(Severity::warning), "warning");
    EXPECT_EQ(to_string(Verdict::unknown), "unknown");
    EXPECT_EQ(to_string(PackageType::conda), "conda");
    EXPECT_EQ(to_string(static_cast<Verdict>(99)), "?");
    for (const ComponentKind kind : {ComponentKind::os, ComponentKind::sdk, ComponentKind::framework, ComponentKind::llm, ComponentKind::tool, ComponentKind::app})
        EXPECT_EQ(component_kind_from(to_string(kind)), kind);
    EXPECT_FALSE(component_kind_from("OS"));
}

}  // namespace
}  // namespace veritag
