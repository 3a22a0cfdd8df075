#include "report/entries.h"

#include "report/markdown_writer.h"
#include "report/messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veritag::report {
namespace {

std::string digest(char c) { return "sha256:" + std::string(64, c); }

Finding os_mismatch(int layer) {
    return {.code = "os-mismatch", .component = "openeuler", .claimed = "22.03-LTS-SP2", .observed = "22.03-LTS-SP4", .message = "The tag claims SP2; the image holds SP4.",
            .evidence = {{.source = EvidenceSource::file, .path = "etc/os-release", .layer = layer, .diff_id = digest('1'), .detail = "SP4"}}};
}

Finding parent_mismatch(const std::string& base, int layers) {
    return {.code = "parent-mismatch", .component = "openeuler", .claimed = "22.03-LTS-SP2", .observed = "22.03-LTS-SP4", .message = "The image is built on " + base + ", which says SP4, not SP2.",
            .evidence = {{.source = EvidenceSource::history, .path = "", .layer = layers - 1, .diff_id = "", .detail = base}}};
}

ImageReport image(const std::string& repository, const std::string& tag, char manifest, std::vector<Finding> findings = {}, std::vector<Ancestor> lineage = {}) {
    ImageReport result;
    result.registry = "hub.example";
    result.repository = repository;
    result.tag = tag;
    result.reference = "hub.example/" + repository + ":" + tag;
    result.platform = "linux/arm64";
    result.digest = digest(manifest);
    result.diff_ids = {digest('1'), digest('2'), digest('3')};
    result.claims = {{.component = "openeuler", .kind = ComponentKind::os, .version = "22.03-LTS-SP2", .text = "oe2203sp2"}};
    result.findings = std::move(findings);
    result.verdict = verdict_of(result.findings);
    result.lineage = std::move(lineage);
    return result;
}

Ancestor base(const std::string& name, char manifest, std::size_t layers) { return {.reference = "hub.example/" + name, .digest = digest(manifest), .layers = layers, .current = true}; }

Report report_of(std::vector<ImageReport> images) {
    Report report;
    report.images = std::move(images);
    return report;
}

std::string wrong_step(const Report& report) {
    for (const Entry& entry : entries_of(report, CauseKind::counting))
        if (entry.cause.example.code == "os-mismatch" && entry.cause.members.front().image->tag == "child-oe2203sp2")
            for (const FamilyStep& step : entry.groups.front().family)
                if (step.went_wrong) return step.reference + (step.brought ? " brought it" : "");
    return "nothing";
}

// The same family with one base or another: who is accused?
std::string wrong_on(const std::string& tag_of_base, std::vector<ImageReport> judged_too) {
    judged_too.insert(judged_too.begin(), image("openeuler/app", "child-oe2203sp2", 'b', {os_mismatch(0)}, {base("openeuler/" + tag_of_base, 'a', 1)}));
    return wrong_step(report_of(std::move(judged_too)));
}

TEST(Family, NeverAccusesABaseThatIsWhatItsTagSays) {
    const std::string own = "hub.example/openeuler/app:child-oe2203sp2";
    EXPECT_EQ(wrong_on("openeuler:22.03-lts-sp4", {}), own) << "its tag says what it holds";
    EXPECT_EQ(wrong_on("openeuler:22.03-lts-sp4", {image("openeuler/openeuler", "22.03-lts-sp4", 'a')}), own) << "it was judged, and is right";
    EXPECT_EQ(wrong_on("openeuler:22.03-lts", {}), own) << "another release, though its name begins the same";
    EXPECT_EQ(wrong_on("tools:latest", {}), own) << "it claims nothing";
}

TEST(Family, AccusesABaseWhoseOwnTagIsWrong) {
    EXPECT_EQ(wrong_on("openeuler:22.03-lts-sp2", {}), "hub.example/openeuler/openeuler:22.03-lts-sp2 brought it");
    EXPECT_EQ(wrong_on("cann:8.0.RC1-oe2203sp2", {}), "hub.example/openeuler/cann:8.0.RC1-oe2203sp2 brought it");
    ImageReport judged = image("openeuler/openeuler", "odd", 'a', {os_mismatch(0)});
    EXPECT_EQ(wrong_on("openeuler:odd", {judged}), "hub.example/openeuler/openeuler:odd brought it");
    // A right base below a wrong one: the first wrong tag is the middle's.
    const ImageReport child = image("openeuler/app", "child-oe2203sp2", 'b', {os_mismatch(0)}, {base("openeuler/cann:8.0.RC1-oe2203sp2", 'c', 2), base("openeuler/openeuler:22.03-lts-sp4", 'a', 1)});
    EXPECT_EQ(wrong_step(report_of({child})), "hub.example/openeuler/cann:8.0.RC1-oe2203sp2");
}

// A run over a part did not judge the base; what an earlier one found of it counts, and not how its tag is spelt.
TEST(Family, KnowsABaseThatWasJudgedBefore) {
    const auto wrong = [](const std::string& tag_of_base, std::vector<ImageReport> ancestors) {
        Report report = report_of({image("openeuler/app", "child-oe2203sp2", 'b', {os_mismatch(0)}, {base("openeuler/" + tag_of_base, 'a', 1)})});
        report.ancestors = std::move(ancestors);
        return wrong_step(report);
    };
    EXPECT_EQ(wrong("openeuler:odd", {image("openeuler/openeuler", "odd", 'a', {os_mismatch(0)})}), "hub.example/openeuler/openeuler:odd brought it");
    EXPECT_EQ(wrong("cann:8.0.RC1-oe2203sp2", {image("openeuler/cann", "8.0.RC1-oe2203sp2", 'a')}), "hub.example/openeuler/app:child-oe2203sp2");
    EXPECT_EQ(wrong("openeuler:odd", {image("openeuler/openeuler", "odd", 'c', {os_mismatch(0)})}), "hub.example/openeuler/app:child-oe2203sp2") << "another image has that tag by now";
    Report report = report_of({image("openeuler/app", "child-oe2203sp2", 'b', {os_mismatch(0)}, {base("openeuler/openeuler:odd", 'a', 1)})});
    report.ancestors = {image("openeuler/openeuler", "odd", 'a', {os_mismatch(0)})};
    const std::string text = *write_report(report, "markdown", {});
    EXPECT_NE(text.find("- `hub.example/openeuler/openeuler:odd`, 1 layer, **FAIL** **← it went wrong here**"), std::string::npos) << text;
    EXPECT_EQ(text.find("| FAIL | `hub.example/openeuler/openeuler:odd`"), std::string::npos) << "it is no image of this report";
    report.ancestors.clear();
    EXPECT_EQ(*write_report(report, "json", {}), [&] { report.ancestors = {image("openeuler/openeuler", "odd", 'a', {os_mismatch(0)})}; return *write_report(report, "json", {}); }());
}

TEST(Family, SaysWhereWithoutAccusingTheBase) {
    Report report = report_of({image("openeuler/app", "child-oe2203sp2", 'b', {os_mismatch(0)}, {base("openeuler/openeuler:22.03-lts-sp4", 'a', 1)}), image("openeuler/openeuler", "22.03-lts-sp4", 'a')});
    const std::string text = *write_report(report, "markdown", {});
    EXPECT_NE(text.find("- `hub.example/openeuler/openeuler:22.03-lts-sp4`, 1 layer, **PASS**\n  - `hub.example/openeuler/app:child-oe2203sp2`, 3 layers **← it went wrong here: built on the wrong image**"), std::string::npos) << text;
    EXPECT_NE(write_report(report, "html", {.language = Language::zh})->find("← 问题由此引入：基于错误的镜像构建"), std::string::npos);
}

TEST(Causes, KeepDifferentFactsApart) {
    const auto divergence = [](const std::string& message, char own, char other) {
        return Finding{.code = "mirror-divergence", .claimed = digest(other), .observed = digest(own), .message = message, .evidence = {}};
    };
    Finding missing = divergence("This tag is missing in quay.example.", 'x', 'y');
    missing.claimed = missing.observed = std::nullopt;
    const Report report = report_of({image("openeuler/app", "1.0", 'a', {missing}), image("openeuler/app", "1.1", 'b', {divergence("This tag is not the same image in every registry.", '1', '2')}),
                                     image("openeuler/app", "1.2", 'c', {divergence("This tag is not the same image in every registry.", '3', '4')})});
    const std::vector<Cause> causes = causes_of(report);
    ASSERT_EQ(causes.size(), 2U);
    EXPECT_EQ(causes[0].references.size(), 2U) << "digests alone tell no causes apart";
    for (const char* format : {"markdown", "html"}) {
        const std::string text = *write_report(report, format, {});
        EXPECT_NE(text.find("This tag is missing in quay.example."), std::string::npos) << format;
        EXPECT_NE(text.find("This tag is not the same image in every registry."), std::string::npos) << format;
        const std::string chinese = *write_report(report, format, {.language = Language::zh});
        for (const std::string& sentence : {message_for(missing, Language::zh), message_for(report.images[1].findings[0], Language::zh)}) EXPECT_NE(chinese.find(sentence), std::string::npos) << format << " " << sentence;
    }
}

TEST(Causes, OfDeclarationsPrintEverySentence) {
    Report report;
    for (const char* what : {"one", "two"}) report.findings.push_back({.code = "catalog-invalid", .message = std::string("It is wrong: ") + what + ".", .evidence = {}, .file = std::string(what) + "/meta.yml", .line = 2});
    EXPECT_EQ(causes_of(report).size(), 1U);
    for (const char* format : {"markdown", "html"})
        for (const char* what : {"It is wrong: one.", "It is wrong: two."}) EXPECT_NE(write_report(report, format, {})->find(what), std::string::npos) << format << " " << what;
}

TEST(Entries, KeepTheEvidenceAndFamilyOfEachBase) {
    const Report report = report_of({image("openeuler/x", "1-oe2203sp2", 'x', {os_mismatch(0)}, {base("openeuler/b1:oe2203sp2", '1', 1)}), image("openeuler/y", "1-oe2203sp2", 'y', {os_mismatch(1)}, {base("openeuler/b2:oe2203sp2", '2', 2)}),
                                     image("openeuler/z", "1-oe2203sp2", 'z', {os_mismatch(1)}, {base("openeuler/b2:oe2203sp2", '2', 2)}), image("openeuler/b2", "oe2203sp2", '2', {os_mismatch(1)})});
    const std::vector<Entry> entries = entries_of(report, CauseKind::counting);
    ASSERT_EQ(entries.size(), 1U);
    ASSERT_EQ(entries[0].groups.size(), 2U);
    EXPECT_EQ(entries[0].groups[0].base, "openeuler/b2:oe2203sp2");
    EXPECT_EQ(entries[0].groups[0].members.size(), 3U) << "the base, too";
    EXPECT_EQ(entries[0].groups[1].base, "openeuler/b1:oe2203sp2");
    for (const char* format : {"markdown", "html"}) {
        const std::string text = *write_report(report, format, {});
        for (const char* said : {"openeuler/b1:oe2203sp2", "openeuler/b2:oe2203sp2", "Evidence in", "Brought by"}) EXPECT_NE(text.find(said), std::string::npos) << format << " " << said;
        EXPECT_NE(text.find("hub.example/openeuler/x:1-oe2203sp2", text.find("Evidence in")), std::string::npos) << format;
        EXPECT_NE(text.find("hub.example/openeuler/b2:oe2203sp2", text.find("Evidence in")), std::string::npos) << format;
    }
}

TEST(Entries, HaveAParentThatSaysTheSameUnderTheMismatch) {
    Report report = report_of({image("openeuler/app", "1-oe2203sp2", 'b', {os_mismatch(0), parent_mismatch("hub.example/openeuler/openeuler:22.03-lts-sp4", 1)}, {base("openeuler/openeuler:22.03-lts-sp4", 'a', 1)})});
    std::vector<Entry> entries = entries_of(report, CauseKind::counting);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].commands, (std::vector<std::string>{"veritag scan hub.example/openeuler/app:1-oe2203sp2", "veritag audit hub.example/openeuler"}));
    for (const char* format : {"markdown", "html"}) EXPECT_NE(write_report(report, format, {})->find("which says SP4, not SP2."), std::string::npos) << format;
    for (const char* format : {"json", "sarif", "csv"}) EXPECT_NE(write_report(report, format, {})->find("parent-mismatch"), std::string::npos) << format;
    report.images[0].findings[0].evidence[0].layer = 2;  // the image's own layer: two mistakes
    EXPECT_EQ(entries_of(report, CauseKind::counting).size(), 2U);
    report.images[0].findings[0].evidence[0].layer = 0;
    report.images[0].findings[1].waived = Waived{"r", "o", "2030-01-01"};
    EXPECT_EQ(entries_of(report, CauseKind::counting).size(), 1U);
    EXPECT_EQ(entries_of(report, CauseKind::waived).size(), 1U) << "what is waived stays to be seen as waived";
}

