#include "engine.h"

#include "base/log.h"
#include "base/text.h"
#include "base/times.h"
#include "scan/remembered_image.h"
#include "source/image_source.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <thread>
#include <utility>

namespace veritag::daemon {

EngineFlags::EngineFlags() : jobs(std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8)) {}

void EngineFlags::add_to(CLI::App& command) {
    command.add_option("--platform", platform, "OS/ARCH[/VARIANT], or all")->capture_default_str();
    command.add_option("--created-since", created_since, "Only images made since then: a day (2026-01-31) or an age (90d); those whose config does not say are looked at")->type_name("DAY|AGE");
    command.add_option("--fail-on", fail_on, "Exit 1 for findings of this severity or worse: error, warning, never")
        ->check(CLI::IsMember({"error", "warning", "never"}))->capture_default_str();
    command.add_option("--jobs", jobs, "Layers read side by side, of all images")->check(CLI::Range(1, 64))->capture_default_str();
    command.add_flag("--partial", partial, "Of zstd:chunked and eStargz layers read only the table of contents and the wanted files; layer digests are not proven then");
    command.add_flag("--no-progress", no_progress, "No progress on stderr");
    command.add_flag("--no-sandbox", no_sandbox, "Do not confine the processes that parse layers; only for kernels that refuse");
    limits.add_to(command);
    store.add_to(command);
    rules.add_to(command);
    registry.add_to(command);
    log.add_to(command);
}

Result<std::unique_ptr<Engine>> Engine::make(const EngineFlags& flags, std::size_t images) {
    scan::Wanted wanted;
    VERITAG_TRY(const std::optional<oci::Platform> platform, oci::parse_platform(flags.platform));
    if (platform) wanted.platforms.push_back(*platform);
    VERITAG_TRY(wanted.created_since, parse_since(flags.created_since, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
    VERITAG_TRY(rules::RuleSet rules, flags.rules.load());
    VERITAG_TRY(const Limits limits, flags.limits.load());
    VERITAG_TRY(registry::ClientOptions connections, flags.registry.finish());
    connections.limits = limits;
    // A place for each layer that is read, and one more, so that manifests do not wait for layers.
    connections.connections_per_host = std::max(connections.connections_per_host, flags.jobs + 1);
    VERITAG_TRY(std::shared_ptr<store::AuditStore> store, flags.store.open(limits));
    if (flags.no_sandbox)
        say("WARNING: --no-sandbox: layers are parsed in processes that seccomp and Landlock do not confine; scan only images that you trust", log::Level::warn);
    return std::unique_ptr<Engine>(new Engine(flags, limits, std::move(wanted), std::move(rules), std::move(connections), std::move(store), images));
}

Engine::Engine(const EngineFlags& flags, const Limits& wanted_limits, scan::Wanted wanted_images, rules::RuleSet rule_set, registry::ClientOptions connections,
               std::shared_ptr<store::AuditStore> opened, std::size_t images)
    : limits(wanted_limits),
      wanted(std::move(wanted_images)),
      rules(std::move(rule_set)),
      store(std::move(opened)),
      clients(std::make_shared<registry::Clients>(std::move(connections))),
      progress(ConsoleProgress::mode_for(flags.no_progress, flags.log.format == "json"), images),
      reader(rules.wanted(), {.limits = limits, .confined = !flags.no_sandbox}),
      scanner(rules, {.wanted = wanted, .jobs = flags.jobs, .partial = flags.partial, .limits = limits, .store = store}, reader, progress) {}

Result<void> check_images(const std::vector<std::string>& images, const std::string& as, const RegistryOptions& registry, bool judged) {
    if (!as.empty() && images.size() > 1)
        return Error{ErrorCode::usage, "read command line", "--as", "it names one image, " + std::to_string(images.size()) + " were given", "name them one by one"};
    std::set<std::string> registries;
    for (const std::string& image : images) {
        if (judged) VERITAG_CHECK(source::check_name(image, as));
        if (source::is_local(image)) continue;
        VERITAG_TRY(const oci::Reference reference, oci::parse_reference(image));
        registries.insert(reference.registry);
    }
    if (!registry.client.username.empty() && registries.size() > 1)
        return Error{ErrorCode::usage, "read command line", "--username", "the images are in " + std::to_string(registries.size()) + " registries, and one login must not go to all of them",
                     "use --authfile, or name them one by one"};
    return ok();
}

ImageReport unread_image(const std::string& name, Error error) {
    ImageReport image;
    image.reference = name;
    image.error = std::move(error);
    return image;
}

bool is_misuse(const scan::ScanResult& scanned) { return scanned.images.size() == 1 && scanned.images.front().error && scanned.images.front().error->code == ErrorCode::usage; }

scan::ScanResult scan_image(const std::string& name, const std::string& as, Engine& engine, std::stop_token stop) {
    Result<std::unique_ptr<source::ImageSource>> source = source::open_image(name, as, engine.clients->of(""), engine.limits);
    if (source) {
        if (engine.store != nullptr && !source::is_local(name)) *source = scan::remember_documents(std::move(*source), engine.store, engine.limits);
        return engine.scanner.scan(**source, std::move(stop));
    }
    scan::ScanResult result;
    engine.progress.image_done(result.images.emplace_back(unread_image(name, source.error())));
    return result;
}

Result<void> check_format(const std::string& format) {
    const std::vector<std::string> formats = report::known_formats();
    if (std::find(formats.begin(), formats.end(), format) != formats.end()) return ok();
    return report::write_report({}, format, {}).error();
}

int exit_code_of(const Report& report, const std::string& fail_on) {
    const auto counts = [&](const Finding& finding) { return is_at_or_above(finding, fail_on); };
    if (std::any_of(report.findings.begin(), report.findings.end(), counts)) return kFindings;
    bool unread = report.images.empty() || std::any_of(report.targets.begin(), report.targets.end(), [](const ListedTarget& target) { return target.error.has_value(); });
    for (const ImageReport& image : report.images) {
        if (std::any_of(image.findings.begin(), image.findings.end(), counts)) return kFindings;
        const Verdict verdict = unwaived_verdict(image);
        unread = unread || verdict == Verdict::error || verdict == Verdict::unknown;
    }
    return unread ? kUnread : kClean;
}

Result<std::optional<std::chrono::sys_seconds>> parse_since(const std::string& text, std::chrono::sys_seconds now) {
    if (text.empty()) return std::optional<std::chrono::sys_seconds>();
    if (const std::optional<std::chrono::sys_seconds> time = parse_rfc3339(text.size() == 10 ? text + "T00:00:00Z" : text)) return time;
    const std::optional<std::uint64_t> days = text.ends_with('d') ? parse_u64(std::string_view(text).substr(0, text.size() - 1)) : std::nullopt;
    constexpr std::uint64_t kMostDays = 36'600;
    if (!days || *days > kMostDays) return Error{ErrorCode::usage, "read command line", "--created-since", quote(text), "write a day, as 2026-01-31, or an age in days, as 90d"};
    return std::optional(now - std::chrono::days(*days));
}

}  // namespace veritag::daemon
