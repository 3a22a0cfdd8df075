// What holds of every format: the same report is the same bytes, and nothing that an image says becomes more than text.
#include "report/writers.h"

#include "base/text.h"
#include "report/markup.h"
#include "sample.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

// Control bytes, invalid UTF-8, C1 controls, turned writing, ends of elements, attributes, code spans, tables, comments and CDATA, links, formulas.
const std::string kEvil = "=cmd|' /C calc'!A0\x1b[2J\r\n# x\x07\xff\xc2\x9b\u202e\"'`|</pre></style></script><script>alert(1)</script><img src=x onerror=alert(1)>]]>-->&lt;![](javascript:x)[a](http://evil.example)"
                          "@all www.evil.example\xEF\xBF\xBF";

Report evil_report() {
    Report report = audit_report();
    report.tool_version = report.rules_digest = kEvil;
    for (ListedTarget& target : report.targets) target = {.target = kEvil, .driver = kEvil, .notes = {kEvil}, .error = Error{ErrorCode::io, kEvil, kEvil, kEvil, kEvil}};
    const Waived waived{kEvil, kEvil, kEvil};
    const LineMend mend{kEvil, 3, kEvil, kEvil};
    const std::vector<Evidence> evidence{{.source = EvidenceSource::label, .path = kEvil, .layer = 0, .diff_id = kEvil, .detail = kEvil}};
    const auto finding = [&](Severity severity) {
        return Finding{.code = kEvil, .severity = severity, .component = kEvil, .claimed = kEvil, .observed = kEvil, .message = kEvil, .evidence = evidence, .suggestion = kEvil, .mend = mend};
    };
    for (ImageReport& image : report.images) {
        image.reference = image.registry = image.repository = image.tag = image.digest = image.platform = image.grammar = kEvil;
        image.error = Error{ErrorCode::io, kEvil, kEvil, kEvil, kEvil};
        image.problems = {{.path = kEvil, .message = kEvil}};
        image.observed = {{.component = kEvil, .kind = ComponentKind::os, .version = kEvil, .evidence = evidence}};
        image.lineage = {{.reference = kEvil, .digest = kEvil, .layers = 1}, {.reference = kEvil, .digest = kEvil, .layers = 1}};
        image.declared = DeclaredAt{kEvil, 1};
        image.findings = {finding(Severity::error), finding(Severity::warning), finding(Severity::info), finding(Severity::error)};
        image.findings.back().waived = waived;
    }
    report.findings = {finding(Severity::error)};
    report.findings.front().file = kEvil;
    report.skipped = {{.reference = kEvil, .digest = kEvil, .reason = kEvil}};
    const IdleWaiver idle{.target = kEvil, .code = kEvil, .component = kEvil, .waived = waived, .file = kEvil, .line = 1};
    report.waivers = WaiverUse{.findings = 1, .expired = {idle}, .unused = {idle}};
    return report;
}

std::string written(const Report& report, std::string_view format, Language language) {
    Result<std::string> text = write_report(report, format, {.language = language});
    EXPECT_TRUE(text) << format;
    return text ? *text : std::string();
}

TEST(EveryFormat, IsTheSameBytesEachTime) {
    for (Report (*report)() : {sample_report, audit_report, lint_report, hostile_report, evil_report})
        for (const std::string& format : known_formats())
            for (const Language language : {Language::en, Language::zh}) EXPECT_EQ(written(report(), format, language), written(report(), format, language)) << format;
}

TEST(EveryFormat, IsUtf8WithoutControlBytes) {
    for (const std::string& format : known_formats())
        for (const Language language : {Language::en, Language::zh}) {
            const std::string text = written(evil_report(), format, language);
            EXPECT_TRUE(is_valid_utf8(text)) << format;
            // A tab ends a name with blanks in a patch.
            for (const char c : text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || (c == '\r' && format == "csv") || (c == '\t' && (format == "markdown" || format == "html"))) << format << " " << static_cast<int>(c);
            if (format == "cyclonedx" || format == "spdx" || format == "json" || format == "sarif") continue;  // JSON escapes what it must
            for (const char* bad : {"\u202e", "\xc2\x9b"}) EXPECT_EQ(text.find(bad), std::string::npos) << format;
        }
}

