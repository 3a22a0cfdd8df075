#include "engine.h"
#include "remote.h"
#include "reporting.h"

#include "audit/ancestors.h"
#include "base/text.h"
#include "scan/build_steps.h"
#include "source/image_source.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>

namespace veritag::daemon {
namespace {

struct ScanFlags {
    std::vector<std::string> images;
    std::string as;
    bool list_packages = false;
    EngineFlags engine;
    OutputOptions output;
    RemoteOptions remote;
    WaiverFlags waivers;
    TreeFlags tree;
};

Error nothing_named() { return {ErrorCode::usage, "read command line", "IMAGE", "no image was named", "name one or more, as quay.io/openeuler/cann:8.0.RC1-oe2203sp4"}; }

int run(const ScanFlags& flags) {
    flags.engine.log.apply();
    if (flags.images.empty()) return complain(nothing_named());
    if (const Result<void> known = check_format(flags.output.format); !known) return complain(known.error());
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    if (const Result<void> right = check_images(flags.images, flags.as, flags.engine.registry); !right) return complain(right.error());
    const Result<waivers::WaiverFile> waivers = flags.waivers.load();
    if (!waivers) return complain(waivers.error());

    Result<std::unique_ptr<Engine>> made = Engine::make(flags.engine, flags.images.size());
    if (!made) return complain(made.error());
    Engine& engine = **made;
    const Result<DeclaredTree> tree = flags.tree.load(engine.rules);
    if (!tree) return complain(tree.error());

    Report report;
    report.tool_version = version();
    report.rules_digest = engine.rules.digest();
    report.generated = rfc3339_now();
    std::vector<scan::ScanResult> results(flags.images.size());
    engine.scanner.side_by_side(flags.images.size(), [&](std::size_t i) {
        if (interruption().stop_requested()) return;
        results[i] = scan_image(flags.images[i], flags.as, engine, interruption());
        engine.progress.reference_done();
    });
    engine.progress.finish();
    if (results.size() == 1 && is_misuse(results.front())) return complain(*results.front().images.front().error);
    std::size_t looked = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i].images.empty() && results[i].skipped.empty())  // it was not begun
            results[i].images.push_back(unread_image(flags.images[i], {ErrorCode::cancelled, "look at image", quote(flags.images[i], 1000), "the run was interrupted before", "scan it again"}));
        looked += std::none_of(results[i].images.begin(), results[i].images.end(), [](const ImageReport& image) { return image.error && image.error->code == ErrorCode::cancelled; });
    }
    if (interruption().stop_requested() && looked < results.size()) mark_interrupted(report, results.size(), looked);
    for (scan::ScanResult& result : results) {  // in the order of the command line, whatever was done first
        std::move(result.images.begin(), result.images.end(), std::back_inserter(report.images));
        std::move(result.skipped.begin(), result.skipped.end(), std::back_inserter(report.skipped));
    }
    report.bytes_fetched = engine.clients->bytes_fetched();
    report.layers_analyzed = engine.scanner.layers_analyzed();
    report.layers_reused = engine.scanner.layers_reused();

    if (engine.store != nullptr) {
        scan::add_build_steps(*engine.store, engine.limits, report);
        audit::KnownAncestors(*engine.store).add_to(report);
    }
    tree->mark(report);
    apply_waivers(*waivers, report, flags.output);
    report::WriteOptions write = flags.output.write_options(flags.engine.fail_on);
    write.list_packages = flags.list_packages;
    const Result<std::string> text = report::write_report(report, flags.output.format, write);
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    if (interruption().stop_requested()) return kInterrupted;
    return exit_code_of(report, flags.engine.fail_on);
}

int run_at_daemon(const ScanFlags& flags, const CLI::App& command) {
    if (const Result<void> fits = check_remote_flags(command); !fits) return complain(fits.error());
    if (flags.images.empty() && flags.remote.follow.empty()) return complain(nothing_named());
    for (const std::string& image : flags.images)
        if (source::is_local(image)) return complain({ErrorCode::usage, "read command line", quote(image), "a daemon reads no files of yours", "push the image, or scan it without --server"});
    return run_remote(flags.remote,
                      {.command = "scan", .path = "/api/v1/scans", .member = "image", .names = flags.images, .ca_file = flags.engine.registry.client.ca_file, .fail_on = flags.engine.fail_on, .quiet = flags.engine.no_progress},
                      flags.output);
}

}  // namespace

void add_scan(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("scan", "Fetch, inspect and judge images now");
    const auto flags = std::make_shared<ScanFlags>();
    command->add_option("IMAGE", flags->images,
                        "[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST], oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG]");
    command->add_option("--as", flags->as, "Judge the image under this name")->type_name("REPOSITORY:TAG");
    command->add_flag("--list-packages", flags->list_packages, "List every package found (cyclonedx and spdx always do)");
    flags->engine.add_to(*command);
    flags->output.add_to(*command);
    flags->remote.add_to(*command);
    flags->waivers.add_to(*command);
    flags->tree.add_to(*command);
    command->footer("Example:\n  veritag scan hub.oepkgs.net/openeuler/cann:8.0.RC1-oe2203sp4\n"
                    "  veritag scan oci:build/image --as openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2 --format json\n"
                    "  veritag scan --server https://veritag.example --token-file token quay.io/openeuler/cann:8.0.RC1-oe2203sp4\n"
                    "Exit status: 0 clean, 1 findings, 2 wrong usage, 3 something unknown or unreadable, 130 interrupted.");
    command->callback([flags, command, &exit_code] { exit_code = flags->remote.server.empty() ? run(*flags) : run_at_daemon(*flags, *command); });
}

}  // namespace veritag::daemon
