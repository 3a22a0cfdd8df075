#include "report/junit_writer.h"

#include "base/text.h"
#include "report/entries.h"
#include "report/markup.h"
#include "report/messages.h"
#include "report/sbom.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
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
    std::string detail;   ///< lines of the failure or error
    std::string output;   ///< lines of what counts for nothing, of a case without failure or error: they go to the suite, under the name
};

class JUnit {
public:
    JUnit(const Report& report, const WriteOptions& options) : surroundings_(report), language_(options.language), fails_from_(options.fails_from) {}
    std::string write(const Report& report);

private:
    [[nodiscard]] std::string word(Text which) const { return std::string(text(which, language_)); }
    [[nodiscard]] std::string sentence(const Finding& finding) const { return finding.code + ": " + message_for(finding, language_); }
    [[nodiscard]] std::string lines_of(const Finding& finding, const ImageReport* image = nullptr) const;
    [[nodiscard]] std::string waived(const Waived& waived) const { return fill(word(Text::waived), {waived.expiry, waived.owner, waived.reason}); }
    [[nodiscard]] Case case_of(const Report& report, const ImageReport& image) const;
    [[nodiscard]] Case case_of(const Finding& declaration) const;
    void add(const std::string& suite, Case added) {
        if (!suites_.contains(suite)) order_.push_back(suite);
        suites_[suite].push_back(std::move(added));
    }

    [[nodiscard]] bool is_grave(const Finding& finding) const { return fails_from_ && finding.severity <= *fails_from_; }
    [[nodiscard]] bool fails(const Finding& finding) const { return is_grave(finding) && !finding.waived; }

    Surroundings surroundings_;
    Language language_;
    std::optional<Severity> fails_from_;
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

bool is_unknown(const Finding& finding) { return finding.code == "unproven" && finding.severity == Severity::warning; }

std::string JUnit::lines_of(const Finding& finding, const ImageReport* image) const {
    std::string lines = std::string(severity_word(finding.severity, language_)) + " " + sentence(finding) + "\n";
    if (finding.waived) lines += waived(*finding.waived) + "\n";
    for (std::size_t i = 0; i < std::min(finding.evidence.size(), kShownEvidence); ++i) lines += "  " + evidence_line(finding, finding.evidence[i], language_) + "\n";
    if (image != nullptr)
        for (const auto& [layer, step] : steps_of(*image, finding)) lines += "  " + fill(word(Text::layer_made_by), {std::to_string(layer), step}) + "\n";
    if (finding.suggestion) lines += "  " + surroundings_.advice(image, finding, language_) + "\n";
    if (finding.mend) lines += "  - " + finding.mend->before + "\n  + " + finding.mend->after + "\n";
    return lines;
}

Case JUnit::case_of(const Report& report, const ImageReport& image) const {
    Case result{.name = name_of_case(image), .type = {}, .message = {}, .detail = {}, .output = {}};
    const auto set = [&](Outcome outcome, const Finding& finding) {
        result.outcome = outcome;
        result.type = finding.code;
        result.message = finding.waived ? waived(*finding.waived) : sentence(finding);
    };
    // The worst outcome, and of one outcome the first finding. What a waiver keeps from failing did not pass either; what is unknown says more than it.
    const Finding* unknown = nullptr;
    const Finding* exempt = nullptr;
    for (const Finding& each : image.findings) {
        (fails(each) ? result.detail : result.output) += lines_of(each, &image);
        if (fails(each) && result.outcome == Outcome::passed) set(Outcome::failed, each);
        if (is_unknown(each) && !each.waived && unknown == nullptr) unknown = &each;
        if (each.waived && (is_grave(each) || is_unknown(each)) && exempt == nullptr) exempt = &each;
    }
    if (const Finding* skipped = unknown != nullptr ? unknown : exempt; skipped != nullptr && result.outcome == Outcome::passed) set(Outcome::skipped, *skipped);
    for (const Problem& each : image.problems) result.output += word(Text::problem) + " " + (each.path.empty() ? "" : each.path + (language_ == Language::zh ? "：" : ": ")) + message_for(each, language_) + "\n";
    if (image.error) {
        result.outcome = Outcome::error;
        result.type = to_string(image.error->code);
        result.message = message_for(*image.error, language_);
    }
    if (result.outcome == Outcome::failed || result.outcome == Outcome::error) result.detail += std::exchange(result.output, {});
    std::set<std::string> commands;
    for (const Finding& each : image.findings)
        if (result.outcome == Outcome::failed && fails(each))
            if (const auto [command, fresh] = commands.insert(check_command(report, &image, each)); fresh) result.detail += *command + "\n";
    return result;
}

Case JUnit::case_of(const Finding& declaration) const {
    const std::string name(published_name(declaration));
    Case result{.name = declaration.file.empty() && !name.empty() ? name : declaration.code + (!name.empty() ? " " + name : declaration.line > 0 ? " " + std::to_string(declaration.line) : ""), .type = declaration.code, .message = sentence(declaration), .detail = {}, .output = {}};
    if (fails(declaration)) {
        result.outcome = Outcome::failed;
        result.detail = lines_of(declaration);
        return result;
    }
    if (is_unknown(declaration) || (declaration.waived && is_grave(declaration))) result.outcome = Outcome::skipped;
    if (declaration.waived) result.message = waived(*declaration.waived);
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
        case Outcome::error: return "      <error" + about + ">" + content(each.message) + content(each.detail) + "</error>\n";
        case Outcome::skipped: return "      <skipped>" + markup_text(each.message) + "</skipped>\n";  // Jenkins' schema knows no attribute of it
    }
    return "";
}

