// modules: rules
// Any text as a rule pack: it loads or is refused with a place; what loads must work on the same text.
#include "rules/rules.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag::rules;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::vector<PackText> packs{{"plain.yaml", "grammar: plain\nrepositories: ['**']\nforms: []\n", "built-in"},
                                      {"fuzz.yaml", text, "fuzz"}};
    const veritag::Result<RuleSet> rules = load_rules(packs);
    if (!rules) {
        if (rules.error().message().empty()) std::abort();
        return 0;
    }
    (void)rules->grammar_for(text, text);
    if (rules->wanted().bytes(text, size) > size) std::abort();
    for (const Component& component : rules->components()) {
        const auto reading = component.read_part(text.substr(0, 200));
        if (reading) (void)component.write_part(reading->version);
        (void)component.compare_versions(text.substr(0, 100), text.substr(0, 200));
        for (const EvidenceRule& rule : component.evidence) (void)read_evidence(component, rule, text);
        for (const Example& example : component.examples) {
            (void)check_evidence_example(*rules, component, example);
            (void)check_version_example(component, example);
        }
    }
    return 0;
}
