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
                    GoldenCase{"ExplainTable", "explain.en.txt", "table", {}, true},
                    GoldenCase{"ExplainTableChinese", "explain.zh.txt", "table", {.language = Language::zh}, true},
                    GoldenCase{"ExplainJson", "explain.en.json", "json", {}, true}),
    [](const testing::TestParamInfo<GoldenCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veritag::report