TEST(Entries, RegistriesThatDisagreeAccuseNoBase) {
    const auto mirrors = [](const char* tag) {
        return Finding{.code = "mirror-divergence", .severity = Severity::error, .message = "This tag is not the same image in every registry.",
                       .evidence = {{.source = EvidenceSource::history, .detail = std::string("hub.example/openeuler/app:") + tag + " is sha256:aa"}}};
    };
    const Report report = report_of({image("openeuler/app", "1.0", 'a', {mirrors("1.0")}, {base("openeuler/openeuler:22.03-lts-sp4", 'c', 1)}), image("openeuler/app", "2.0", 'b', {mirrors("2.0")}),
                                     image("openeuler/app", "latest", 'b'), image("openeuler/app", "1", 'a')});
    const std::vector<Entry> entries = entries_of(report, CauseKind::counting);
    ASSERT_EQ(entries.size(), 1U);
    ASSERT_EQ(entries[0].groups.size(), 1U);
    EXPECT_EQ(entries[0].groups[0].base, "");
    EXPECT_TRUE(entries[0].groups[0].family.empty());
    const std::string text = *write_report(report, "markdown", {});
    EXPECT_NE(text.find("`hub.example/openeuler/app:1.0`: The same image is also: `hub.example/openeuler/app:1`\n"), std::string::npos) << text;
    EXPECT_NE(text.find("`hub.example/openeuler/app:2.0`: The same image is also: `hub.example/openeuler/app:latest`\n"), std::string::npos);
}

