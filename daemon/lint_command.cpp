#include "options.h"
#include "reporting.h"

#include "base/text.h"
#include "catalog/lint.h"
#include "catalog/patch.h"
#include "catalog/tree.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace veritag::daemon {
namespace {

struct LintFlags {
    std::string directory;
    std::string fail_on = "error";
    catalog::LintOptions lint;
    WaiverFlags waivers;
    RuleOptions rules;
    OutputOptions output;
};

// A tag of which a part could not be read is not clean, and neither is a directory in which nothing was there to judge.
int status_of(const Report& report, const std::string& fail_on) {
    const auto any = [&](auto test) { return std::any_of(report.findings.begin(), report.findings.end(), test); };
    if (any([&](const Finding& each) { return is_at_or_above(each, fail_on); })) return kFindings;
    const bool unread = any([](const Finding& each) { return each.code == "unproven" && each.severity == Severity::warning && !each.waived; });
    return unread || report.tree->tags == 0 ? kUnread : kClean;
}

int run(const LintFlags& flags) {
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    const Result<rules::RuleSet> rules = flags.rules.load();
    if (!rules) return complain(rules.error());
    const Result<waivers::WaiverFile> waivers = flags.waivers.load();
    if (!waivers) return complain(waivers.error());
    const Result<catalog::Tree> tree = catalog::read_tree(flags.directory, flags.lint.publisher.name_space, flags.lint.limits);
    if (!tree) return complain(tree.error());
    catalog::LintResult linted = catalog::lint(*rules, *tree, flags.lint);
    Report report;
    report.tool_version = version();
    report.rules_digest = rules->digest();
    report.generated = rfc3339_now();
    report.findings = std::move(linted.findings);
    report.tree = linted.coverage;
    apply_waivers(*waivers, report, flags.output, catalog::declaring_files(*tree));
    if (report.tree->tags == 0)
        say("lint: " + quote(flags.directory) + ": no meta.yml below it declares a tag, so nothing was judged; name the directory that holds the scenes (AI, HPC, Others)", log::Level::warn);

    const Result<std::string> text = flags.output.format == "patch" ? catalog::make_patch(*tree, report.findings, flags.lint.limits)
                                                                    : report::write_report(report, flags.output.format, flags.output.write_options(flags.fail_on));
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    if (flags.output.format == "patch" && text->empty()) say("lint: no finding has a certain mend, so the patch is empty", log::Level::warn);
    return status_of(report, flags.fail_on);
}

}  // namespace

void add_lint(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("lint", "Judge a tree of meta.yml files and Dockerfiles before anything is published (no network)");
    const auto flags = std::make_shared<LintFlags>();
    command->add_option("DIR", flags->directory, "Directory with <scene>/image-list.yml and <scene>/<image>/meta.yml")->required();
    command->add_option("--fail-on", flags->fail_on, "Exit 1 for findings of this severity or worse: error, warning, never")
        ->check(CLI::IsMember({"error", "warning", "never"}))->capture_default_str();
    command->add_option("--namespace", flags->lint.publisher.name_space, "Namespace in which the tree is published")->capture_default_str();
    command->add_option("--registry", flags->lint.publisher.registries, "Registries in which it is published, instead of these; FROM the same path elsewhere proves nothing (repeatable)")
        ->type_name("HOST")->allow_extra_args(false)->capture_default_str();
    flags->output.add_to(*command, {"table", "json", "markdown", "html", "sarif", "junit", "csv", "patch"});
    command->get_option("--format")->check(CLI::IsMember({"table", "json", "markdown", "html", "sarif", "junit", "csv", "patch"}));
    flags->waivers.add_to(*command);
    flags->rules.add_to(*command);
    command->footer("Example:\n  veritag lint openeuler-docker-images\n"
                    "  veritag lint . --format patch -o mend.patch; git apply mend.patch\n"
                    "Exit status: 0 clean, 1 findings, 2 wrong usage, 3 something could not be read, or there was nothing to judge.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
