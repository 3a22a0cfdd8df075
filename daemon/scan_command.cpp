#include "options.h"
#include "progress.h"

#include "base/text.h"
#include "cage/caged_reader.h"
#include "scan/remembered_image.h"
#include "scan/scanner.h"
#include "source/image_source.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>

namespace veritag::daemon {
namespace {

struct ScanFlags {
    std::vector<std::string> images;
    std::string as;
    std::string platform = "all";
    std::string fail_on = "error";
    bool list_packages = false;
    bool partial = false;
    bool no_progress = false;
    bool no_sandbox = false;
    std::size_t jobs = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
    StoreFlags store;
    RuleOptions rules;
    OutputOptions output;
    RegistryOptions registry;
    LogOptions log;
};

bool at_or_above(const Finding& finding, const std::string& fail_on) {
    return fail_on != "never" && (finding.severity == Severity::error || (fail_on == "warning" && finding.severity == Severity::warning));
}

int exit_code_of(const Report& report, const std::string& fail_on) {
    bool unread = report.images.empty();
    for (const ImageReport& image : report.images) {
        for (const Finding& finding : image.findings)
            if (at_or_above(finding, fail_on)) return kFindings;
        unread = unread || image.verdict == Verdict::error || image.verdict == Verdict::unknown;
    }
    return unread ? kUnread : kClean;
}

// Opens and scans one reference. A name that cannot be right becomes `misuse`; whatever else is wrong, an image with an error.
scan::ScanResult scan_one(const std::string& name, const std::string& as, const std::shared_ptr<registry::RegistryClient>& client,
                          const std::shared_ptr<store::Store>& store, const Limits& limits, scan::Scanner& scanner, ConsoleProgress& progress, std::optional<Error>& misuse, std::stop_token stop) {
    Result<std::unique_ptr<source::ImageSource>> source = source::open_image(name, as, client, limits);
    if (source) {
        if (store != nullptr && !source::is_local(name)) *source = scan::remember_documents(std::move(*source), store, limits);
        return scanner.scan(**source, std::move(stop));
    }
    if (source.error().code == ErrorCode::usage) {
        misuse = source.error();
        return {};
    }
    ImageReport image;
    image.reference = name;
    image.error = source.error();
    progress.image_done(image);
    scan::ScanResult result;
    result.images.push_back(std::move(image));
    return result;
}

int run(const ScanFlags& flags) {
    flags.log.apply();
    const std::vector<std::string> formats = report::known_formats();
    if (std::find(formats.begin(), formats.end(), flags.output.format) == formats.end())
        return complain(report::write_report({}, flags.output.format, {}).error());
    const Result<std::optional<oci::Platform>> platform = oci::parse_platform(flags.platform);
    if (!platform) return complain(platform.error());
    const Result<rules::RuleSet> rules = flags.rules.load();
    if (!rules) return complain(rules.error());
    const Result<registry::ClientOptions> client_options = flags.registry.finish();
    if (!client_options) return complain(client_options.error());
    if (!flags.as.empty() && flags.images.size() > 1)
        return complain({ErrorCode::usage, "read command line", "--as", "it names one image, " + std::to_string(flags.images.size()) + " were given", "scan them one by one"});

    const Limits limits;
    // Names are checked before the first byte is fetched: a typing mistake in the last one costs nothing then.
    std::set<std::string> registries;
    for (const std::string& image : flags.images)
        if (!source::is_local(image)) {
            const Result<oci::Reference> reference = oci::parse_reference(image);
            if (!reference) return complain(reference.error());
            registries.insert(reference->registry);
        }
    if (!client_options->username.empty() && registries.size() > 1)
        return complain({ErrorCode::usage, "read command line", "--username", "the images are in " + std::to_string(registries.size()) + " registries, and one login must not go to all of them",
                         "use --authfile, or scan them one by one"});

    // A place for each layer that is read, and one more, so that manifests do not wait for layers.
    registry::ClientOptions connections = *client_options;
    connections.connections_per_host = std::max(connections.connections_per_host, flags.jobs + 1);
    const Result<std::shared_ptr<store::Store>> store = flags.store.open(limits);
    if (!store) return complain(store.error());
    const auto client = std::make_shared<registry::RegistryClient>(std::move(connections));
    ConsoleProgress progress(ConsoleProgress::mode_for(flags.no_progress), flags.images.size());
    if (flags.no_sandbox)
        std::fputs("veritag: WARNING: --no-sandbox: layers are parsed in processes that seccomp and Landlock do not confine; scan only images that you trust\n", stderr);
    cage::CagedReader reader(rules->wanted(), {.limits = limits, .confined = !flags.no_sandbox});
    scan::Scanner scanner(*rules, {.platform = *platform, .jobs = flags.jobs, .partial = flags.partial, .limits = limits, .store = *store}, reader, progress);

    Report report;
    report.tool_version = version();
    report.rules_digest = rules->digest();
    report.generated = rfc3339_now();
    std::stop_source abort;  // an interruption, or a name that cannot be right, ends the run
    const std::stop_callback on_interruption(interruption(), [&] { abort.request_stop(); });
    std::vector<scan::ScanResult> results(flags.images.size());
    std::vector<std::optional<Error>> misuses(flags.images.size());
    scanner.side_by_side(flags.images.size(), [&](std::size_t i) {
        if (abort.stop_requested()) return;
        results[i] = scan_one(flags.images[i], flags.as, client, *store, limits, scanner, progress, misuses[i], abort.get_token());
        if (misuses[i]) abort.request_stop();
        progress.reference_done();
    });
    progress.finish();
    for (const std::optional<Error>& misuse : misuses)
        if (misuse) return complain(*misuse);
    for (scan::ScanResult& result : results) {  // in the order of the command line, whatever was done first
        std::move(result.images.begin(), result.images.end(), std::back_inserter(report.images));
        std::move(result.skipped.begin(), result.skipped.end(), std::back_inserter(report.skipped));
    }
    report.bytes_fetched = client->bytes_fetched();
    report.layers_analyzed = scanner.layers_analyzed();
    report.layers_reused = scanner.layers_reused();

    report::WriteOptions write = flags.output.write_options();
    write.list_packages = flags.list_packages;
    const Result<std::string> text = report::write_report(report, flags.output.format, write);
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    if (interruption().stop_requested()) return kInterrupted;
    return exit_code_of(report, flags.fail_on);
}

}  // namespace

void add_scan(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("scan", "Fetch, inspect and judge images now");
    const auto flags = std::make_shared<ScanFlags>();
    command->add_option("IMAGE", flags->images,
                        "[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST], oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG]")->required();
    command->add_option("--as", flags->as, "Judge the image under this name")->type_name("REPOSITORY:TAG");
    command->add_option("--platform", flags->platform, "OS/ARCH[/VARIANT], or all")->capture_default_str();
    command->add_option("--fail-on", flags->fail_on, "Exit 1 for findings of this severity or worse: error, warning, never")
        ->check(CLI::IsMember({"error", "warning", "never"}))->capture_default_str();
    command->add_option("--jobs", flags->jobs, "Layers read side by side, of all images")->check(CLI::Range(1, 64))->capture_default_str();
    command->add_flag("--partial", flags->partial,
                      "Of zstd:chunked and eStargz layers read only the table of contents and the wanted files; layer digests are not proven then");
    command->add_flag("--list-packages", flags->list_packages, "List every package found (cyclonedx and spdx always do)");
    command->add_flag("--no-progress", flags->no_progress, "No progress on stderr");
    command->add_flag("--no-sandbox", flags->no_sandbox, "Do not confine the processes that parse layers; only for kernels that refuse");
    flags->store.add_to(*command);
    flags->output.add_to(*command);
    flags->rules.add_to(*command);
    flags->registry.add_to(*command);
    flags->log.add_to(*command);
    command->footer("Example:\n  veritag scan hub.oepkgs.net/openeuler/cann:8.0.RC1-oe2203sp4\n"
                    "  veritag scan oci:build/image --as openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2 --format json\n"
                    "Exit status: 0 clean, 1 findings, 2 wrong usage, 3 something unknown or unreadable, 130 interrupted.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