struct CommandCase {
    const char* code;
    const char* command;
};

TEST(Entries, SayTheCommandThatFindsItAgain) {
    Report report;
    report.targets = {{.target = "hub.example/openeuler", .driver = "list", .notes = {}, .error = std::nullopt}, {.target = "quay.example/openeuler", .driver = "list", .notes = {}, .error = std::nullopt}};
    const ImageReport app = image("openeuler/app", "1.0", 'a');
    for (const CommandCase& each : {CommandCase{"os-mismatch", "veritag scan hub.example/openeuler/app:1.0"}, CommandCase{"parent-stale", "veritag audit hub.example/openeuler"},
                                    CommandCase{"parent-forged", "veritag scan hub.example/openeuler/app:1.0"}, CommandCase{"alias-stale", "veritag audit hub.example/openeuler/app"},
                                    CommandCase{"tag-moved", "veritag audit hub.example/openeuler/app"}})
        EXPECT_EQ(check_command(report, &app, {.code = each.code, .message = "", .evidence = {}}), each.command);
    const Finding divergence{.code = "mirror-divergence", .message = "", .evidence = {{.source = EvidenceSource::history, .detail = "hub.example/openeuler/app:1.0 is sha256:aa"}, {.source = EvidenceSource::history, .detail = "quay.example/openeuler/app:1.0 is missing"}}};
    for (const Report& each : {report, Report{}})  // a tag's own page knows no targets
        EXPECT_EQ(check_command(each, &app, divergence), "veritag audit hub.example/openeuler/app quay.example/openeuler/app");
    EXPECT_EQ(check_command(report, nullptr, {.code = "catalog-undeclared", .message = "", .evidence = {}}), "veritag catalog check hub.example/openeuler --meta .");
    EXPECT_EQ(check_command(report, nullptr, {.code = "base-floating", .message = "", .evidence = {}}), "veritag lint .");
}

