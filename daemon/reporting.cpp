#include "reporting.h"

#include "catalog/declared.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <utility>

namespace veritag::daemon {

void WaiverFlags::add_to(CLI::App& command) {
    command.add_option("--waivers", file, "YAML file with exceptions: findings that it names stay visible and do not count for --fail-on")->type_name("FILE");
}

Result<waivers::WaiverFile> WaiverFlags::load() const { return waivers::read_waivers(file); }

void apply_waivers(const waivers::WaiverFile& waivers, Report& report) {
    waivers::apply(waivers, std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()), report);
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
