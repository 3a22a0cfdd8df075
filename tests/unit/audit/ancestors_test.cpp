// What is known of the images below those that a run over a part judged.
#include "audit/ancestors.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

namespace veritag::audit {
namespace {

std::string digest(char digit) { return "sha256:" + std::string(64, digit); }

ImageReport image(const std::string& name, char manifest, std::vector<Finding> findings = {}, std::vector<Ancestor> lineage = {}) {
    ImageReport made;
    made.reference = "hub.example/openeuler/" + name;
    made.digest = digest(manifest);
    made.findings = std::move(findings);
    made.verdict = verdict_of(made.findings);
    made.lineage = std::move(lineage);
    return made;
}

Finding finding(Severity severity) { return {.code = "os-mismatch", .severity = severity, .component = "openeuler", .message = "x.", .evidence = {}}; }
Ancestor base(const std::string& name, char manifest) { return {.reference = "hub.example/openeuler/" + name, .digest = digest(manifest), .layers = 1}; }

class Ancestors : public testing::Test {
protected:
    Ancestors() {
        std::filesystem::create_directories(folder_);
        Result<std::unique_ptr<store::AuditStore>> opened = store::open_sqlite_store((folder_ / "store.sqlite").string());
        EXPECT_TRUE(opened.has_value());
        store_ = std::move(*opened);
        const std::optional<store::AuditRecord> audit = store_->begin_audit({.targets = {"hub.example/openeuler"}, .rules_digest = "sha256:rules", .tool_version = "1.0"});
        JudgedReference judged{.top = digest('a'), .images = {image("base:1", 'a', {finding(Severity::error)}), image("base:1", 'b')}, .skipped = {}};
        store_->keep_reference(audit->id, {"hub.example", "openeuler/base", "1"}, Digest::parse(digest('a')).value(), judged, {});
        store_->end_audit(audit->id, {});
    }
    ~Ancestors() override {
        store_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::vector<std::string> ancestors_of(std::vector<ImageReport> images) {
        Report report;
        report.images = std::move(images);
        KnownAncestors known(*store_);
        known.add_to(report);
        Report again;
        again.images = report.images;
        known.add_to(again);
        EXPECT_EQ(again.ancestors.size(), report.ancestors.size()) << "what was read once is known";
        std::vector<std::string> names;
        for (const ImageReport& each : report.ancestors) names.push_back(each.reference + " " + each.digest.substr(7, 1) + " " + std::string(to_string(each.verdict)));
        return names;
    }

private:
    std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("veritag-ancestors-" + std::to_string(getpid()));
    std::unique_ptr<store::AuditStore> store_;
};

TEST_F(Ancestors, AreThoseThatTheReportDidNotJudge) {
    const std::vector<Ancestor> below{base("base:1", 'a')};
    const std::vector<std::string> known{"hub.example/openeuler/base:1 a fail"};
    EXPECT_EQ(ancestors_of({image("app:1", '1', {finding(Severity::error)}, below), image("app:2", '2', {finding(Severity::warning)}, below)}), known) << "once, whoever has it below";
    EXPECT_TRUE(ancestors_of({image("app:1", '1', {finding(Severity::error)}, below), image("base:1", 'a')}).empty()) << "judged here";
}

TEST_F(Ancestors, AreAskedForOnlyWhereSomebodyIsWrong) {
    EXPECT_TRUE(ancestors_of({image("app:1", '1', {}, {base("base:1", 'a')})}).empty());
    EXPECT_TRUE(ancestors_of({image("app:1", '1', {finding(Severity::info)}, {base("base:1", 'a')})}).empty());
}

TEST_F(Ancestors, AreTheVeryImagesThatLieBelow) {
    EXPECT_TRUE(ancestors_of({image("app:1", '1', {finding(Severity::error)}, {base("base:1", 'c')})}).empty()) << "the tag has moved on";
    EXPECT_TRUE(ancestors_of({image("app:1", '1', {finding(Severity::error)}, {base("unknown:1", 'a')})}).empty());
    EXPECT_EQ(ancestors_of({image("app:1", '1', {finding(Severity::error)}, {base("base:1", 'b')})}), (std::vector<std::string>{"hub.example/openeuler/base:1 b pass"})) << "of another platform";
}

}  // namespace
}  // namespace veritag::audit