Report catalog_report() {
    Report report;
    report.targets = {{.target = "hub.example/openeuler", .driver = "list", .notes = {}, .error = std::nullopt}};
    report.tree = TreeCoverage{1, 1, 0};
    for (const char* tag : {"1.0", "2.0"})
        report.findings.push_back({.code = "catalog-undeclared", .severity = Severity::warning, .observed = std::string("openeuler/cann:") + tag,
                                   .message = std::string("hub.example/openeuler/cann:") + tag + " is published; no meta.yml declares it.", .evidence = {}});
    report.findings.push_back({.code = "catalog-unpublished", .severity = Severity::warning, .claimed = "openeuler/x:1", .message = "openeuler/x:1 is declared; hub.example does not have it.", .evidence = {}, .file = "AI/x/meta.yml", .line = 1});
    return report;
}

TEST(Catalog, SaysEachPlaceOnceUnderOneCause) {
    const Report report = catalog_report();
    const std::vector<Entry> entries = entries_of(report, CauseKind::counting);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].cause.references, (std::vector<std::string>{"openeuler/cann:1.0", "openeuler/cann:2.0"}));
    const std::string text = *write_report(report, "markdown", {});
    EXPECT_NE(text.find("### warning `catalog-undeclared`: published, but not declared, 2 places\n\n- `openeuler/cann:1.0`\n- `openeuler/cann:2.0`\n\nCheck again:"), std::string::npos) << text;
    EXPECT_EQ(*write_report(report, "table", {}), "hub.example/openeuler (by list): 0 repositories, 0 tags\n\n"
                                                  "warning   catalog-undeclared: 2\n          openeuler/cann: 1.0, 2.0\n\n"
                                                  "warning   catalog-unpublished: 1\n          AI/x/meta.yml:1\n          openeuler/x:1 is declared; hub.example does not have it.\n\n"
                                                  "Coverage: 1 meta.yml, 1 tag; errors 0, warnings 3, notes 0\n");
    EXPECT_NE(write_report(report, "junit", {})->find("<testcase name=\"openeuler/cann:2.0\""), std::string::npos);
    EXPECT_NE(write_report(report, "csv", {})->find("\"openeuler/cann:2.0\",\"\",\"\",\"\",\"warning\",\"catalog-undeclared\""), std::string::npos);
    EXPECT_NE(write_report(report, "sarif", {})->find("\"fullyQualifiedName\": \"hub.example/openeuler/cann:2.0\""), std::string::npos);
}

