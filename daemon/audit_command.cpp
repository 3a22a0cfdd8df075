#include "engine.h"
#include "remote.h"
#include "reporting.h"

#include "audit/ancestors.h"
#include "audit/auditor.h"
#include "base/text.h"
#include "catalog/tree.h"
#include "scan/build_steps.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>

namespace veritag::daemon {
namespace {

struct AuditFlags {
    std::vector<std::string> targets;
    std::vector<std::string> lists;
    std::string driver = "automatic";
    bool offline = false;
    bool configs_only = false;
    source::TargetFilter filter;
    EngineFlags engine;
    OutputOptions output;
    RemoteOptions remote;
    WaiverFlags waivers;
    TreeFlags tree;
};

Result<std::string> read_list(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    if (!in) return Error{ErrorCode::config, "read list of targets", quote(path), std::strerror(errno), ""};
    return text;
}

Result<audit::Scope> scope_of(const AuditFlags& flags) {
    audit::Scope scope{.filter = flags.filter};
    VERITAG_CHECK(source::check_filter(flags.filter));
    const std::optional<registry::ListingDriver> driver = registry::listing_driver_from(flags.driver);
    if (!driver) return Error{ErrorCode::usage, "read command line", "--driver", quote(flags.driver), "automatic, catalog, docker-hub, quay or harbor"};
    std::optional<catalog::Tree> tree;
    if (!flags.tree.meta.empty()) {
        VERITAG_TRY(tree, catalog::read_tree(flags.tree.meta, flags.tree.name_space, Limits{}));
        if (tree->entries.empty()) return Error{ErrorCode::config, "read tree", quote(flags.tree.meta), "no meta.yml below it declares a tag", "name the directory that holds the scenes (AI, HPC, Others)"};
        if (flags.targets.empty()) return Error{ErrorCode::usage, "read command line", "--meta", "no registry was named", "name the registries in which the tree is published"};
    }
    for (const std::string& text : flags.targets) {
        VERITAG_TRY(registry::ListingTarget target, registry::parse_listing_target(text));
        target.driver = *driver;
        if (!tree) {
            scope.targets.push_back(std::move(target));
            continue;
        }
        // What is declared is looked at whether or not the registry lists it.
        for (const std::string& repository : std::set<std::string>(tree->repositories.begin(), tree->repositories.end())) {
            source::TargetList::Entry entry{.registry = target.registry, .repository = repository};
            for (const catalog::TreeEntry& each : tree->entries)
                if (each.published && each.repository == repository) entry.tags.push_back(each.declared.tag);
            if (!entry.tags.empty() && (target.path.empty() || repository == target.path || repository.starts_with(target.path + '/'))) scope.entries.push_back(std::move(entry));
        }
    }
    for (const std::string& path : flags.lists) {
        VERITAG_TRY(const std::string text, read_list(path));
        VERITAG_TRY(const source::TargetList list, source::parse_target_list(text, path));
        for (const std::string& note : list.notes) say(quote(path) + ": " + note, log::Level::warn);
        scope.entries.insert(scope.entries.end(), list.entries.begin(), list.entries.end());
    }
    if (scope.targets.empty() && scope.entries.empty())
        return Error{ErrorCode::usage, "read command line", "TARGET", "nothing to audit was named", "name a registry, a namespace or a repository, or a file with --list"};
    return scope;
}

int run(const AuditFlags& flags) {
    flags.engine.log.apply();
    if (const Result<void> known = check_format(flags.output.format); !known) return complain(known.error());
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    const Result<waivers::WaiverFile> waivers = flags.waivers.load();
    if (!waivers) return complain(waivers.error());
    Result<audit::Scope> scope = scope_of(flags);
    if (!scope) return complain(scope.error());
    std::set<std::string> registries;
    for (const registry::ListingTarget& target : scope->targets) registries.insert(target.registry);
    for (const source::TargetList::Entry& entry : scope->entries) registries.insert(entry.registry);
    if (!flags.engine.registry.client.username.empty() && registries.size() > 1)
        return complain({ErrorCode::usage, "read command line", "--username", "the targets are in " + std::to_string(registries.size()) + " registries, and one login must not go to all of them",
                         "use --authfile, or audit them one by one"});
    if (flags.offline && flags.engine.store.none)
        return complain({ErrorCode::usage, "read command line", "--offline", "with --no-store there is nothing to judge", "leave one of them out"});

    Result<std::unique_ptr<Engine>> made = Engine::make(flags.engine, 0);
    if (!made) return complain(made.error());
    Engine& engine = **made;
    const Result<DeclaredTree> tree = flags.tree.load(engine.rules);
    if (!tree) return complain(tree.error());
    if (flags.offline && engine.store == nullptr) return complain({ErrorCode::io, "audit offline", "", "the store cannot be used", "name one with --store"});
    scope->wanted = engine.wanted;
    scope->wanted.configs_only = flags.configs_only;
    audit::AuditOptions options{.scope = std::move(*scope), .offline = flags.offline, .limits = engine.limits, .tool_version = version(), .generated = rfc3339_now(),
                                .listed = [&](std::size_t count) { engine.progress.expect_images(count); }, .reference_done = [&] { engine.progress.reference_done(); }};
    audit::Auditor auditor(engine.rules, engine.scanner, engine.clients, engine.store);
    audit::AuditOutcome outcome = auditor.run(options, interruption());
    engine.progress.finish();
    Report& report = outcome.report;
    if (!outcome.whole) mark_interrupted(report, outcome.listed, outcome.looked);
    if (engine.store != nullptr) {
        scan::add_build_steps(*engine.store, engine.limits, report);
        audit::KnownAncestors(*engine.store).add_to(report);
    }
    tree->mark(report);
    apply_waivers(*waivers, report, flags.output);

    const Result<std::string> text = report::write_report(report, flags.output.format, flags.output.write_options(flags.engine.fail_on));
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    if (interruption().stop_requested()) return kInterrupted;
    return exit_code_of(report, flags.engine.fail_on);
}

int run_at_daemon(const AuditFlags& flags, const CLI::App& command) {
    if (const Result<void> fits = check_remote_flags(command); !fits) return complain(fits.error());
    if (flags.targets.empty() && flags.remote.follow.empty())
        return complain({ErrorCode::usage, "read command line", "TARGET", "nothing to audit was named", "name a target of the daemon's configuration, or a registry"});
    return run_remote(flags.remote,
                      {.command = "audit", .path = "/api/v1/audits", .member = "target", .names = flags.targets, .ca_file = flags.engine.registry.client.ca_file, .fail_on = flags.engine.fail_on, .quiet = flags.engine.no_progress},
                      flags.output);
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("audit", "Judge every image of a registry, a namespace or a repository, and compare them with each other");
    const auto flags = std::make_shared<AuditFlags>();
    command->add_option("TARGET", flags->targets, "HOST[:PORT][/NAMESPACE[/REPOSITORY]]");
    command->add_option("--list", flags->lists, "File with targets: an image-scanning-config.yml, or a HOST/REPOSITORY[:TAG] a line (repeatable)")->type_name("FILE")->allow_extra_args(false);
    command->add_option("--meta", flags->tree.meta, "Directory with <scene>/<image>/meta.yml: look at what is declared there, instead of what TARGET lists")->type_name("DIR");
    command->add_option("--namespace", flags->tree.name_space, "Namespace in which the tree of --meta is published")->capture_default_str();
    command->add_option("--driver", flags->driver, "How to find repositories: automatic, catalog, docker-hub, quay, harbor")->capture_default_str();
    command->add_option("--repository", flags->filter.repositories, "Only repositories that match, as openeuler/py* (repeatable)")->type_name("GLOB")->allow_extra_args(false);
    command->add_option("--not-repository", flags->filter.not_repositories, "No repositories that match (repeatable)")->type_name("GLOB")->allow_extra_args(false);
    command->add_option("--tag", flags->filter.tags, "Only tags that match, as *-oe2403* (repeatable)")->type_name("GLOB")->allow_extra_args(false);
    command->add_option("--not-tag", flags->filter.not_tags, "No tags that match (repeatable)")->type_name("GLOB")->allow_extra_args(false);
    command->add_flag("--offline", flags->offline, "Ask nobody: judge again what the store holds, after a change of rules");
    command->add_flag("--configs-only", flags->configs_only, "A first look at the family tree (--format dot): manifests and configs only, no layers; proves nothing, and is not kept");
    flags->engine.add_to(*command);
    flags->output.add_to(*command);
    flags->remote.add_to(*command);
    flags->waivers.add_to(*command);
    command->footer("Example:\n  veritag audit hub.oepkgs.net/openeuler\n"
                    "  veritag audit quay.io/openeuler docker.io/openeuler --tag '*-oe2403*' --format json -o audit.json\n"
                    "Exit status: 0 clean, 1 findings, 2 wrong usage, 3 something unknown or unreadable, 130 interrupted.");
    command->callback([flags, command, &exit_code] { exit_code = flags->remote.server.empty() ? run(*flags) : run_at_daemon(*flags, *command); });
}

}  // namespace veritag::daemon