TEST(EveryFormat, OfNothingSaysThatNothingWasJudged) {
    EXPECT_NE(written({}, "markdown", Language::en).find("No image was judged."), std::string::npos);
    EXPECT_NE(written({}, "html", Language::zh).find("没有判定任何镜像。"), std::string::npos);
    EXPECT_NE(written({}, "junit", Language::en).find("<error type=\"coverage\" message=\"No image was judged.\">"), std::string::npos);
}

TEST(Markup, LeavesNoCharacterOfMarkup) {
    EXPECT_EQ(markup_text("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
    EXPECT_EQ(markup_text("a\x01\xEF\xBF\xBE"), "a\\x01\uFFFD");
    EXPECT_EQ(markup_text("中文"), "中文");
    EXPECT_EQ(markdown_text("1. a"), "1\\. a");
    EXPECT_EQ(markdown_text("# a - b"), "\\# a - b");
    EXPECT_EQ(markdown_text("22.03-LTS"), "22.03-LTS");
    EXPECT_EQ(markdown_text("[a](b) *c* <d> `e` f_g"), "\\[a\\](b) \\*c\\* \\<d\\> \\`e\\` f\\_g");
    EXPECT_EQ(markdown_text("https://x @y www.z"), "https:\u2060//x @\u2060y www.\u2060z");
    EXPECT_EQ(markdown_text("torvalds/linux#1 #2 GH-3 # 4"), "torvalds/linux#\u20601 #\u20602 GH-\u20603 # 4");
    EXPECT_EQ(markdown_text("#1"), "\\#\u20601");
    EXPECT_EQ(markdown_code("a`b"), "`a'b`");
    EXPECT_EQ(markdown_code(""), "` `");
    EXPECT_EQ(markdown_block("sh", "a ``` b\n"), "````sh\na ``` b\n````\n");
}

// Every element of the page, by name and attributes.
std::vector<std::string> tags_of(const std::string& html) {
    static const std::regex tag("<[^>]*>");
    return {std::sregex_token_iterator(html.begin(), html.end(), tag), {}};
}

TEST(HtmlPage, HasOnlyTheElementsThatItWrites) {
    for (const Language language : {Language::en, Language::zh}) {
        const std::string page = written(evil_report(), "html", language);
        static const std::regex known("</?(html|head|title|style|body|header|main|footer|section|details|summary|div|h[1-4]|p|ul|li|br|b|strong|span|code|pre|del|ins|table|thead|tbody|tr|td|th|meta)\\b[^<]*>");
        std::size_t styles = 0;
        for (const std::string& tag : tags_of(page)) {
            if (tag == "<!DOCTYPE html>") continue;
            EXPECT_TRUE(std::regex_match(tag, known)) << tag;
            EXPECT_FALSE(std::regex_search(tag, std::regex("\\s(on[a-z]+|src|href|style)\\s*="))) << tag;
            styles += tag == "<style>" ? 1 : 0;
        }
        EXPECT_EQ(styles, 1U);
        EXPECT_EQ(page.find("<script"), std::string::npos);
        EXPECT_NE(page.find("default-src 'none'; style-src 'sha256-"), std::string::npos);
        EXPECT_NE(page.find(language == Language::zh ? "<html lang=\"zh-CN\">" : "<html lang=\"en\">"), std::string::npos);
        EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
    }
}

TEST(HtmlPage, ClosesEveryElementThatItOpens) {
    for (Report (*report)() : {sample_report, audit_report, lint_report, evil_report}) {
        std::vector<std::string> open;
        for (const std::string& tag : tags_of(written(report(), "html", Language::en))) {
            std::smatch name;
            ASSERT_TRUE(std::regex_search(tag, name, std::regex("^<[/!]?([A-Za-z0-9]+)"))) << tag;
            if (name[1] == "meta" || name[1] == "br" || name[1] == "DOCTYPE") continue;
            if (!tag.starts_with("</")) {
                open.push_back(name[1]);
                continue;
            }
            ASSERT_FALSE(open.empty());
            ASSERT_EQ(open.back(), name[1]);
            open.pop_back();
        }
        EXPECT_TRUE(open.empty());
    }
}

TEST(Markdown, KeepsHostileTextInCodeAndEscapes) {
    const std::string text = written(evil_report(), "markdown", Language::en);
    bool fenced = false;
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with("```")) {
            fenced = !fenced;
            continue;
        }
        if (fenced) continue;
        std::string outside;  // of code spans and without escaped characters
        bool code = false;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (!code && line[i] == '\\')
                ++i;
            else if (line[i] == '`')
                code = !code;
            else if (!code)
                outside += line[i];
        }
        EXPECT_FALSE(code) << line;
        EXPECT_EQ(outside.find_first_of("<>[]~&!"), std::string::npos) << line;
        for (const char* link : {"://", "www.evil", "@all"}) EXPECT_EQ(outside.find(link), std::string::npos) << line;
    }
    EXPECT_FALSE(fenced);
}