TEST(DeservedTag, SaysWhereItIsTaken) {
    ImageReport wrong = image("openeuler/cann", "1-oe2203sp2", 'a', {os_mismatch(0)}, {base("openeuler/openeuler:22.03-lts-sp2", 'd', 1)});
    wrong.findings[0].suggestion = "1-oe2203sp4";
    const auto texts = [&](std::optional<char> holder) {
        Report report = report_of({wrong});
        if (holder) report.images.push_back(image("openeuler/cann", "1-oe2203sp4", *holder));
        return *write_report(report, "markdown", {}) + *write_report(report, "table", {.width = 400}) + *write_report(report, "junit", {});
    };
    const std::string free = texts(std::nullopt), same = texts('a'), other = texts('b');
    EXPECT_EQ(free.find("published already"), std::string::npos);
    EXPECT_NE(same.find("- Deserved tag: **`1-oe2203sp4`** (published already: the same image, so this tag can be deleted)\n"), std::string::npos) << same;
    EXPECT_NE(other.find("- Build `hub.example/openeuler/openeuler:22.03-lts-sp2` anew first\n- Deserved tag: **`1-oe2203sp4`** (published already: another image, do not overwrite it)\n"), std::string::npos) << other;
    for (const char* line : {"                    → should be tagged 1-oe2203sp4 (published already: another image, do not overwrite it)\n", "  → should be tagged 1-oe2203sp4 (published already: another image, do not overwrite it)\n</failure>"})
        EXPECT_NE(other.find(std::string(line).substr(0, std::string(line).find("\n</"))), std::string::npos) << line;
}

