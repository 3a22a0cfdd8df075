#include "engine.h"

#include "attach/output.h"
#include "base/text.h"
#include "source/image_source.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <iterator>
#include <memory>

namespace veritag::daemon {
namespace {

struct VerifyFlags {
    std::vector<std::string> images;
    std::string as;
    std::string platform = "all";
    RuleOptions rules;
    RegistryOptions registry;
    LimitFlags limits;
    OutputOptions output;
    LogOptions log;
};

int run(const VerifyFlags& flags) {
    flags.log.apply();
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    if (flags.output.format != "table" && flags.output.format != "json")
        return complain({ErrorCode::usage, "read command line", "--format", quote(flags.output.format), "verify knows table and json"});
    for (const std::string& image : flags.images)
        if (source::is_local(image)) return complain({ErrorCode::usage, "read command line", quote(image), "reports are attached in registries", "name the image there"});
    if (const Result<void> right = check_images(flags.images, flags.as, flags.registry, false); !right) return complain(right.error());
    const Result<std::optional<oci::Platform>> platform = oci::parse_platform(flags.platform);
    if (!platform) return complain(platform.error());
    std::string name;
    if (!flags.as.empty()) {
        const Result<oci::Reference> judged = oci::parse_name_for_judging(flags.as);
        if (!judged) return complain(judged.error());
        name = judged->repository + ':' + judged->tag;
    }
    const Result<rules::RuleSet> rules = flags.rules.load();
    if (!rules) return complain(rules.error());
    const Result<Limits> limits = flags.limits.load();
    if (!limits) return complain(limits.error());
    Result<registry::ClientOptions> connections = flags.registry.finish();
    if (!connections) return complain(connections.error());
    connections->limits = *limits;

    const auto client = std::make_shared<registry::RegistryClient>(*connections);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<attach::Verified> answers;
    for (const std::string& image : flags.images) {
        const Result<oci::Reference> reference = oci::parse_reference(image);
        if (!reference || interruption().stop_requested()) break;
        const std::unique_ptr<attach::Repository> repository = attach::registry_repository(client, *reference, interruption());
        std::vector<attach::Verified> found = attach::verify(*repository, {.reference = *reference, .name = name, .platform = *platform, .now = now}, connections->limits);
        std::move(found.begin(), found.end(), std::back_inserter(answers));
    }
    if (interruption().stop_requested()) return kInterrupted;
    const Result<std::string> text = attach::write_verified(answers, flags.output.format, flags.output.write_options().language, {.now = now, .rules_digest = rules->digest()});
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    return attach::exit_status(answers);
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("verify", "Read the reports that are attached to images; no layer is fetched and nothing is judged anew");
    const auto flags = std::make_shared<VerifyFlags>();
    command->add_option("IMAGE", flags->images, "[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]")->required();
    command->add_option("--as", flags->as, "Ask for the report on this name")->type_name("REPOSITORY:TAG");
    command->add_option("--platform", flags->platform, "The report of this platform's manifest: OS/ARCH[/VARIANT], or all")->capture_default_str();
    flags->rules.add_to(*command);
    flags->registry.add_to(*command);
    flags->limits.add_to(*command);
    flags->log.add_to(*command);
    flags->output.add_to(*command, {"table", "json"});
    command->footer("Digests, subject, form and date are checked, and that a report speaks of exactly the images that are there. Of its rules it is said whether they are those of this program.\n"
                    "The reports are not signed: who wrote them cannot be told.\n"
                    "Example:\n  veritag verify registry.example/openeuler/cann:8.0.RC1-oe2203sp4\n"
                    "Exit status: 0 the report says pass or warn, 1 it says fail, 2 wrong usage, 3 there is none, it says unknown, or something could not be read or taken, 130 interrupted.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
