// What the rules are, and how they read a tag.
#include "api/forms.h"
#include "api/service.h"

#include "report/json_output.h"
#include "report/writers.h"
#include "tag/named.h"

#include <utility>

namespace veritag::api {
namespace {

void write_examples(report::JsonOutput& out, const std::vector<rules::Example>& examples) {
    out.list("examples", [&] {
        for (const rules::Example& example : examples)
            out.object([&] {
                out.object("given", [&] {
                    for (const auto& [name, value] : example.input) out.member(name, value);
                });
                if (example.reads) out.member("reads", *example.reads);
            });
    });
}

void write_texts(report::JsonOutput& out, std::string_view name, const std::vector<std::string>& texts) {
    out.list(name, [&] {
        for (const std::string& text : texts) out.value(text);
    });
}

std::string write_rules(const rules::RuleSet& rules) {
    report::JsonOutput out;
    out.object([&] {
        out.member("digest", rules.digest());
        out.list("grammars", [&] {
            for (const rules::Grammar& grammar : rules.grammars())
                out.object([&] {
                    out.member("name", grammar.name);
                    out.member("title", grammar.title);
                    if (grammar.tier) out.member("tier", to_string(*grammar.tier));
                    write_texts(out, "repositories", grammar.repositories);
                    write_examples(out, grammar.examples);
                });
        });
        out.list("components", [&] {
            for (const rules::Component& component : rules.components())
                out.object([&] {
                    out.member("name", component.name);
                    out.member("title", component.title);
                    out.member("kind", to_string(component.kind));
                    write_texts(out, "names", component.names);
                    out.number("evidence", component.evidence.size());
                    write_examples(out, component.examples);
                });
        });
    });
    return out.take();
}

}  // namespace

void Service::add_rules() {
    add("GET /api/v1/rules", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> plain = check_query(request, {}); !plain) return problem_of(plain.error(), request.id);
        return tagged_json(write_rules(daemon_.workshop()->rules));
    });
    add("GET /api/v1/explain", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"reference", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<report::WriteOptions> options = write_options(request);
        if (!options) return problem_of(options.error(), request.id);
        const std::string name = parameter(request, "reference");
        Result<tag::Named> named = tag::read_name(daemon_.workshop()->rules, name);
        if (!named) return problem_of(named.error(), request.id);
        tag::Reading& reading = named->reading;
        Result<std::string> text = report::write_explanation({{.reference = std::move(named->reference),
                                                               .grammar = std::move(reading.grammar),
                                                               .tier = reading.tier,
                                                               .dev = reading.dev,
                                                               .claims = std::move(reading.claims),
                                                               .findings = std::move(reading.findings),
                                                               .expected_parents = std::move(reading.expected_parents)}},
                                                             "json", *options);
        return text ? tagged_json(std::move(*text)) : problem_of(text.error(), request.id);
    });
}

}  // namespace veritag::api