TEST(Evidence, OfARegistryOrOfLayersIsNotCalledHistory) {
    const Evidence evidence{.source = EvidenceSource::history, .path = "", .layer = -1, .diff_id = "", .detail = "x"};
    const auto line = [&](const char* code, Language language) { return evidence_line({.code = code, .message = "", .evidence = {}}, evidence, language); };
    for (const char* code : {"mirror-divergence", "platform-divergence", "alias-stale", "tag-moved"}) {
        EXPECT_EQ(line(code, Language::en), "registry: x") << code;
        EXPECT_EQ(line(code, Language::zh), "镜像仓库：x") << code;
    }
    for (const char* code : {"parent-mismatch", "parent-stale"}) EXPECT_EQ(line(code, Language::zh), "层比对：x") << code;
    EXPECT_EQ(line("unproven", Language::en), "history: x");
    EXPECT_EQ(line("parent-forged", Language::zh), "构建历史：x");
}

TEST(Table, SaysWhatAFindingLeadsToInItsOrder) {
    ImageReport wrong = image("openeuler/app", "1-oe2203sp2", 'a', {os_mismatch(0)}, {base("openeuler/cann:8.0.RC1-oe2203sp2", 'c', 2), base("openeuler/openeuler:22.03-lts-sp4", 'd', 1)});
    wrong.findings[0].suggestion = "1-oe2203sp4";
    wrong.declared = DeclaredAt{"AI/app/meta.yml", 3};
    ImageReport arm = wrong, alias = wrong;
    arm.platform = "linux/amd64";
    arm.digest = digest('e');
    alias.tag = "other-oe2203sp2";
    alias.reference = "hub.example/openeuler/app:other-oe2203sp2";
    const std::string text = *write_report(report_of({wrong, arm, alias}), "table", {});
    EXPECT_TRUE(text.starts_with("FAIL      hub.example/openeuler/app:1-oe2203sp2  linux/arm64, linux/amd64\n"
                                 "          error     os-mismatch: The tag claims SP2; the image holds SP4.\n"
                                 "                    etc/os-release (layer 0): SP4\n"
                                 "          built on  hub.example/openeuler/cann:8.0.RC1-oe2203sp2 ← it went wrong here: built on the\n"
                                 "                    wrong image\n"
                                 "                    hub.example/openeuler/openeuler:22.03-lts-sp4\n"
                                 "          also      hub.example/openeuler/app:other-oe2203sp2\n"
                                 "          declared  AI/app/meta.yml:3\n"
                                 "                    Build hub.example/openeuler/cann:8.0.RC1-oe2203sp2 anew first\n"
                                 "                    → should be tagged 1-oe2203sp4\n"
                                 "          again     veritag scan hub.example/openeuler/app:1-oe2203sp2\n\nFAIL  "))
        << text;
}

