#include "engine.h"
#include "reporting.h"

#include "base/text.h"
#include "catalog/published.h"
#include "registry/listing.h"
#include "scan/crew.h"
#include "source/image_source.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <variant>

namespace veritag::daemon {
namespace {

struct CatalogFlags {
    std::string meta;
    std::string target;
    std::string name_space = "openeuler";
    std::string driver = "automatic";
    std::string fail_on = "error";
    std::size_t jobs = 4;
    WaiverFlags waivers;
    RuleOptions rules;
    RegistryOptions registry;
    LimitFlags limits;
    OutputOptions output;
    LogOptions log;
};

// The architectures of an index's images, or of the image that the tag is. nullopt: neither could be read.
std::optional<std::set<std::string>> architectures_of(const std::string& name, const std::shared_ptr<registry::RegistryClient>& client, const Limits& limits, const std::stop_token& stop) {
    const Result<std::unique_ptr<source::ImageSource>> image = source::open_image(name, "", client, limits);
    if (!image) return std::nullopt;
    const Result<source::RawManifest> top = (*image)->fetch_top(stop);
    if (!top) return std::nullopt;
    const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(top->body, top->content_type, limits);
    if (!parsed) return std::nullopt;
    std::set<std::string> found;
    if (const auto* index = std::get_if<oci::Index>(&*parsed)) {
        for (const oci::Descriptor& child : index->manifests)
            if (!oci::skip_reason(child) && child.platform) found.insert(child.platform->architecture);
        return found;
    }
    const Result<std::string> config = (*image)->fetch_config(std::get<oci::Manifest>(*parsed).config, stop);
    if (!config) return std::nullopt;
    const Result<oci::ImageConfig> read = oci::parse_image_config(*config, limits);
    if (!read || read->platform.architecture.empty()) return std::nullopt;
    found.insert(read->platform.architecture);
    return found;
}

int run(const CatalogFlags& flags) {
    flags.log.apply();
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    const Result<Limits> wanted_limits = flags.limits.load();
    if (!wanted_limits) return complain(wanted_limits.error());
    const Limits& limits = *wanted_limits;
    const std::stop_token stop = interruption();
    Result<registry::ListingTarget> target = registry::parse_listing_target(flags.target);
    if (!target) return complain(target.error());
    const std::optional<registry::ListingDriver> driver = registry::listing_driver_from(flags.driver);
    if (!driver) return complain({ErrorCode::usage, "read command line", "--driver", quote(flags.driver), "automatic, catalog, docker-hub, quay or harbor"});
    target->driver = *driver;
    const Result<rules::RuleSet> rules = flags.rules.load();
    if (!rules) return complain(rules.error());
    const Result<waivers::WaiverFile> waivers = flags.waivers.load();
    if (!waivers) return complain(waivers.error());
    const Result<catalog::Tree> tree = catalog::read_tree(flags.meta, flags.name_space, limits);
    if (!tree) return complain(tree.error());
    Result<registry::ClientOptions> options = flags.registry.finish();
    if (!options) return complain(options.error());
    options->connections_per_host = flags.jobs;
    options->limits = limits;
    const auto client = std::make_shared<registry::RegistryClient>(std::move(*options));

    Report report;
    report.tool_version = version();
    report.rules_digest = rules->digest();
    report.generated = rfc3339_now();
    ListedTarget& listed = report.targets.emplace_back(ListedTarget{.target = flags.target, .driver = std::string(to_string(*driver))});
    catalog::PublishedCatalog published{.registry = target->registry, .path = target->path};
    Result<registry::RepositoryListing> repositories = client->list_repositories(*target, stop);
    if (!repositories) return complain(repositories.error());  // nothing could be compared
    listed.driver = repositories->driver;
    listed.notes = std::move(repositories->notes);
    listed.repositories = repositories->repositories.size();

    scan::Crew crew(flags.jobs - 1);
    std::mutex mutex;
    crew.run(repositories->repositories.size(), [&](std::size_t i) {
        const std::string& repository = repositories->repositories[i];
        Result<registry::TagListing> tags = client->list_tags(target->registry, repository, stop);
        const std::lock_guard lock(mutex);
        if (!tags && tags.error().code != ErrorCode::not_found) {
            published.unlisted.insert(repository);
            if (!listed.error) listed.error = tags.error();
            return;
        }
        auto& known = published.repositories[repository];
        if (!tags) return;
        listed.tags += tags->tags.size();
        for (std::string& tag : tags->tags) known.emplace(std::move(tag), std::nullopt);
    });
    bool unread = false;
    const auto wanted = catalog::tags_to_look_at(*tree, published);
    crew.run(wanted.size(), [&](std::size_t i) {
        const auto& [repository, tag] = wanted[i];
        std::optional<std::set<std::string>> found = architectures_of(target->registry + '/' + repository + ':' + tag, client, limits, stop);
        const std::lock_guard lock(mutex);
        unread = unread || !found;
        if (!found) listed.notes.push_back("the platforms of " + repository + ':' + tag + " could not be read");
        published.repositories[repository][tag] = std::move(found);
    });
    if (stop.stop_requested()) return kInterrupted;

    if (const std::size_t attached = catalog::leave_out_attached(published); attached > 0)
        listed.notes.push_back("left out: " + std::to_string(attached) + (attached == 1 ? " tag" : " tags") + " of what is attached to images");
    report.findings = catalog::compare_with_published(*rules, *tree, published);
    report.tree = TreeCoverage{.metas = tree->metas, .tags = tree->entries.size(), .dockerfiles = 0};
    report.bytes_fetched = client->bytes_fetched();
    apply_waivers(*waivers, report, flags.output, catalog::compared_names(*tree, published));
    const Result<std::string> text = report::write_report(report, flags.output.format, flags.output.write_options(flags.fail_on));
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    if (std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& each) { return is_at_or_above(each, flags.fail_on); })) return kFindings;
    return listed.error || unread || tree->entries.empty() ? kUnread : kClean;
}

}  // namespace

