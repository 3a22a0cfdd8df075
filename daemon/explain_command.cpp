#include "options.h"

#include "base/text.h"
#include "report/messages.h"
#include "tag/named.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace veritag::daemon {
namespace {

struct ExplainFlags {
    std::vector<std::string> names;
    RuleOptions rules;
    OutputOptions output;
};

void tell_of_tag_alone(const std::string& name, const tag::Reading& reading, const OutputOptions& output) {
    say(quote(name) + ": " + report::note_for("read as a tag alone, by the grammar " + reading.grammar + "; REPOSITORY:TAG is read by that of its repository", output.write_options().language), log::Level::info);
}

int run(const ExplainFlags& flags) {
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    const Result<rules::RuleSet> rules = flags.rules.load();
    if (!rules) return complain(rules.error());
    std::vector<report::Explanation> explanations;
    bool readable = true;
    for (const std::string& name : flags.names) {
        const Result<tag::Named> named = tag::read_name(*rules, name);
        if (!named) return complain(named.error());
        const tag::Reading& reading = named->reading;
        readable = readable && reading.readable;
        if (named->tag_alone) tell_of_tag_alone(name, reading, flags.output);
        explanations.push_back({.reference = named->reference,
                                .grammar = reading.grammar,
                                .tier = reading.tier,
                                .dev = reading.dev,
                                .claims = reading.claims,
                                .findings = reading.findings,
                                .expected_parents = reading.expected_parents});
    }
    const Result<std::string> text = report::write_explanation(explanations, flags.output.format, flags.output.write_options());
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    return readable ? kClean : kFindings;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("explain", "How a tag is read: grammar, claims, tier, expected parent (no network)");
    const auto flags = std::make_shared<ExplainFlags>();
    command->add_option("NAME", flags->names, "REPOSITORY[:TAG], a full reference, or a tag of an AI image alone")->required();
    flags->output.add_to(*command, report::explanation_formats());
    flags->rules.add_to(*command);
    command->footer("Example:\n  veritag explain openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2\n"
                    "  veritag explain pytorch2.1.0-cann7.0.RC1-oe2203sp2");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