TEST(Fleet, FoldsWhatIsAttachedAndNotesOfOneKind) {
    Report report;
    report.targets = {{.target = "hub.example/openeuler", .driver = "list", .notes = {}, .error = std::nullopt}};
    for (const char* app : {"redis", "nginx"}) {
        report.images.push_back(image(std::string("openeuler/") + app, "1.0", app[0], {{.code = "unproven", .severity = Severity::info, .component = app, .claimed = "1.0", .message = std::string("The tag claims ") + app + " 1.0.", .evidence = {}},
                                                                                         {.code = "parent-unknown", .severity = Severity::info, .component = app[0] == 'r' ? "openeuler" : "", .message = "No published image is below it.", .evidence = {}}}));
        report.images.back().claims = {{.component = app, .kind = ComponentKind::app, .version = "1.0"}};
    }
    const std::string tag = "hub.example/openeuler/redis:sha256-" + std::string(64, '0');
    report.skipped = {{.reference = tag, .digest = digest('7'), .reason = "artifact of type x"}, {.reference = tag + ".sig", .digest = digest('8'), .reason = "artifact of type y"}, {.reference = "hub.example/openeuler/redis:1.0", .digest = digest('9'), .reason = "attestation of z"}};
    for (const char* format : {"markdown", "html", "table"}) {
        const std::string text = *write_report(report, format, {});
        EXPECT_EQ(text.find("sha256-0"), std::string::npos) << format;
        EXPECT_NE(text.find("2 attached artifacts"), std::string::npos) << format;
        EXPECT_NE(text.find("attestation of z"), std::string::npos) << format;
    }
    EXPECT_NE(write_report(report, "json", {})->find(tag + ".sig"), std::string::npos);
    const std::string text = *write_report(report, "markdown", {});
    EXPECT_NE(text.find("## Notes\n\n- `parent-unknown`: No published image is below it. (2 images)\n- `unproven`: claim that nothing proves (2 images), for example: The tag claims redis 1.0.\n\n"), std::string::npos) << text;
}

TEST(Reports, ChangeOnlyWithWhatWasFound) {
    Report first = report_of({image("openeuler/app", "1.0", 'a', {os_mismatch(0)})}), second = first;
    second.generated = "2026-08-22T10:00:00Z";
    second.bytes_fetched = 96'500;
    second.layers_analyzed = 26;
    for (const char* format : {"markdown", "html", "sarif", "csv", "dot"}) EXPECT_EQ(*write_report(first, format, {}), *write_report(second, format, {})) << format;
    EXPECT_NE(write_report(second, "table", {})->find("96.5 kB"), std::string::npos);
}

TEST(Patch, IsOneThatGitTakes) {
    Report report = report_of({image("openeuler/app", "1-oe2203sp2", 'a', {os_mismatch(0)})});
    report.images[0].findings[0].mend = LineMend{"AI/app/Dockerfile", 2, "FROM a", "FROM b", "ARG X\n", "\n\tRUN <x>\n"};
    const std::string diff = "diff --git a/AI/app/Dockerfile b/AI/app/Dockerfile\n--- a/AI/app/Dockerfile\n+++ b/AI/app/Dockerfile\n@@ -1,3 +1,3 @@\n ARG X\n-FROM a\n+FROM b\n \tRUN <x>\n";
    EXPECT_NE(write_report(report, "markdown", {})->find("```diff\n" + diff + "```\n"), std::string::npos) << *write_report(report, "markdown", {});
    EXPECT_NE(write_report(report, "html", {})->find("@@ -1,3 +1,3 @@\n ARG X\n<del>-FROM a\n</del><ins>+FROM b\n</ins> \tRUN &lt;x&gt;\n</pre>"), std::string::npos);
}

