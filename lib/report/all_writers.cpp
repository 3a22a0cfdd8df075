#include "base/text.h"
#include "report/csv_writer.h"
#include "report/cyclonedx_writer.h"
#include "report/dot_writer.h"
#include "report/html_writer.h"
#include "report/json_writer.h"
#include "report/junit_writer.h"
#include "report/markdown_writer.h"
#include "report/sarif_writer.h"
#include "report/spdx_writer.h"
#include "report/table_writer.h"
#include "report/writers.h"

#include <array>

namespace veritag::report {
namespace {

struct Format {
    std::string_view name;
    std::string (*write)(const Report&, const WriteOptions&);
    std::string (*explain)(const std::vector<Explanation>&, const WriteOptions&);  ///< null where the format is for images alone
};
constexpr std::array<Format, 10> kFormats{{{"table", write_table, write_table},
                                          {"json", write_json, write_json},
                                          {"markdown", write_markdown, nullptr},
                                          {"html", write_html, nullptr},
                                          {"sarif", write_sarif, nullptr},
                                          {"junit", write_junit, nullptr},
                                          {"csv", write_csv, nullptr},
                                          {"dot", write_dot, nullptr},
                                          {"cyclonedx", write_cyclonedx, nullptr},
                                          {"spdx", write_spdx, nullptr}}};

Result<const Format*> find_format(std::string_view name) {
    for (const Format& each : kFormats)
        if (each.name == name) return &each;
    const std::vector<std::string> known = known_formats();
    const std::string near = nearest_word(name, known);
    return Error{ErrorCode::usage, "read --format", "", "\"" + quote(name) + "\" is unknown (known: " + join(known, ", ") + ")",
                 near.empty() ? "" : "did you mean \"" + near + "\"?"};
}

}  // namespace

std::vector<std::string> known_formats() {
    std::vector<std::string> names;
    for (const Format& each : kFormats) names.emplace_back(each.name);
    return names;
}

std::vector<std::string> explanation_formats() {
    std::vector<std::string> names;
    for (const Format& each : kFormats)
        if (each.explain != nullptr) names.emplace_back(each.name);
    return names;
}

Result<std::string> write_report(const Report& report, std::string_view format, const WriteOptions& options) {
    VERITAG_TRY(const Format* found, find_format(format));
    return found->write(report, options);
}

Result<std::string> write_explanation(const std::vector<Explanation>& explanations, std::string_view format, const WriteOptions& options) {
    VERITAG_TRY(const Format* found, find_format(format));
    if (found->explain == nullptr)
        return Error{ErrorCode::usage, "read --format", "", "\"" + std::string(found->name) + "\" is for images and trees, and a tag alone is neither",
                     "use " + join(explanation_formats(), " or ")};
    return found->explain(explanations, options);
}

}  // namespace veritag::report
