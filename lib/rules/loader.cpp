// Pack files into tables. Every key is checked by the loader of its part (component, evidence, example, grammar), so that a typing
// mistake is a message with line and column instead of a rule that never matches. What only all packs together can show, names of
// components above all, is checked here. The keys are described in rules/README.md.
#include "base/digest.h"
#include "base/text.h"
#include "rules/component_loader.h"
#include "rules/grammar_loader.h"
#include "rules/pack_reader.h"
#include "rules/references.h"
#include "rules/rules.h"
#include "rules/yaml_tree.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace veritag::rules {

class Loader {
public:
    Result<RuleSet> run(const std::vector<PackText>& packs) {
        for (const PackText& pack : packs) VERITAG_CHECK(add(pack));
        VERITAG_CHECK(check_references());
        std::stable_sort(rules_.grammars_.begin(), rules_.grammars_.end(),
                         [](const Grammar& a, const Grammar& b) { return a.priority < b.priority; });
        VERITAG_CHECK(check_catch_all());
        compile_wanted();
        rules_.digest_ = digest_of(packs);
        return std::move(rules_);
    }

private:
    Result<void> add(const PackText& pack) {
        VERITAG_TRY(const YamlNode root, pack.checked_tree.empty() ? parse_yaml(pack.path, pack.text) : unpack_tree(pack.checked_tree));
        PackReader reader(pack.path, !pack.checked_tree.empty());
        if (reader.expect(root, "", YamlNode::Kind::map)) {
            if (root.find("component") != nullptr)
                keep(reader, root, "component", pack.set, read_component(reader, root, references_), rules_.components_);
            else if (root.find("grammar") != nullptr)
                keep(reader, root, "grammar", pack.set, read_grammar(reader, root, references_), rules_.grammars_);
            else
                reader.fail(root, "", "neither \"component\" nor \"grammar\"", "a pack begins with `component: name` or `grammar: name`");
        }
        if (reader.error()) return *reader.error();
        return ok();
    }

    // Later sets replace what earlier ones defined; in one set a second pack of the name is a copy whose name was not changed.
    template <class Item>
    void keep(PackReader& reader, const YamlNode& root, const char* key, const std::string& set, Item item, std::vector<Item>& items) {
        if (!reader.ok()) return;
        const auto [earlier, is_new] = defined_.try_emplace(std::string(key) + ' ' + set + '\0' + item.name, reader.path());
        if (!is_new) {
            reader.fail(*root.find(key), key, in_quotes(item.name) + " is already defined in " + earlier->second,
                        "give every pack its own name");
            return;
        }
        const auto same = std::find_if(items.begin(), items.end(), [&](const Item& each) { return each.name == item.name; });
        if (same == items.end())
            items.push_back(std::move(item));
        else
            *same = std::move(item);
    }

    // Only packs that were not replaced count: what a replaced one named may be gone on purpose.
    Result<void> check_references() {
        std::set<std::string> live;
        Words known, systems;
        for (const Component& component : rules_.components_) {
            live.insert(component.file);
            known.push_back(component.name);
            if (component.kind == ComponentKind::os) systems.push_back(component.name);
        }
        for (const Grammar& grammar : rules_.grammars_) live.insert(grammar.file);
        for (const Reference& reference : references_.all()) {
            const Words& words = reference.os_only ? systems : known;
            if (!live.contains(reference.path) || std::find(words.begin(), words.end(), reference.component) != words.end()) continue;
            const std::string near = nearest_word(reference.component, words);
            return pack_error(reference.path, reference.line, reference.column, reference.chain,
                              "no pack defines " + std::string(reference.os_only ? "an operating system " : "a component ") +
                                  in_quotes(reference.component),
                              near.empty() ? "" : "did you mean \"" + near + "\"?");
        }
        return ok();
    }

    Result<void> check_catch_all() {
        const auto takes_all = [](const Grammar& g) {
            return std::find(g.repositories.begin(), g.repositories.end(), "**") != g.repositories.end();
        };
        if (std::any_of(rules_.grammars_.begin(), rules_.grammars_.end(), takes_all)) return ok();
        return Error{ErrorCode::config, "load rule packs", "", "no grammar takes every repository",
                     "one grammar must have `repositories: ['**']` and a late priority"};
    }

    // The order of packs must not change the digest, so what is wanted is kept in order.
    void want(const std::vector<std::string>& globs, const std::string& prefix, std::uint64_t head, std::uint64_t smaller_than) {
        for (const std::string& glob : globs) wanted_.insert({prefix + glob, head, smaller_than});
    }

    void want_of(const EvidenceRule& rule) {
        if (rule.from != EvidenceRule::From::file && rule.from != EvidenceRule::From::elf) return;
        if (derivation_of(rule).empty()) {
            want(rule.globs, "", rule.head, 0);
        } else {
            for (const std::string& glob : rule.globs) {
                const EvidenceRule*& longest = derived_.try_emplace({glob, derivation_of(rule)}, &rule).first->second;
                if (rule.head > longest->head) longest = &rule;
            }
            if (rule.min_size > 0) want(rule.globs, "", kMostPlaceholderBytes, std::min(rule.min_size, kMostPlaceholderBytes));
        }
        for (std::string_view glob : rule.weights) {
            while (glob.starts_with("../")) glob.remove_prefix(3);
            if (glob.find('/') == std::string_view::npos) want({std::string(glob)}, "**/", kMostPlaceholderBytes, rule.weights_min);
        }
    }

    void compile_wanted() {
        for (const Component& component : rules_.components_) {
            for (const EvidenceRule& rule : component.evidence) want_of(rule);
            for (const FactRule& fact : component.facts) want_of(fact.evidence);
        }
        std::vector<WantedFiles::DerivationWant> derivations;
        for (const auto& [key, rule] : derived_)
            derivations.push_back({key.first, {.how = key.second, .decode = rule->decode, .strings = rule->strings, .head = rule->head}});
        rules_.wanted_ = WantedFiles({wanted_.begin(), wanted_.end()}, std::move(derivations));
    }

    // Where the packs lie does not matter, and neither does their order in one directory.
    static std::string digest_of(const std::vector<PackText>& packs) {
        std::vector<std::string_view> texts;
        for (const PackText& pack : packs) texts.emplace_back(pack.text);
        std::sort(texts.begin(), texts.end());
        Hasher hasher;
        for (const std::string_view text : texts) {
            hasher.update(std::to_string(text.size()) + '\n');
            hasher.update(text);
        }
        return hasher.finish().str();
    }

    RuleSet rules_;
    std::map<std::string, std::string> defined_;  // kind, set and name to the file
    References references_;
    std::map<std::pair<std::string, std::string>, const EvidenceRule*> derived_;  // by glob and what is made of the file
    std::set<WantedFiles::Want> wanted_;
};

Result<RuleSet> load_rules(const std::vector<PackText>& packs) { return Loader().run(packs); }

}  // namespace veritag::rules