// A reader of RFC 4180.
std::vector<std::vector<std::string>> rows_of(const std::string& csv) {
    std::vector<std::vector<std::string>> rows{{""}};
    bool quoted = false;
    for (std::size_t i = 0; i < csv.size(); ++i) {
        const char c = csv[i];
        if (quoted && c == '"' && i + 1 < csv.size() && csv[i + 1] == '"') {
            rows.back().back() += c;
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == ',') {
            rows.back().emplace_back();
        } else if (!quoted && csv.compare(i, 2, "\r\n") == 0) {
            rows.emplace_back(1, "");
            ++i;
        } else {
            rows.back().back() += c;
        }
    }
    EXPECT_FALSE(quoted);
    EXPECT_EQ(rows.back(), std::vector<std::string>{""}) << "the last line ends, too";
    rows.pop_back();
    return rows;
}

TEST(Csv, HasOneWidthAndNoFormula) {
    for (Report (*report)() : {sample_report, audit_report, lint_report, hostile_report, evil_report})
        for (const auto& row : rows_of(written(report(), "csv", Language::zh))) {
            EXPECT_EQ(row.size(), 17U);
            for (const std::string& cell : row) EXPECT_EQ(std::string_view("=+-@\t").find(cell.empty() ? 'x' : cell[0]), std::string_view::npos) << cell;
        }
}