std::string counts_of(const std::vector<Case>& cases) {
    const auto count = [&](Outcome outcome) { return std::to_string(std::count_if(cases.begin(), cases.end(), [&](const Case& each) { return each.outcome == outcome; })); };
    return " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" + count(Outcome::failed) + "\" errors=\"" + count(Outcome::error) + "\" skipped=\"" + count(Outcome::skipped) + "\" time=\"0\"";
}

std::string property(std::string_view name, std::string_view value) { return "      <property name=\"" + std::string(name) + "\" value=\"" + markup_text(value) + "\"/>\n"; }

std::string JUnit::write(const Report& report) {
    for (const ListedTarget& each : report.targets)
        if (each.error) add("targets", {.name = each.target, .outcome = Outcome::error, .type = std::string(to_string(each.error->code)), .message = message_for(*each.error, language_), .detail = {}, .output = {}});
    for (const Finding& each : report.findings) add(each.file.empty() ? each.code : each.file, case_of(each));
    for (const ImageReport& each : report.images) add(suite_of(each), case_of(report, each));
    for (const Skipped& each : report.skipped)
        add(repository_of(each.reference), {.name = each.reference + (each.digest.empty() ? "" : "@" + each.digest), .outcome = Outcome::skipped, .type = "skipped", .message = reason_for(each, language_), .detail = {}, .output = {}});
    if (report.images.empty() && !report.tree) add("coverage", {.name = "images", .outcome = Outcome::error, .type = "coverage", .message = word(Text::no_images), .detail = {}, .output = {}});
    if (report.tree && report.tree->tags == 0) add("coverage", {.name = "tags", .outcome = Outcome::error, .type = "coverage", .message = word(Text::no_tags), .detail = {}, .output = {}});

    // Ant's schema wants a time without zone, `localhost` where no host is known, no package but an empty one (Jenkins would put any other before
    // the name), and output of a suite, never of a case.
    const std::string about = "timestamp=\"" + markup_text(time_of(report).substr(0, std::string_view("2026-01-31T12:00:00").size())) + "\" hostname=\"localhost\"";
    std::string suites;
    for (std::size_t id = 0; id < order_.size(); ++id) {
        const std::string& name = order_[id];
        const std::vector<Case>& cases = suites_.at(name);
        suites += "  <testsuite name=\"" + markup_text(name) + "\" package=\"\" id=\"" + std::to_string(id) + "\" " + about + counts_of(cases) + ">\n";
        suites += "    <properties>\n" + property("veritag", report.tool_version) + property("rules", report.rules_digest) + "    </properties>\n";
        std::string output;
        for (const Case& each : cases) {
            const std::string inside = element_of(each);
            suites += "    <testcase name=\"" + markup_text(each.name) + "\" classname=\"" + markup_text(name) + "\" time=\"0\"" + (inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
            if (!each.output.empty()) output += markup_text(each.name) + ":\n" + content(each.output);
        }
        suites += "    <system-out>" + output + "</system-out>\n    <system-err></system-err>\n  </testsuite>\n";
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" + suites + "</testsuites>\n";
}

}  // namespace

std::string write_junit(const Report& report, const WriteOptions& options) { return JUnit(report, options).write(report); }

}  // namespace veritag::report