void add_catalog(CLI::App& app, int& exit_code) {
    CLI::App* group = app.add_subcommand("catalog", "Compare what is declared with what is published");
    group->require_subcommand(1);
    constexpr const char* kExample = "Example:\n  veritag catalog check --meta openeuler-docker-images quay.io/openeuler --fail-on warning";
    group->footer(kExample);
    CLI::App* command = group->add_subcommand("check", "Compare a tree of meta.yml files with a registry, both ways, with platforms");
    const auto flags = std::make_shared<CatalogFlags>();
    command->add_option("--meta", flags->meta, "Directory with <scene>/image-list.yml and <scene>/<image>/meta.yml")->required()->type_name("DIR");
    command->add_option("TARGET", flags->target, "HOST[:PORT][/NAMESPACE[/REPOSITORY]]")->required();
    command->add_option("--namespace", flags->name_space, "Namespace in which the tree is published")->capture_default_str();
    command->add_option("--driver", flags->driver, "How to find repositories: automatic, catalog, docker-hub, quay, harbor")->capture_default_str();
    command->add_option("--fail-on", flags->fail_on, "Exit 1 for findings of this severity or worse: error, warning, never")
        ->check(CLI::IsMember({"error", "warning", "never"}))->capture_default_str();
    command->add_option("--jobs", flags->jobs, "Repositories and tags asked for side by side")->check(CLI::Range(1, 64))->capture_default_str();
    flags->output.add_to(*command, {"table", "json", "markdown", "html", "sarif", "junit", "csv"});
    command->get_option("--format")->check(CLI::IsMember({"table", "json", "markdown", "html", "sarif", "junit", "csv"}));
    flags->waivers.add_to(*command);
    flags->rules.add_to(*command);
    flags->registry.add_to(*command);
    flags->limits.add_to(*command);
    flags->log.add_to(*command);
    command->footer(std::string(kExample) + "\nExit status: 0 clean, 1 findings, 2 wrong usage, 3 something could not be listed or nothing was declared.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
