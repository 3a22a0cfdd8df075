#include "reporting.h"

#include "base/text.h"
#include "catalog/declared.h"
#include "report/messages.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace veritag::daemon {

void WaiverFlags::add_to(CLI::App& command) {
    command.add_option("--waivers", file, "YAML file with exceptions: findings that it names stay visible and do not count for --fail-on")->type_name("FILE");
}

Result<waivers::WaiverFile> WaiverFlags::load() const { return waivers::read_waivers(file); }

void apply_waivers(const waivers::WaiverFile& waivers, Report& report, const std::vector<std::string>& declarations) {
    waivers::apply_to_part(waivers, std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()), report, declarations);
}

void tell_idle_waivers(const std::optional<WaiverUse>& use, const OutputOptions& output) {
    if (!use) return;
    const report::Language language = output.write_options().language;
    const auto tell = [&](report::Text why, const std::vector<IdleWaiver>& waivers) {
        for (const IdleWaiver& each : waivers) {
            const std::string what = report::fill(report::text(report::Text::waiver, language), {quote(each.component.empty() ? each.code : each.code + " " + each.component), quote(each.target), quote(each.waived.owner),
                                                                                                  each.waived.expiry, quote(each.waived.reason, 1000)});
            say(quote(each.file, 1000) + ':' + std::to_string(each.line) + ": " + std::string(report::text(why, language)) + (language == report::Language::zh ? "：" : ": ") + what, log::Level::warn);
        }
    };
    tell(report::Text::waiver_expired, use->expired);
    tell(report::Text::waiver_unused, use->unused);
    if (!use->elsewhere.empty()) std::fprintf(stderr, "veritag: %s\n", report::fill(report::text(report::Text::waivers_elsewhere, language), {std::to_string(use->elsewhere.size())}).c_str());
}

void apply_waivers(const waivers::WaiverFile& waivers, Report& report, const OutputOptions& output, const std::vector<std::string>& declarations) {
    apply_waivers(waivers, report, declarations);
    const bool shown = output.format == "table" || output.format == "json" || output.format == "markdown" || output.format == "html";
    if (!shown) tell_idle_waivers(report.waivers, output);
}

void mark_interrupted(Report& report, std::size_t listed, std::size_t looked) {
    const std::string reason = std::to_string(listed - looked) + " of " + std::to_string(listed) + " were not looked at";
    report.incomplete = {.state = "interrupted", .reason = reason};
    for (ListedTarget& target : report.targets) {
        if (target.error) continue;
        target.error = Error{ErrorCode::cancelled, "audit", quote(target.target, 1000), "it was interrupted: " + reason, "audit it again"};
        return;
    }
}

void TreeFlags::add_to(CLI::App& command) {
    command.add_option("--meta", meta, "Directory with <scene>/<image>/meta.yml: say where each image is declared, and what to change there where that is certain")->type_name("DIR");
    command.add_option("--namespace", name_space, "Namespace in which the tree of --meta is published")->capture_default_str();
}

Result<DeclaredTree> TreeFlags::load(const rules::RuleSet& rules) const {
    DeclaredTree loaded;
    if (meta.empty()) return loaded;
    catalog::LintOptions options;
    options.publisher.name_space = name_space;
    VERITAG_TRY(loaded.tree, catalog::read_tree(meta, name_space, options.limits));
    loaded.linted = catalog::lint(rules, *loaded.tree, options).findings;
    return loaded;
}

void DeclaredTree::mark(Report& report) const {
    if (tree) catalog::mark_declared(*tree, linted, report);
}

}  // namespace veritag::daemon
