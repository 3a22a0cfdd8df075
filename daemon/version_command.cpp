#include "options.h"

#include "cage/confine.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace veritag::daemon {

const char* version() noexcept { return VERITAG_VERSION; }

void add_version(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("version", "Version, build and digest of the rule packs");
    const auto rules = std::make_shared<RuleOptions>();
    rules->add_to(*command);
    command->footer("Example:\n  veritag version");
    command->callback([rules, &exit_code] {
        const Result<rules::RuleSet> loaded = rules->load();
        if (!loaded) {
            exit_code = complain(loaded.error());
            return;
        }
        std::printf("veritag %s\nbuild   %s, %s\nrules   %s\nsandbox %s\n", version(), VERITAG_BUILD_TYPE, VERITAG_COMPILER, loaded->digest().c_str(),
                    cage::describe(cage::kernel_cage()).c_str());
        exit_code = kClean;
    });
}

}  // namespace veritag::daemon
