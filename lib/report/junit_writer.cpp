#include "report/junit_writer.h"

#include "base/text.h"
#include "report/entries.h"
#include "report/markup.h"
#include "report/messages.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

constexpr std::size_t kShownEvidence = 10;

enum class Outcome { passed, failed, error, skipped };

struct Case {
    std::string name;
    Outcome outcome = Outcome::passed;
    std::string type;     ///< a finding's or an error's code
    std::string message;  ///< one line
    std::string detail;   ///< lines of the failure
    std::string output;   ///< lines of what counts for nothing
};

class JUnit {
public:
    explicit JUnit(const WriteOptions& options) : language_(options.language) {}
    std::string write(const Report& report);

private:
    [[nodiscard]] std::string word(Text which) const { return std::string(text(which, language_)); }
    [[nodiscard]] std::string sentence(const Finding& finding) const { return finding.code + ": " + message_for(finding, language_); }
    [[nodiscard]] std::string lines_of(const Finding& finding, const ImageReport* image = nullptr) const;
    [[nodiscard]] Case case_of(const Report& report, const ImageReport& image) const;
    [[nodiscard]] Case case_of(const Finding& declaration) const;
    void add(const std::string& suite, Case added) {
        if (!suites_.contains(suite)) order_.push_back(suite);
        suites_[suite].push_back(std::move(added));
    }

    Language language_;
    std::map<std::string, std::vector<Case>> suites_;
    std::vector<std::string> order_;
};

// `host/repository` of a reference.
std::string repository_of(const std::string& reference) {
    const std::size_t slash = reference.find_last_of('/');
    const std::size_t end = reference.find_first_of(":@", slash == std::string::npos ? 0 : slash);
    return reference.substr(0, end);
}

std::string suite_of(const ImageReport& image) {
    if (image.registry.empty()) return image.repository.empty() ? image.reference : image.repository;
    return image.registry + "/" + image.repository;
}

std::string name_of_case(const ImageReport& image) {
    const std::string tag = image.tag.empty() ? image.digest : image.tag;
    return (tag.empty() ? image.reference : tag) + (image.platform.empty() ? "" : " " + image.platform);
}

std::string JUnit::lines_of(const Finding& finding, const ImageReport* image) const {
    std::string lines = std::string(severity_word(finding.severity, language_)) + " " + sentence(finding) + "\n";
    if (finding.waived) lines += fill(word(Text::waived), {finding.waived->expiry, finding.waived->owner, finding.waived->reason}) + "\n";
    for (std::size_t i = 0; i < std::min(finding.evidence.size(), kShownEvidence); ++i) {
        const Evidence& each = finding.evidence[i];
        std::string where = evidence_place(each, language_);
        if (each.layer >= 0) where = fill(word(Text::layer), {where, std::to_string(each.layer)});
        lines += "  " + where + (where.empty() || each.detail.empty() ? "" : ": ") + detail_for(each, language_) + "\n";
    }
    if (image != nullptr)
        for (const auto& [layer, step] : steps_of(*image, finding)) lines += "  " + fill(word(Text::layer_made_by), {std::to_string(layer), step}) + "\n";
    if (finding.suggestion) lines += "  " + fill(word(Text::suggestion), {*finding.suggestion}) + "\n";
    if (finding.mend) lines += "  - " + finding.mend->before + "\n  + " + finding.mend->after + "\n";
    return lines;
}

Case JUnit::case_of(const Report& report, const ImageReport& image) const {
    Case result{.name = name_of_case(image), .type = {}, .message = {}, .detail = {}, .output = {}};
    const auto fail = [&](Outcome outcome, const Finding& finding) {
        if (result.outcome == Outcome::passed || (result.outcome == Outcome::skipped && outcome == Outcome::failed)) {
            result.outcome = outcome;
            result.type = finding.code;
            result.message = sentence(finding);
        }
    };
    for (const Finding& each : image.findings) {
        const bool fails = each.severity == Severity::error && !each.waived;
        (fails ? result.detail : result.output) += lines_of(each, &image);
        if (fails) fail(Outcome::failed, each);
        if (each.code == "unproven" && each.severity == Severity::warning && !each.waived) fail(Outcome::skipped, each);
    }
    for (const Problem& each : image.problems) result.output += word(Text::problem) + " " + (each.path.empty() ? "" : each.path + ": ") + message_for(each, language_) + "\n";
    if (image.error) {
        result.outcome = Outcome::error;
        result.type = to_string(image.error->code);
        result.message = message_for(*image.error, language_);
    }
    std::set<std::string> commands;
    for (const Finding& each : image.findings)
        if (result.outcome == Outcome::failed && each.severity == Severity::error && !each.waived)
            if (const auto [command, fresh] = commands.insert(check_command(report, &image, each)); fresh) result.detail += *command + "\n";
    return result;
}