TEST(Csv, GuardsWhatASpreadsheetWouldRun) {
    for (const std::string start : {"=", "+", "-", "@", " =", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"}) {
        Report report;
        report.skipped = {{.reference = start + "1+1", .digest = "", .reason = "x"}};
        const auto rows = rows_of(written(report, "csv", Language::en));
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_EQ(rows[1][0], "'" + start + "1+1");
    }
}

TEST(Csv, QuotesEveryCell) {
    Report report;
    report.skipped = {{.reference = "a;=1+1", .digest = "", .reason = "b\t=1+1"}};
    const std::string text = written(report, "csv", Language::en);
    EXPECT_NE(text.find("\"a;=1+1\","), std::string::npos) << text;
    for (const std::string_view line : split(std::string_view(text).substr(0, text.size() - 2), '\n')) {
        EXPECT_TRUE(line.starts_with('"')) << line;
        EXPECT_EQ(line.find(",,"), std::string_view::npos) << line;
    }
}

TEST(Csv, HasEveryFindingAndEveryImage) {
    const Report report = audit_report();
    std::size_t findings = 0;
    for (const ImageReport& image : report.images) findings += image.findings.size();
    EXPECT_EQ(rows_of(written(report, "csv", Language::en)).size(), 1 + findings + 1) << "names, findings, one target that was not listed";
    EXPECT_EQ(rows_of(written(sample_report(), "csv", Language::en)).size(), 1U + 7U + 1U + 1U) << "names, findings, one unreadable image, one skipped";
}

TEST(Sarif, HasTheProofThePlaceAndWhatWasNotListed) {
    const std::string text = written(audit_report(), "sarif", Language::en);
    rapidjson::Document root;
    root.Parse(text.data(), text.size());
    const auto& run = root["runs"][0];
    EXPECT_FALSE(run["invocations"][0]["executionSuccessful"].GetBool());
    EXPECT_STREQ(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].GetString(),
                 "quay.example/openeuler could not be listed to its end, so images of it may be missing here: list tags: quay.example/openeuler: HTTP 429 after 3 tries; wait, log in for a higher limit, or lower --jobs");
    const auto& result = run["results"][0];
    EXPECT_STREQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].GetString(), "AI/pytorch/meta.yml");
    EXPECT_EQ(result["locations"][0]["physicalLocation"]["region"]["startLine"].GetInt(), 3);
    ASSERT_EQ(result["relatedLocations"].Size(), 2U);
    EXPECT_STREQ(result["relatedLocations"][0]["message"]["text"].GetString(), "etc/os-release (layer 0): VERSION=\"22.03 (LTS-SP4)\"");
    Report listed = audit_report();
    for (ListedTarget& each : listed.targets) each.error.reset();
    EXPECT_NE(written(listed, "sarif", Language::en).find("\"executionSuccessful\": true"), std::string::npos);
}

TEST(BillsOfMaterialsAndTheGraph, SayWhatWasNotListed) {
    for (const char* format : {"cyclonedx", "spdx", "dot"})
        for (const Language language : {Language::en, Language::zh}) {
            const std::string text = written(audit_report(), format, language);
            EXPECT_NE(text.find("quay.example/openeuler"), std::string::npos) << format;
            EXPECT_NE(text.find(language == Language::en ? "HTTP 429 after 3 tries" : "HTTP 429（共尝试 3 次）"), std::string::npos) << format;
        }
}

TEST(JUnit, PassesNothingThatIsUnknownAndFailsNothingThatIsWaived) {
    const std::string text = written(audit_report(), "junit", Language::en);
    for (const char* counts : {"tests=\"1\" failures=\"0\" errors=\"1\"", "tests=\"3\" failures=\"2\" errors=\"0\"", "tests=\"2\" failures=\"1\" errors=\"0\"", "tests=\"1\" failures=\"1\" errors=\"0\""})
        EXPECT_NE(text.find(counts), std::string::npos) << counts << text;
    EXPECT_EQ(text.find("<failure type=\"tool-missing\""), std::string::npos) << "waived";
    EXPECT_NE(text.find("Waived until 2026-12-31 by infra@example.org"), std::string::npos);
    EXPECT_NE(written(sample_report(), "junit", Language::en).find("<skipped>unproven: "), std::string::npos);
}

std::string outcome_of(const std::vector<Finding>& findings, const WriteOptions& options = {}) {
    Report report;
    report.images.emplace_back().tag = "1.0";
    report.images.front().findings = findings;
    const Result<std::string> text = write_report(report, "junit", options);
    const std::string start = "<testcase name=\"1.0\" classname=\"\" time=\"0\"";
    std::string rest = text->substr(text->find(start) + start.size());
    if (rest.starts_with("/>")) return "passed";
    rest.erase(0, rest.find('<') + 1);
    return rest.substr(0, rest.starts_with("skipped") ? rest.find('<') : rest.find(" message"));
}

