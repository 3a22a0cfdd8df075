#include "options.h"

#include "tag/tag.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace veritag::daemon {
namespace {

int list(const RuleOptions& options) {
    const Result<rules::RuleSet> rules = options.load();
    if (!rules) return complain(rules.error());
    std::printf("Components\n");
    for (const rules::Component& component : rules->components())
        std::printf("  %-10s %-16s %-28s %2zu evidence rules  %s\n", std::string(to_string(component.kind)).c_str(), component.name.c_str(),
                    component.title.c_str(), component.evidence.size(), component.file.c_str());
    std::printf("Grammars, in the order they are asked\n");
    for (const rules::Grammar& grammar : rules->grammars())
        std::printf("  %-16s %-45s %2zu forms  %s\n", grammar.name.c_str(), grammar.title.c_str(), grammar.forms.size(), grammar.file.c_str());
    std::printf("Digest %s\n", rules->digest().c_str());
    return kClean;
}

int test(const RuleOptions& options) {
    const Result<rules::RuleSet> rules = options.load();
    if (!rules) return complain(rules.error());
    const rules::ExampleRun run = tag::run_examples(*rules);
    for (const rules::ExampleFailure& failure : run.failures) std::fprintf(stderr, "%s: %s\n", failure.where.c_str(), failure.message.c_str());
    std::printf("%zu passed, %zu failed\n", run.run - run.failures.size(), run.failures.size());
    if (run.run == 0) {
        std::fprintf(stderr, "veritag: test rules: the packs hold no example; every pack needs some\n");
        return kUnread;
    }
    return run.failures.empty() ? kClean : kFindings;
}

}  // namespace

void add_rules(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("rules", "Show the rule packs, or run the examples that they carry");
    command->require_subcommand(1);
    command->footer("Example:\n  veritag rules list\n  veritag rules test my-rules/");
    const auto options = std::make_shared<RuleOptions>();

    CLI::App* list_command = command->add_subcommand("list", "Components and grammars");
    options->add_to(*list_command);
    list_command->footer("Example:\n  veritag rules list");
    list_command->callback([options, &exit_code] { exit_code = list(*options); });

    CLI::App* test_command = command->add_subcommand("test", "Run the examples of the built-in packs and of DIR");
    test_command->add_option("DIR", options->directories, "Directory with further rule packs");
    test_command->footer("Example:\n  veritag rules test my-rules/");
    test_command->callback([options, &exit_code] { exit_code = test(*options); });
}

}  // namespace veritag::daemon