Case JUnit::case_of(const Finding& declaration) const {
    Case result{.name = declaration.code + (declaration.line > 0 ? " " + std::to_string(declaration.line) : ""), .type = declaration.code, .message = sentence(declaration), .detail = {}, .output = {}};
    const bool unknown = declaration.code == "unproven" && declaration.severity == Severity::warning;
    if (declaration.severity == Severity::error && !declaration.waived) {
        result.outcome = Outcome::failed;
        result.detail = lines_of(declaration);
        return result;
    }
    if (unknown) result.outcome = Outcome::skipped;
    result.output = lines_of(declaration);
    return result;
}

// Line by line: a line end is the only control character that may stand there.
std::string content(std::string_view lines) {
    std::string safe;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        safe += markup_text(lines.substr(0, end)) + "\n";
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return safe;
}

std::string element_of(const Case& each) {
    const std::string about = " type=\"" + markup_text(each.type) + "\" message=\"" + markup_text(each.message) + "\"";
    switch (each.outcome) {
        case Outcome::passed: return "";
        case Outcome::failed: return "      <failure" + about + ">" + content(each.detail) + "</failure>\n";
        case Outcome::error: return "      <error" + about + "></error>\n";
        case Outcome::skipped: return "      <skipped" + about + "></skipped>\n";
    }
    return "";
}

std::string attributes_of(const std::vector<const Case*>& cases, bool with_skipped) {
    const auto count = [&](Outcome outcome) { return std::to_string(std::count_if(cases.begin(), cases.end(), [&](const Case* each) { return each->outcome == outcome; })); };
    return " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" + count(Outcome::failed) + "\" errors=\"" + count(Outcome::error) + "\"" +
           (with_skipped ? " skipped=\"" + count(Outcome::skipped) + "\"" : "") + " time=\"0\"";
}

std::string JUnit::write(const Report& report) {
    for (const ListedTarget& each : report.targets)
        if (each.error) add("targets", {.name = each.target, .outcome = Outcome::error, .type = std::string(to_string(each.error->code)), .message = message_for(*each.error, language_), .detail = {}, .output = {}});
    for (const Finding& each : report.findings) add(each.file.empty() ? each.code : each.file, case_of(each));
    for (const ImageReport& each : report.images) add(suite_of(each), case_of(report, each));
    for (const Skipped& each : report.skipped)
        add(repository_of(each.reference), {.name = each.reference + (each.digest.empty() ? "" : "@" + each.digest), .outcome = Outcome::skipped, .type = "skipped", .message = reason_for(each, language_), .detail = {}, .output = {}});
    if (report.images.empty() && !report.tree) add("coverage", {.name = "images", .outcome = Outcome::error, .type = "coverage", .message = word(Text::no_images), .detail = {}, .output = {}});
    if (report.tree && report.tree->tags == 0) add("coverage", {.name = "tags", .outcome = Outcome::error, .type = "coverage", .message = word(Text::no_tags), .detail = {}, .output = {}});

    std::vector<const Case*> all;
    std::string suites;
    for (const std::string& name : order_) {
        std::vector<const Case*> cases;
        for (const Case& each : suites_.at(name)) cases.push_back(&each);
        all.insert(all.end(), cases.begin(), cases.end());
        suites += "  <testsuite name=\"" + markup_text(name) + "\"" + attributes_of(cases, true) + ">\n";
        for (const Case* each : cases) {
            const std::string inside = element_of(*each) + (each->output.empty() ? "" : "      <system-out>" + content(each->output) + "</system-out>\n");
            suites += "    <testcase name=\"" + markup_text(each->name) + "\" classname=\"" + markup_text(name) + "\" time=\"0\"" + (inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
        }
        suites += "  </testsuite>\n";
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"veritag\"" + attributes_of(all, false) + ">\n" + suites + "</testsuites>\n";
}

}  // namespace

std::string write_junit(const Report& report, const WriteOptions& options) { return JUnit(options).write(report); }

}  // namespace veritag::report
