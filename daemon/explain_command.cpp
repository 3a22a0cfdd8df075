#include "options.h"

#include "oci/reference.h"
#include "tag/tag.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace veritag::daemon {
namespace {

struct ExplainFlags {
    std::vector<std::string> names;
    RuleOptions rules;
    OutputOptions output;
};

int run(const ExplainFlags& flags) {
    const Result<rules::RuleSet> rules = flags.rules.load();
    if (!rules) return complain(rules.error());
    std::vector<report::Explanation> explanations;
    bool readable = true;
    for (const std::string& name : flags.names) {
        const Result<oci::Reference> reference = oci::parse_name_for_judging(name);
        if (!reference) return complain(reference.error());
        const tag::Reading reading = tag::read_tag(*rules, reference->registry, reference->repository, reference->tag);
        readable = readable && reading.readable;
        explanations.push_back({.reference = name,
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
    command->add_option("NAME", flags->names, "REPOSITORY:TAG, or a full reference")->required();
    flags->output.add_to(*command, report::explanation_formats());
    flags->rules.add_to(*command);
    command->footer("Example:\n  veritag explain openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