TEST(Contents, AreCalledAsPeopleCallThem) {
    ImageReport cuda = image("nvidia/cuda", "12.2.0-runtime-ubuntu22.04", 'a');
    cuda.claims = {{.component = "cuda-flavour", .kind = ComponentKind::tool, .version = "runtime", .text = "runtime"}};
    cuda.observed = {{.component = "cuda", .kind = ComponentKind::sdk, .version = "12.2.140", .evidence = {}}, {.component = "cuda-flavour", .kind = ComponentKind::tool, .version = "devel", .evidence = {}}};
    EXPECT_EQ(contents_of(cuda, Language::en), (std::vector<std::string>{"cuda 12.2.140", "CUDA image type devel (runtime and compilers)"}));
    EXPECT_EQ(contents_of(cuda, Language::zh), (std::vector<std::string>{"cuda 12.2.140", "CUDA 镜像类型 devel（runtime 加编译器）"}));
    const std::string page = write_tag_page(report_of({cuda}), Language::en);
    EXPECT_NE(page.find("| `CUDA image type` | `runtime (base and math libraries)` | `devel (runtime and compilers)` |\n"), std::string::npos) << page;
    const std::string told = *write_explanation({{.reference = cuda.reference, .grammar = "nvidia-cuda", .tier = {}, .dev = false, .claims = cuda.claims, .findings = {}, .expected_parents = {{"ascend-chip", "910b"}}}}, "table", {});
    EXPECT_NE(told.find("CUDA image type runtime (base and math libraries)  (tool)"), std::string::npos) << told;
    EXPECT_NE(told.find("Ascend chip 910b"), std::string::npos) << told;
    Report report;
    report.images = {cuda};
    for (const char* format : {"table", "markdown", "html"}) EXPECT_EQ(write_report(report, format, {})->find("cuda-flavour"), std::string::npos) << format;
    EXPECT_NE(write_report(report, "json", {})->find("\"cuda-flavour\""), std::string::npos);
}

TEST(Fleet, CountsWhatPassesAndGroupsNotes) {
    Report report;
    report.targets = {{.target = "hub.example/openeuler", .driver = "list", .notes = {}, .error = std::nullopt}};
    for (const char version : {'1', '2', '3'})
        for (const char* platform : {"linux/amd64", "linux/arm64"}) {
            ImageReport each = image("openeuler/app", std::string(1, version) + ".0", version, {{.code = "unproven", .severity = Severity::info, .component = "app", .claimed = std::string(1, version), .message = std::string("The tag claims app ") + version + ".0.", .evidence = {}}});
            each.platform = platform;
            report.images.push_back(each);
        }
    ImageReport bad = image("openeuler/bad", "1-oe2203sp2", 'b', {os_mismatch(0)});
    report.images.push_back(bad);
    bad.platform = "linux/amd64";
    report.images.push_back(bad);
    const std::string text = *write_report(report, "markdown", {});
    EXPECT_NE(text.find("- `unproven` `app`: claim that nothing proves (3 images), for example: The tag claims app 1.0.\n"), std::string::npos) << text;
    EXPECT_NE(text.find("- **FAIL** `hub.example/openeuler/bad:1-oe2203sp2` `linux/amd64`, `linux/arm64`\n"), std::string::npos) << text;
    EXPECT_NE(text.find("- `hub.example/openeuler/app`: 6 images\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("| **PASS** |"), std::string::npos) << text;
    EXPECT_NE(text.find("| **FAIL** | `hub.example/openeuler/bad:1-oe2203sp2` |"), std::string::npos) << text;
    const std::string page = *write_report(report, "html", {});
    EXPECT_EQ(page.find("<tr><td><span class=\"v pass\">"), std::string::npos);
    EXPECT_NE(page.find("<code>hub.example/openeuler/app</code>: 6 images"), std::string::npos);
}

}  // namespace
}  // namespace veritag::report