TEST(JUnit, FailsFromTheThresholdOnAndSkipsWhatAWaiverKeepsFromIt) {
    const Waived waived{"known", "ai-sig", "2026-12-31"};
    const Finding wrong{.code = "os-mismatch", .severity = Severity::error, .message = "w", .evidence = {}};
    const Finding unknown{.code = "unproven", .severity = Severity::warning, .message = "u", .evidence = {}};
    const Finding warning{.code = "tag-form", .severity = Severity::warning, .message = "f", .evidence = {}};
    const auto waive = [&](Finding finding) {
        finding.waived = waived;
        return finding;
    };
    const std::string exempt = "skipped>Waived until 2026-12-31 by ai-sig: known";
    EXPECT_EQ(outcome_of({waive(wrong)}), exempt);
    EXPECT_EQ(outcome_of({waive(unknown)}), exempt);
    EXPECT_EQ(outcome_of({waive(warning)}), "passed") << "it would not have failed";
    EXPECT_EQ(outcome_of({waive(wrong), unknown}), "skipped>unproven: u");
    EXPECT_EQ(outcome_of({unknown, waive(wrong), wrong}), "failure type=\"os-mismatch\"");

    const WriteOptions from_warnings{.fails_from = Severity::warning}, never{.fails_from = std::nullopt};
    EXPECT_EQ(outcome_of({wrong}, never), "passed") << "whoever asks for no failure gets none";
    EXPECT_EQ(outcome_of({waive(wrong)}, never), "passed");
    EXPECT_EQ(outcome_of({unknown}, never), "skipped>unproven: u");
    EXPECT_EQ(outcome_of({warning}, from_warnings), "failure type=\"tag-form\"");
    EXPECT_EQ(outcome_of({unknown}, from_warnings), "failure type=\"unproven\"") << "as the exit status says";
    EXPECT_EQ(outcome_of({waive(warning)}, from_warnings), exempt);
    EXPECT_EQ(outcome_of({{.code = "tag-short", .severity = Severity::info, .message = "n", .evidence = {}}}, from_warnings), "passed");

    Report tree;
    tree.findings = {waive(wrong), waive(unknown)};
    for (Finding& each : tree.findings) each.file = "AI/cann/meta.yml";
    const std::string text = written(tree, "junit", Language::zh);
    EXPECT_NE(text.find("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"2\""), std::string::npos) << text;
    EXPECT_NE(text.find("<skipped>已豁免至 2026-12-31"), std::string::npos) << text;
}

TEST(JUnit, TellsWhatASuiteSaysByCase) {
    const std::string text = written(sample_report(), "junit", Language::en);
    const std::size_t suite = text.find("<testsuite name=\"127.0.0.1:5000/openeuler/cann\"");
    const std::size_t output = text.find("<system-out>8.0.RC1-oe2203sp4 linux/amd64:\ninfo tag-short: ", suite);
    const std::size_t next = text.find("\n8.0.RC1-oe2203sp4 linux/arm64:\ninfo tag-short: ", suite);
    ASSERT_LT(suite, text.size());
    EXPECT_LT(text.find("</testcase>", suite), output);
    EXPECT_LT(output, next);
    EXPECT_LT(next, text.find("</testsuite>", suite));

    // Readers that show a failure or an error alone show all there is to it.
    const std::size_t failure = text.find("<failure type=\"os-mismatch\"");
    const std::size_t beside = text.find("\nwarning unproven: ", failure);
    ASSERT_LT(failure, text.size());
    EXPECT_LT(beside, text.find("</failure>", failure));
    EXPECT_EQ(text.find("warning unproven: The tag claims Ascend CANN", beside + 20), std::string::npos) << "it is told twice";
    EXPECT_NE(text.find("name a file with --authfile\">fetch manifest: "), std::string::npos);
}

TEST(JUnit, HasTheTimeOfTheReport) {
    Report report = sample_report();
    report.generated = "2024-02-29T23:59:58Z";
    EXPECT_NE(written(report, "junit", Language::en).find("timestamp=\"2024-02-29T23:59:58\" hostname"), std::string::npos);
    report.generated.clear();  // a time must be there
    EXPECT_NE(written(report, "junit", Language::en).find("timestamp=\"1970-01-01T00:00:00\" hostname"), std::string::npos);
}

}  // namespace
}  // namespace veritag::report
