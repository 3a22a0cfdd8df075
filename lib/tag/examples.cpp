#include "base/text.h"
#include "tag/tag.h"

#include <algorithm>

namespace veritag::tag {
namespace {

using rules::Example;

std::string claims_text(const Reading& reading) {
    std::vector<std::string> words;
    for (const Claim& claim : reading.claims) words.push_back(claim.component + "=" + claim.version);
    return join(words, " ");
}

std::string codes_text(const Reading& reading) {
    std::vector<std::string> words;
    for (const Finding& finding : reading.findings) words.push_back(finding.code);
    return join(words, " ");
}

std::string parents_text(const Reading& reading) {
    std::vector<std::string> words;
    for (const auto& [component, version] : reading.expected_parents) words.push_back(component + "=" + version);
    return join(words, " ");
}

std::string value_of(const Example& example, const std::string& key) {
    const auto found = example.input.find(key);
    return found == example.input.end() ? std::string() : found->second;
}

// `openeuler=22.03-LTS-SP2 cudnn=`: the version that the content deserves, nothing where the component is not there.
std::map<std::string, std::optional<std::string>> truth_of(std::string_view text) {
    std::map<std::string, std::optional<std::string>> truth;
    for (const std::string_view word : split(text, ' '))
        if (const auto pair = split_once(word, '='))
            truth[std::string(pair->first)] = pair->second.empty() ? std::nullopt : std::optional<std::string>(pair->second);
    return truth;
}

std::string differs(std::string_view what, const std::string& expected, const std::string& got) {
    return std::string(what) + ": expected \"" + expected + "\", got \"" + quote(got) + "\"";
}

std::optional<std::string> check_tag_example(const rules::RuleSet& rules, const rules::Grammar& grammar, const Example& example) {
    const std::string repository = value_of(example, "repository");
    const std::string tag = value_of(example, "tag");
    const std::string place = repository + ":" + tag + " ";
    const Reading reading = read_tag(rules, value_of(example, "registry"), repository, tag);
    if (reading.grammar != grammar.name) return differs(place + "grammar", grammar.name, reading.grammar);

    const auto expects = [&example](const char* key) { return example.input.contains(key); };
    const std::string codes = value_of(example, "findings");
    const bool writes_only = expects("truth") || expects("writes");
    if ((expects("claims") || !writes_only) && claims_text(reading) != value_of(example, "claims"))
        return differs(place + "claims", value_of(example, "claims"), claims_text(reading));
    if ((expects("findings") || !writes_only) && codes_text(reading) != codes)
        return differs(place + "findings", codes, codes_text(reading));
    const std::string tier = reading.tier ? std::string(to_string(*reading.tier)) : std::string();
    if (expects("tier") && tier != value_of(example, "tier")) return differs(place + "tier", value_of(example, "tier"), tier);
    const std::string dev = reading.dev ? "true" : "false";
    if (expects("dev") && dev != value_of(example, "dev")) return differs(place + "dev", value_of(example, "dev"), dev);
    if (expects("parents") && parents_text(reading) != value_of(example, "parents"))
        return differs(place + "parents", value_of(example, "parents"), parents_text(reading));
    if (!writes_only) return std::nullopt;
    const std::string written = write_tag(rules, reading, truth_of(value_of(example, "truth"))).value_or("");
    if (written != value_of(example, "writes")) return differs(place + "writes", value_of(example, "writes"), written);
    return std::nullopt;
}

std::optional<std::string> check_component_example(const rules::RuleSet& rules, const rules::Component& component, const Example& example) {
    switch (example.what) {
        case Example::What::part:
        case Example::What::compare:
        case Example::What::canonical:
        case Example::What::dist:
            return rules::check_version_example(component, example);
        default:
            return rules::check_evidence_example(rules, component, example);
    }
}

void count(rules::ExampleRun& run, const Example& example, const std::optional<std::string>& failure) {
    ++run.run;
    if (failure) run.failures.push_back({example.file + ":" + std::to_string(example.line), *failure});
}

}  // namespace

rules::ExampleRun run_examples(const rules::RuleSet& rules) {
    rules::ExampleRun run;
    for (const rules::Component& component : rules.components())
        for (const Example& example : component.examples) count(run, example, check_component_example(rules, component, example));
    for (const rules::Grammar& grammar : rules.grammars())
        for (const Example& example : grammar.examples) count(run, example, check_tag_example(rules, grammar, example));
    return run;
}

}  // namespace veritag::tag
