#include "options.h"

#include "cage/confine.h"
#include "report/json_output.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace veritag::daemon {

const char* version() noexcept { return VERITAG_VERSION; }

void add_version(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("version", "Version, build and digest of the rule packs");
    const auto rules = std::make_shared<RuleOptions>();
    const auto format = std::make_shared<std::string>("table");
    rules->add_to(*command);
    command->add_option("--format", *format, "Output format: table, json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
    command->footer("Example:\n  veritag version");
    command->callback([rules, format, &exit_code] {
        const Result<rules::RuleSet> loaded = rules->load();
        if (!loaded) {
            exit_code = complain(loaded.error());
            return;
        }
        const std::string sandbox = cage::describe(cage::kernel_cage());
        if (*format == "json") {
            report::JsonOutput json;
            json.object([&] {
                json.member("schema", "veritag.version/1");
                json.member("version", version());
                json.member("build", VERITAG_BUILD_TYPE ", " VERITAG_COMPILER);
                json.object("rules", [&] { json.member("digest", loaded->digest()); });
                json.member("sandbox", sandbox);
            });
            std::fputs(json.take().c_str(), stdout);
        } else {
            std::printf("veritag %s\nbuild   %s, %s\nrules   %s\nsandbox %s\n", version(), VERITAG_BUILD_TYPE, VERITAG_COMPILER, loaded->digest().c_str(), sandbox.c_str());
        }
        exit_code = kClean;
    });
}

}  // namespace veritag::daemon
