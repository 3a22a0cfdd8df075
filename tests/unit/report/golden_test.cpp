// The whole output against files under tests/data/report. VERITAG_UPDATE_GOLDEN=1 writes them anew; read the difference then.
#include "report/writers.h"
#include "sample.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>

namespace veritag::report {
namespace {

struct GoldenCase {
    const char* name;
    const char* file;
    const char* format;
    WriteOptions options;
    bool explain = false;
    Report (*report)() = sample_report;
};
std::ostream& operator<<(std::ostream& out, const GoldenCase& c) { return out << c.file; }

class Golden : public testing::TestWithParam<GoldenCase> {};
TEST_P(Golden, IsTheFile) {
    const GoldenCase& c = GetParam();
    const Result<std::string> text = c.explain ? write_explanation({sample_explanation()}, c.format, c.options) : write_report(c.report(), c.format, c.options);
    ASSERT_TRUE(text) << text.error().message();
    const std::string path = std::string(VERITAG_SOURCE_DIR) + "/tests/data/report/" + c.file;
    if (std::getenv("VERITAG_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << *text;
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::ostringstream expected;
    expected << file.rdbuf();
    EXPECT_EQ(*text, expected.str());
}
INSTANTIATE_TEST_SUITE_P(
    Writers, Golden,
    testing::Values(GoldenCase{"TableEnglish", "table.en.txt", "table", {.language = Language::en}},
                    GoldenCase{"TableChinese", "table.zh.txt", "table", {.language = Language::zh}},
                    GoldenCase{"TableNarrow", "table.narrow.zh.txt", "table", {.language = Language::zh, .width = 60}},
                    GoldenCase{"TableColoured", "table.colour.txt", "table", {.colour = true}},
                    GoldenCase{"TableWithPackages", "table.packages.txt", "table", {.list_packages = true}},
                    GoldenCase{"JsonEnglish", "report.en.json", "json", {.language = Language::en, .list_packages = true}},
                    GoldenCase{"JsonChinese", "report.zh.json", "json", {.language = Language::zh}},
                    GoldenCase{"CycloneDxEnglish", "report.en.cdx.json", "cyclonedx", {.language = Language::en}},
                    GoldenCase{"CycloneDxChinese", "report.zh.cdx.json", "cyclonedx", {.language = Language::zh}},
                    GoldenCase{"SpdxEnglish", "report.en.spdx.json", "spdx", {.language = Language::en}},
                    GoldenCase{"SpdxChinese", "report.zh.spdx.json", "spdx", {.language = Language::zh}},
                    GoldenCase{"CycloneDxHostile", "hostile.cdx.json", "cyclonedx", {}, false, hostile_report},
                    GoldenCase{"SpdxHostile", "hostile.spdx.json", "spdx", {}, false, hostile_report},
                    GoldenCase{"LintTable", "lint.en.txt", "table", {}, false, lint_report},
                    GoldenCase{"LintTableChinese", "lint.zh.txt", "table", {.language = Language::zh}, false, lint_report},
                    GoldenCase{"LintJson", "lint.en.json", "json", {}, false, lint_report},
                    GoldenCase{"LintSarif", "lint.en.sarif", "sarif", {}, false, lint_report},
                    GoldenCase{"LintSarifChinese", "lint.zh.sarif", "sarif", {.language = Language::zh}, false, lint_report},
                    GoldenCase{"SarifOfImages", "report.en.sarif", "sarif", {}},
                    GoldenCase{"SarifHostile", "hostile.sarif", "sarif", {}, false, hostile_report},
                    GoldenCase{"MarkdownEnglish", "report.en.md", "markdown", {}},
                    GoldenCase{"MarkdownChinese", "report.zh.md", "markdown", {.language = Language::zh}},
                    GoldenCase{"HtmlEnglish", "report.en.html", "html", {}},
                    GoldenCase{"HtmlChinese", "report.zh.html", "html", {.language = Language::zh}},
                    GoldenCase{"JUnitEnglish", "report.en.junit.xml", "junit", {}},
                    GoldenCase{"JUnitChinese", "report.zh.junit.xml", "junit", {.language = Language::zh}},
                    GoldenCase{"CsvEnglish", "report.en.csv", "csv", {}},
                    GoldenCase{"CsvChinese", "report.zh.csv", "csv", {.language = Language::zh}},
                    GoldenCase{"SarifOfImagesChinese", "report.zh.sarif", "sarif", {.language = Language::zh}},
                    GoldenCase{"Dot", "audit.dot", "dot", {}, false, audit_report},
                    GoldenCase{"AuditTable", "audit.en.txt", "table", {}, false, audit_report},
                    GoldenCase{"AuditTableChinese", "audit.zh.txt", "table", {.language = Language::zh}, false, audit_report},
                    GoldenCase{"AuditJson", "audit.en.json", "json", {}, false, audit_report},
                    GoldenCase{"AuditSarif", "audit.en.sarif", "sarif", {}, false, audit_report},
                    GoldenCase{"AuditMarkdown", "audit.en.md", "markdown", {}, false, audit_report},
                    GoldenCase{"AuditMarkdownChinese", "audit.zh.md", "markdown", {.language = Language::zh}, false, audit_report},
                    GoldenCase{"AuditHtml", "audit.en.html", "html", {}, false, audit_report},
                    GoldenCase{"AuditHtmlChinese", "audit.zh.html", "html", {.language = Language::zh}, false, audit_report},
                    GoldenCase{"AuditJUnit", "audit.en.junit.xml", "junit", {}, false, audit_report},
                    GoldenCase{"AuditCsv", "audit.en.csv", "csv", {}, false, audit_report},
                    GoldenCase{"LintMarkdown", "lint.en.md", "markdown", {}, false, lint_report},
                    GoldenCase{"LintHtml", "lint.en.html", "html", {}, false, lint_report},
                    GoldenCase{"LintJUnit", "lint.en.junit.xml", "junit", {}, false, lint_report},
                    GoldenCase{"LintCsv", "lint.en.csv", "csv", {}, false, lint_report},
                    GoldenCase{"MarkdownHostile", "hostile.md", "markdown", {}, false, hostile_report},
                    GoldenCase{"HtmlHostile", "hostile.html", "html", {}, false, hostile_report},
                    GoldenCase{"JUnitHostile", "hostile.junit.xml", "junit", {}, false, hostile_report},
                    GoldenCase{"CsvHostile", "hostile.csv", "csv", {}, false, hostile_report},
                    GoldenCase{"ExplainTable", "explain.en.txt", "table", {}, true},
                    GoldenCase{"ExplainTableChinese", "explain.zh.txt", "table", {.language = Language::zh}, true},
                    GoldenCase{"ExplainJson", "explain.en.json", "json", {}, true}),
    [](const testing::TestParamInfo<GoldenCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veritag::report
