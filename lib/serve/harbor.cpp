#include "serve/harbor.h"

#include "base/limits.h"
#include "base/text.h"
#include "oci/json.h"
#include "report/json_output.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <tuple>

namespace veritag::serve {
namespace {

constexpr std::array<std::string_view, 4> kSeverities{"High", "Medium", "Low", "Unknown"};  // highest first

std::string_view severity_of(const Finding& finding) {
    if (finding.code == "unproven") return "Unknown";
    switch (finding.severity) {
        case Severity::error: return "High";
        case Severity::warning: return "Medium";
        case Severity::info: return "Low";
    }
    return "Unknown";
}

}  // namespace

std::string harbor_rows(const Report& report, std::string_view rules_digest) {
    const std::string rules = std::string(rules_digest.substr(rules_digest.find(':') + 1)).substr(0, 12);
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    report::JsonOutput out;
    out.object([&] {
        out.list("vulnerabilities", [&] {
            for (const ImageReport& image : report.images)
                for (const Finding& finding : image.findings) {
                    const std::string id = "veritag-" + finding.code + '-' + rules;
                    const std::string package = !finding.component.empty() ? finding.component : !finding.evidence.empty() && !finding.evidence.front().path.empty() ? finding.evidence.front().path : image.repository;
                    const std::string version = finding.observed.value_or("");
                    if (!seen.emplace(id, package, version).second) continue;
                    out.object([&] {
                        out.member("id", id);
                        out.member("package", package);
                        out.member("version", version);
                        out.member("fix_version", "");
                        out.member("severity", severity_of(finding));
                        out.member("description", finding.message + (finding.suggestion ? " The tag that the content deserves is " + *finding.suggestion + "." : ""));
                        out.list("links", [] {});
                        out.object("vendor_attributes", [&] {
                            out.member("kind", "compliance");
                            out.member("result", to_string(image.verdict));
                            out.member("platform", image.platform);
                        });
                    });
                }
        });
    });
    return out.take();
}

std::string harbor_severity(std::string_view rows) {
    const Result<rapidjson::Document> root = oci::parse_json("read rows", "", rows, Limits{});
    const rapidjson::Value* list = root ? oci::json_member(*root, "vulnerabilities") : nullptr;
    std::size_t highest = kSeverities.size();
    if (list != nullptr && list->IsArray())
        for (const rapidjson::Value& row : list->GetArray()) {
            const std::string severity = oci::json_string(row, "severity");
            const auto place = std::find(kSeverities.begin(), kSeverities.end(), severity);
            highest = std::min(highest, static_cast<std::size_t>(place - kSeverities.begin()));
        }
    return highest < kSeverities.size() ? std::string(kSeverities[highest]) : std::string();
}

}  // namespace veritag::serve
