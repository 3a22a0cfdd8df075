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
