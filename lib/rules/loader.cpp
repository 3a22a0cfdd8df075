// Pack files into tables. Every key is checked here, so that a typing mistake is a message with line and column instead of a
// rule that never matches. The keys are described in rules/README.md.
#include "base/digest.h"
#include "base/text.h"
#include "rules/pack_reader.h"
#include "rules/rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace veritag::rules {
namespace {

using From = EvidenceRule::From;
using Kind = YamlNode::Kind;

/// A name in one pack that another pack must define; looked at when all packs are read.
struct Reference {
    std::string path;
    int line = 0;
    int column = 0;
    std::string chain;
    std::string component;
    bool os_only = false;
};

constexpr std::uint64_t kMostDecoded = 1ULL << 20;  // JSON of that size takes some 25 times as much memory

const Words kKinds{"os", "sdk", "framework", "llm", "tool", "app"};
const Words kTiers{"os", "sdk", "framework", "application", "app"};
const Words kGroupWords{"os", "parts", "hints", "version", "dev", "free"};

Tier tier_from(const std::string& word) {
    for (const Tier tier : {Tier::os, Tier::sdk, Tier::framework, Tier::application})
        if (to_string(tier) == word) return tier;
    return Tier::app;
}

NormaliseStep read_step(PackReader& reader, const YamlNode& node, const std::string& chain) {
    static const Words kSteps{"lower-case", "upper-case", "strip-v", "drop-epoch", "drop-release", "drop-local"};
    NormaliseStep step;
    if (node.kind == Kind::map) {
        Fields fields(reader, node, chain, {"replace", "with"});
        fields.require("replace", [&](const YamlNode& n, const std::string& at) { step.pattern = reader.pattern(n, at); });
        fields.require("with",
                       [&](const YamlNode& n, const std::string& at) { step.replacement = reader.replacement(n, at, step.pattern); });
        return step;
    }
    const std::string word = reader.word(node, chain, kSteps);
    step.what = static_cast<NormaliseStep::What>(std::find(kSteps.begin(), kSteps.end(), word) - kSteps.begin());
    return step;
}

/// Where evidence may come from, and the keys that go with each.
struct SourceKey {
    const char* key;
    From from;
    PackageType package_type;
    Words with;
};

const std::vector<SourceKey>& source_keys() {
    static const Words kFile{"when", "read", "json", "json-when", "as", "is", "table", "except", "weights", "weights-min", "min-size", "head", "decode"};
    static const Words kPath{"read", "as", "is", "table", "except", "min-size"};
    static const Words kPackage{"read", "as", "is", "table", "except", "at-least"};
    static const Words kElf{"read", "strings", "as", "is", "table", "except"};
    static const Words kSetting{"read", "as", "is", "table"};
    static const std::vector<SourceKey> kSources{
        {"file", From::file, PackageType::rpm, kFile},
        {"path", From::path, PackageType::rpm, kPath},
        {"rpm", From::package, PackageType::rpm, kPackage},
        {"deb", From::package, PackageType::deb, kPackage},
        {"apk", From::package, PackageType::apk, kPackage},
        {"python", From::package, PackageType::python, kPackage},
        {"conda", From::package, PackageType::conda, kPackage},
        {"elf", From::elf, PackageType::rpm, kElf},
        {"environment", From::environment, PackageType::rpm, kSetting},
        {"label", From::label, PackageType::rpm, kSetting},
    };
    return kSources;
}

Words source_words() {
    Words words;
    for (const SourceKey& source : source_keys()) words.emplace_back(source.key);
    return words;
}

void read_json_when(PackReader& reader, Fields& fields, EvidenceRule& rule) {
    fields.with("json-when", [&](const YamlNode& node, const std::string& at) {
        reader.each_entry(node, at, [&](const YamlNode& key, const YamlNode& value, const std::string& place) {
            rule.json_when.emplace_back(reader.pointer(key, place), reader.text(value, place));
        });
    });
}

// Globs of names beside the file; each `../` in front is one directory up.
void read_weights(PackReader& reader, Fields& fields, EvidenceRule& rule) {
    fields.with("weights", [&](const YamlNode& node, const std::string& at) {
        reader.one_or_each(node, at, [&](const YamlNode& item, const std::string& place) {
            rule.weights.push_back(reader.text(item, place));
            std::string_view name = rule.weights.back();
            while (name.starts_with("../")) name.remove_prefix(3);
            if (!reader.ok()) return;
            if (const Result<void> checked = check_glob(name); !checked) return reader.fail(item, place, checked.error());
            if (name.find('/') != std::string_view::npos) reader.fail(item, place, in_quotes(rule.weights.back()) + " leads into a directory; weights lie beside the file, or above it with \"../\"");
        });
    });
}

// `read`, `strings`, `as`, `is`: where the version comes from.
void read_version_keys(PackReader& reader, const YamlNode& node, Fields& fields, EvidenceRule& rule) {
    if (reader.ok() && rule.read && rule.strings)
        reader.fail(node, fields.place("strings"), "both \"read\" and \"strings\"; a soname is read, or strings are searched");
    const std::optional<Pattern>& source = rule.strings ? rule.strings : rule.read;
    const char* key = rule.strings ? "strings" : "read";
    fields.with("as", [&](const YamlNode& n, const std::string& at) {
        if (!source) return reader.fail(n, at, "\"as\" is made from the groups of \"read\", which is missing");
        rule.as = reader.replacement(n, at, *source);
    });
    fields.with("is", [&](const YamlNode& n, const std::string& at) {
        if (fields.has("as")) return reader.fail(n, at, "both \"as\" and \"is\"; the version is made from groups, or it is fixed");
        rule.is = reader.text(n, at);
    });
    if (reader.ok() && source && !fields.has("as") && !rule.is && source->group_count() == 0)
        reader.fail(node, fields.place(key), "no group; the version is group 1", "put the version in ( )");
}

/// `extra` are keys of the surrounding thing (a fact's `name`).
EvidenceRule read_evidence_rule(PackReader& reader, const YamlNode& node, const std::string& chain, const Words& extra) {
    EvidenceRule rule;
    rule.line = node.line;
    Words known = source_words();
    known.insert(known.end(), {"when", "read", "strings", "json", "json-when", "as", "is", "table", "except", "weights", "weights-min", "min-size",
                               "at-least", "head", "decode"});
    known.insert(known.end(), extra.begin(), extra.end());
    Fields fields(reader, node, chain, known);
    if (!reader.ok()) return rule;

    const SourceKey* source = nullptr;
    for (const SourceKey& each : source_keys()) {
        if (!fields.has(each.key)) continue;
        if (source != nullptr)
            reader.fail(node, chain,
                        "both " + in_quotes(source->key) + " and " + in_quotes(each.key) + "; one evidence rule has one source");
        source = &each;
    }
    if (source == nullptr) {
        reader.fail(node, chain, "no source; an evidence rule has one of: " + join(source_words(), ", "));
        return rule;
    }
    for (const YamlNode& key : node.keys) {
        const auto is_in = [&](const Words& words) { return std::find(words.begin(), words.end(), key.text) != words.end(); };
        if (key.text != source->key && !is_in(source->with) && !is_in(extra))
            reader.fail(
                key, fields.place(key.text),
                in_quotes(key.text) + " does not go with " + in_quotes(source->key) + " (what does: " + join(source->with, ", ") + ")");
    }

    rule.from = source->from;
    rule.package_type = source->package_type;
    switch (rule.from) {
        case From::file:
        case From::path:
        case From::elf:
            fields.globs(source->key, rule.globs);
            break;
        case From::package:
            fields.with(source->key, [&](const YamlNode& n, const std::string& at) { rule.package = reader.glob(n, at); });
            break;
        case From::environment:
        case From::label:
            fields.text(source->key, rule.variable);
            break;
    }
    fields.globs("except", rule.except);
    fields.pattern("when", rule.when);
    fields.pattern("read", rule.read);
    fields.pattern("strings", rule.strings);
    fields.with("json", [&](const YamlNode& n, const std::string& at) {
        reader.one_or_each(n, at, [&](const YamlNode& item, const std::string& place) { rule.json.push_back(reader.pointer(item, place)); });
    });
    read_json_when(reader, fields, rule);
    read_version_keys(reader, node, fields, rule);
    fields.text("table", rule.table);
    read_weights(reader, fields, rule);
    fields.number("weights-min", rule.weights_min);
    if (reader.ok() && rule.weights.empty() != (rule.weights_min == 0))
        reader.fail(node, chain, "\"weights\" and \"weights-min\" go together");
    fields.number("min-size", rule.min_size);
    fields.number("at-least", rule.at_least);
    fields.number("head", rule.head);
    fields.with("decode", [&](const YamlNode& n, const std::string& at) {
        const std::string word = reader.word(n, at, {"gguf", "safetensors"});
        rule.decode = word == "gguf" ? EvidenceRule::Decode::gguf : EvidenceRule::Decode::safetensors;
        if (reader.ok() && (rule.head == 0 || rule.head > kMostDecoded))
            reader.fail(n, at, "\"decode\" needs a \"head\" of at most " + std::to_string(kMostDecoded) + " bytes", "head: 1048576 is enough for most files");
    });
    return rule;
}

void check_table(PackReader& reader, const YamlNode& node, const std::string& chain, const EvidenceRule& rule, const Component& component) {
    if (!reader.ok() || rule.table.empty() || component.tables.contains(rule.table)) return;
    Words known;
    for (const auto& [name, rows] : component.tables) known.push_back(name);
    const YamlNode* at = node.find("table");
    reader.fail_unknown(at == nullptr ? node : *at, chain + ".table", rule.table, known);
}

/// The keys that each kind of component example needs, by its first one.
struct ExampleKey {
    const char* key;
    Example::What what;
    Words needs;
};

const std::vector<ExampleKey>& example_keys() {
    using What = Example::What;
    static const std::vector<ExampleKey> kKeys{
        {"file", What::file, {"text", "reads"}},
        {"path", What::path, {"reads"}},
        {"rpm", What::package, {"version", "reads"}},
        {"deb", What::package, {"version", "reads"}},
        {"apk", What::package, {"version", "reads"}},
        {"python", What::package, {"version", "reads"}},
        {"conda", What::package, {"version", "reads"}},
        {"elf", What::elf, {"reads"}},
        {"environment", What::environment, {"value", "reads"}},
        {"label", What::label, {"value", "reads"}},
        {"part", What::part, {"reads"}},
        {"canonical", What::canonical, {"reads"}},
        {"claimed", What::compare, {"observed", "holds"}},
        {"dist", What::dist, {"reads"}},
    };
    return kKeys;
}

Words component_example_words() {
    Words words;
    for (const ExampleKey& key : example_keys()) words.emplace_back(key.key);
    words.insert(words.end(), {"text", "version", "soname", "bytes", "value", "observed", "holds", "reads", "fact"});
    return words;
}

Example read_component_example(PackReader& reader, const YamlNode& node, const std::string& chain) {
    Example example;
    example.file = reader.path();
    example.line = node.line;
    Fields fields(reader, node, chain, component_example_words());
    if (!reader.ok()) return example;

    const ExampleKey* subject = nullptr;
    for (const ExampleKey& each : example_keys())
        if (fields.has(each.key)) {
            if (subject != nullptr)
                reader.fail(node, chain,
                            "both " + in_quotes(subject->key) + " and " + in_quotes(each.key) + "; one example shows one thing");
            subject = &each;
        }
    if (subject == nullptr) {
        reader.fail(node, chain,
                    "an example that shows nothing; it has one of: file, path, rpm, deb, apk, python, conda, elf, environment, label, "
                    "part, canonical, claimed, dist");
        return example;
    }
    example.what = subject->what;
    for (const std::string& key : subject->needs)
        if (!fields.has(key))
            reader.fail(node, chain, "the key " + in_quotes(key) + " is missing" + (key == "reads" ? " (null: nothing is read)" : ""));
    if (subject->what == Example::What::elf && reader.ok() && fields.has("soname") == fields.has("bytes"))
        reader.fail(node, chain, "an example of \"elf\" has either \"soname\" or \"bytes\"");
    for (std::size_t i = 0; i < node.keys.size() && reader.ok(); ++i) {
        const std::string& key = node.keys[i].text;
        const bool belongs =
            key == subject->key || key == "fact" || (subject->what == Example::What::elf && (key == "soname" || key == "bytes")) || std::find(subject->needs.begin(), subject->needs.end(), key) != subject->needs.end();
        if (!belongs) reader.fail(node.keys[i], fields.place(key), in_quotes(key) + " does not go with " + in_quotes(subject->key));
        if (key == "reads") continue;
        example.input[key] = key == "holds" ? (reader.boolean(node.items[i], fields.place(key)) ? "true" : "false")
                                            : reader.text(node.items[i], fields.place(key));
    }
    fields.with("reads", [&](const YamlNode& n, const std::string& at) {
        if (n.kind != Kind::null) example.reads = reader.text(n, at);
    });
    return example;
}

std::string flat_text(PackReader& reader, const YamlNode& node, const std::string& chain) {
    std::vector<std::string> pieces;
    switch (node.kind) {
        case Kind::null:
            return {};
        case Kind::scalar:
            return node.text;
        case Kind::list:
            return join(reader.texts(node, chain), " ");
        case Kind::map:
            reader.each_entry(node, chain, [&](const YamlNode& key, const YamlNode& value, const std::string& at) {
                pieces.push_back(key.text + "=" + (value.kind == Kind::null ? "" : reader.text(value, at)));
            });
            return join(pieces, " ");
    }
    return {};
}

Example read_tag_example(PackReader& reader, const YamlNode& node, const std::string& chain) {
    Example example;
    example.what = Example::What::tag;
    example.file = reader.path();
    example.line = node.line;
    Fields fields(reader, node, chain,
                  {"registry", "repository", "tag", "claims", "tier", "findings", "truth", "writes", "dev", "parents"});
    for (const char* key : {"repository", "tag"})
        fields.require(key, [&](const YamlNode& n, const std::string& at) { (void)reader.text(n, at); });
    for (std::size_t i = 0; i < node.keys.size() && reader.ok(); ++i)
        if (node.items[i].kind != Kind::null)
            example.input[node.keys[i].text] = flat_text(reader, node.items[i], fields.place(node.keys[i].text));
    return example;
}

}  // namespace

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
        VERITAG_TRY(const YamlNode root, parse_yaml(pack.path, pack.text));
        PackReader reader(pack.path);
        if (reader.expect(root, "", Kind::map)) {
            if (root.find("component") != nullptr)
                add_component(reader, root, pack.set);
            else if (root.find("grammar") != nullptr)
                add_grammar(reader, root, pack.set);
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

    static std::string read_name(PackReader& reader, Fields& fields, const char* key) {
        std::string name;
        fields.require(key, [&](const YamlNode& n, const std::string& at) {
            name = reader.text(n, at);
            const bool fits = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") == std::string::npos;
            if (reader.ok() && !fits) reader.fail(n, at, in_quotes(name) + " is no name (lower-case letters, digits, \"_\", \"-\", \".\")");
        });
        return name;
    }

    void refer(const PackReader& reader, const YamlNode& node, const std::string& chain, const std::string& component,
               bool os_only = false) {
        if (reader.ok()) references_.push_back({reader.path(), node.line, node.column, chain, component, os_only});
    }

    void add_component(PackReader& reader, const YamlNode& root, const std::string& set) {
        Fields fields(reader, root, "",
                      {"component", "kind", "title", "vendor", "versioned", "exclusive", "names", "repositories", "spellings", "writings", "normalise",
                       "compare", "loose", "evidence", "facts", "backends", "unproven", "role", "levels", "expects", "dist", "could-hold",
                       "could-hold-except", "tables", "examples"});
        Component c;
        c.file = reader.path();
        c.name = read_name(reader, fields, "component");
        fields.require("kind", [&](const YamlNode& n, const std::string& at) {
            c.kind = component_kind_from(reader.word(n, at, kKinds)).value_or(c.kind);
        });
        c.title = c.name;
        fields.text("title", c.title);
        if (c.kind == ComponentKind::sdk)
            fields.required_text("vendor", c.vendor);
        else
            fields.text("vendor", c.vendor);
        fields.boolean("versioned", c.versioned);
        fields.boolean("exclusive", c.exclusive);
        read_names(reader, fields, c);
        fields.texts("repositories", c.repositories);
        read_spellings(reader, fields, c);
        fields.with("normalise", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at,
                        [&](const YamlNode& item, const std::string& place) { c.normalise.push_back(read_step(reader, item, place)); });
        });
        fields.with("compare", [&](const YamlNode& n, const std::string& at) {
            const std::string word = reader.word(n, at, {"prefix", "exact", "pep440"});
            c.compare = word == "exact" ? Compare::exact : word == "pep440" ? Compare::pep440 : Compare::prefix;
        });
        fields.pattern("loose", c.loose);
        read_tables(reader, fields, c);
        read_evidence_rules(reader, fields, c);
        read_backends(reader, fields, c);
        fields.with("unproven", [&](const YamlNode& n, const std::string& at) {
            c.unproven = reader.word(n, at, {"warning", "info"}) == "info" ? Severity::info : Severity::warning;
        });
        fields.with("role", [&](const YamlNode& n, const std::string& at) { c.development = reader.word(n, at, {"development"}) == "development"; });
        read_levels(reader, fields, c);
        read_dist(reader, fields, c);
        fields.globs("could-hold", c.could_hold);
        fields.globs("could-hold-except", c.could_hold_except);
        fields.with("examples", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                c.examples.push_back(read_component_example(reader, item, place));
            });
        });
        check_example_facts(reader, fields, c);
        keep(reader, root, "component", set, std::move(c), rules_.components_);
    }

    static void read_names(PackReader& reader, Fields& fields, Component& c) {
        fields.with("names", [&](const YamlNode& n, const std::string& at) {
            reader.one_or_each(n, at, [&](const YamlNode& item, const std::string& place) {
                const std::string name = reader.text(item, place);
                if (reader.ok() && name.empty()) reader.fail(item, place, "an empty name would claim every bare version");
                c.names.push_back(name);
            });
        });
    }

    static void read_spellings(PackReader& reader, Fields& fields, Component& c) {
        fields.with("spellings", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                Fields spelling(reader, item, place, {"part", "version", "proper"});
                Spelling s;
                spelling.require("part", [&](const YamlNode& v, const std::string& p) { s.part = reader.pattern(v, p); });
                spelling.require("version", [&](const YamlNode& v, const std::string& p) {
                    s.version = reader.ok() ? reader.replacement(v, p, s.part) : "";
                });
                spelling.boolean("proper", s.proper);
                c.spellings.push_back(std::move(s));
            });
        });
        fields.with("writings", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                Fields writing(reader, item, place, {"version", "part"});
                Writing w;
                writing.require("version", [&](const YamlNode& v, const std::string& p) { w.version = reader.pattern(v, p); });
                writing.require("part", [&](const YamlNode& v, const std::string& p) {
                    w.part = reader.ok() ? reader.replacement(v, p, w.version) : "";
                });
                c.writings.push_back(std::move(w));
            });
        });
    }

    static void read_tables(PackReader& reader, Fields& fields, Component& c) {
        fields.with("tables", [&](const YamlNode& n, const std::string& at) {
            reader.each_entry(n, at, [&](const YamlNode& name, const YamlNode& rows, const std::string& place) {
                auto& table = c.tables[name.text];
                reader.each_entry(rows, place, [&](const YamlNode& value, const YamlNode& versions, const std::string& row) {
                    std::vector<std::string>& list = table[value.text];
                    list = reader.texts(versions, row);
                    if (reader.ok() && list.empty()) reader.fail(versions, row, "no version");
                });
            });
        });
    }

    static void read_evidence_rules(PackReader& reader, Fields& fields, Component& c) {
        fields.with("evidence", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                c.evidence.push_back(read_evidence_rule(reader, item, place, {}));
                check_table(reader, item, place, c.evidence.back(), c);
            });
        });
        fields.with("facts", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                FactRule fact;
                fact.evidence = read_evidence_rule(reader, item, place, {"name"});
                if (reader.ok() && item.find("name") == nullptr) reader.fail(item, place, "the key \"name\" is missing");
                if (reader.ok()) fact.name = reader.text(*item.find("name"), place + ".name");
                if (reader.ok() && fact.evidence.at_least > 1) reader.fail(*item.find("at-least"), place + ".at-least", "a fact is read from each package alone");
                check_table(reader, item, place, fact.evidence, c);
                c.facts.push_back(std::move(fact));
            });
        });
    }

    static Words fact_names(const Component& c) {
        std::set<std::string> names;
        for (const FactRule& fact : c.facts) names.insert(fact.name);
        return {names.begin(), names.end()};
    }

    void read_backends(PackReader& reader, Fields& fields, Component& c) {
        const Words facts = fact_names(c);
        fields.with("backends", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                Fields backend(reader, item, place, {"sdk", "needs", "needs-any-fact", "refuses"});
                BackendRule rule;
                backend.require("sdk", [&](const YamlNode& v, const std::string& p) {
                    rule.sdk = reader.text(v, p);
                    refer(reader, v, p, rule.sdk);
                });
                backend.with("needs", [&](const YamlNode& v, const std::string& p) {
                    reader.one_or_each(v, p, [&](const YamlNode& each, const std::string& where) {
                        rule.needs.push_back(reader.text(each, where));
                        refer(reader, each, where, rule.needs.back());
                    });
                });
                const auto read_facts = [&](std::vector<std::string>& out) {
                    return [&](const YamlNode& v, const std::string& p) {
                        reader.one_or_each(
                            v, p, [&](const YamlNode& each, const std::string& where) { out.push_back(reader.word(each, where, facts)); });
                    };
                };
                backend.with("needs-any-fact", read_facts(rule.needs_any_fact));
                backend.with("refuses", read_facts(rule.refuses));
                c.backends.push_back(std::move(rule));
            });
        });
    }

    void read_levels(PackReader& reader, Fields& fields, Component& c) {
        fields.texts("levels", c.levels);
        fields.with("expects", [&](const YamlNode& n, const std::string& at) {
            reader.each_entry(n, at, [&](const YamlNode& level, const YamlNode& components, const std::string& place) {
                if (std::find(c.levels.begin(), c.levels.end(), level.text) == c.levels.end()) return reader.fail_unknown(level, place, level.text, c.levels);
                reader.one_or_each(components, place, [&](const YamlNode& each, const std::string& where) {
                    c.expects[level.text].push_back(reader.text(each, where));
                    refer(reader, each, where, c.expects[level.text].back());
                });
            });
        });
    }

    static void read_dist(PackReader& reader, Fields& fields, Component& c) {
        fields.with("dist", [&](const YamlNode& n, const std::string& at) {
            if (c.kind != ComponentKind::os) return reader.fail(n, at, "only an operating system has packages of its own");
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                Fields dist(reader, item, place, {"rpm", "version"});
                DistRule rule;
                dist.require("rpm", [&](const YamlNode& v, const std::string& p) { rule.rpm = reader.pattern(v, p); });
                dist.with("version", [&](const YamlNode& v, const std::string& p) { rule.version = reader.ok() ? reader.replacement(v, p, rule.rpm) : ""; });
                c.dist.push_back(std::move(rule));
            });
        });
    }

    static void check_example_facts(PackReader& reader, Fields& fields, const Component& c) {
        const Words facts = fact_names(c);
        fields.with("examples", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                if (const YamlNode* fact = item.find("fact")) (void)reader.word(*fact, place + ".fact", facts);
            });
        });
    }

    void add_grammar(PackReader& reader, const YamlNode& root, const std::string& set) {
        Fields fields(reader, root, "",
                      {"grammar", "title", "priority", "repositories", "os", "order", "tier", "forms", "floating", "examples"});
        Grammar g;
        g.file = reader.path();
        g.name = read_name(reader, fields, "grammar");
        g.title = g.name;
        fields.text("title", g.title);
        fields.with("priority", [&](const YamlNode& n, const std::string& at) {
            const std::uint64_t priority = reader.number(n, at);
            if (reader.ok() && priority > 1000) reader.fail(n, at, std::to_string(priority) + " (limit 1000)");
            g.priority = static_cast<int>(std::min<std::uint64_t>(priority, 1000));
        });
        fields.require("repositories", [&](const YamlNode& n, const std::string& at) { g.repositories = reader.globs(n, at); });
        fields.with("os", [&](const YamlNode& n, const std::string& at) {
            reader.one_or_each(n, at, [&](const YamlNode& item, const std::string& place) {
                g.os_components.push_back(reader.text(item, place));
                refer(reader, item, place, g.os_components.back(), true);
            });
        });
        fields.with("order", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                g.order.push_back(component_kind_from(reader.word(item, place, kKinds)).value_or(ComponentKind::app));
            });
        });
        fields.with("tier", [&](const YamlNode& n, const std::string& at) { g.tier = tier_from(reader.word(n, at, kTiers)); });
        fields.require("forms", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) { g.forms.push_back(read_form(reader, item, place)); });
        });
        read_floating(reader, fields, g);
        fields.with("examples", [&](const YamlNode& n, const std::string& at) {
            reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
                g.examples.push_back(read_tag_example(reader, item, place));
            });
        });
        keep(reader, root, "grammar", set, std::move(g), rules_.grammars_);
    }

    TagForm read_form(PackReader& reader, const YamlNode& node, const std::string& chain) {
        TagForm form;
        Fields fields(reader, node, chain, {"pattern", "proper", "names"});
        fields.require("pattern", [&](const YamlNode& n, const std::string& at) { form.pattern = reader.pattern(n, at); });
        fields.boolean("proper", form.proper);
        if (!reader.ok()) return form;
        Words groups;
        for (const auto& [name, number] : form.pattern.named_groups()) groups.push_back(name);
        fields.with("names", [&](const YamlNode& n, const std::string& at) {
            reader.each_entry(n, at, [&](const YamlNode& group, const YamlNode& component, const std::string& place) {
                if (std::find(groups.begin(), groups.end(), group.text) == groups.end())
                    return reader.fail_unknown(group, place, group.text, groups);
                const std::string name = reader.text(component, place);
                form.names[group.text] = name;
                refer_to_group(reader, component, place, name);
            });
        });
        const YamlNode* pattern = node.find("pattern");
        for (const std::string& group : groups)
            if (!form.names.contains(group)) refer_to_group(reader, *pattern, chain + ".pattern", group);
        return form;
    }

    void refer_to_group(const PackReader& reader, const YamlNode& node, const std::string& chain, const std::string& name) {
        if (std::find(kGroupWords.begin(), kGroupWords.end(), name) == kGroupWords.end()) refer(reader, node, chain, name);
    }

    void read_floating(PackReader& reader, Fields& fields, Grammar& g) {
        fields.with("floating", [&](const YamlNode& n, const std::string& at) {
            reader.each_entry(n, at, [&](const YamlNode& tag, const YamlNode& claims, const std::string& place) {
                auto& versions = g.floating[tag.text];
                reader.each_entry(claims, place, [&](const YamlNode& component, const YamlNode& version, const std::string& where) {
                    versions[component.text] = read_floating_versions(reader, version, where);
                    refer(reader, component, where, component.text);
                });
            });
        });
    }

    static std::vector<FloatingVersion> read_floating_versions(PackReader& reader, const YamlNode& node, const std::string& chain) {
        static const Pattern kDay = *Pattern::compile("\\d{4}-\\d\\d-\\d\\d");
        if (node.kind == Kind::null) return {{}};
        if (node.kind != Kind::list) return {{.since = "", .version = reader.text(node, chain)}};
        std::vector<FloatingVersion> versions;
        reader.each(node, chain, [&](const YamlNode& item, const std::string& at) {
            Fields fields(reader, item, at, {"since", "version"});
            FloatingVersion version;
            if (!versions.empty() && !fields.has("since")) reader.fail(item, at, "the key \"since\" is missing; only the first version may lack it");
            fields.with("since", [&](const YamlNode& n, const std::string& place) {
                version.since = reader.text(n, place);
                if (reader.ok() && !kDay.match_all(version.since)) reader.fail(n, place, in_quotes(version.since) + " is no day (YYYY-MM-DD)");
                if (reader.ok() && !versions.empty() && version.since <= versions.back().since)
                    reader.fail(n, place, version.since + " is not after " + versions.back().since, "the newest stands last");
            });
            fields.required_text("version", version.version);
            versions.push_back(std::move(version));
        });
        if (reader.ok() && versions.empty()) reader.fail(node, chain, "no version");
        return versions;
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
        for (const Reference& reference : references_) {
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

    void want(const std::vector<std::string>& globs, const std::string& prefix, RuleSet::Want want) {
        for (const std::string& glob : globs) wanted_[prefix + glob].insert(want);
    }

    void want_of(const EvidenceRule& rule) {
        if (rule.from != From::file && rule.from != From::elf) return;
        if (derivation_of(rule).empty()) {
            want(rule.globs, "", {.head = rule.head, .smaller_than = 0});
        } else {
            for (const std::string& glob : rule.globs) {
                const EvidenceRule*& longest = derived_.try_emplace({glob, derivation_of(rule)}, &rule).first->second;
                if (rule.head > longest->head) longest = &rule;
            }
            if (rule.min_size > 0) want(rule.globs, "", {.head = kMostPlaceholderBytes, .smaller_than = std::min(rule.min_size, kMostPlaceholderBytes)});
        }
        for (std::string_view glob : rule.weights) {
            while (glob.starts_with("../")) glob.remove_prefix(3);
            want({std::string(glob)}, "**/", {.head = kMostPlaceholderBytes, .smaller_than = rule.weights_min});
        }
    }

    void compile_wanted() {
        for (const Component& component : rules_.components_) {
            for (const EvidenceRule& rule : component.evidence) want_of(rule);
            for (const FactRule& fact : component.facts) want_of(fact.evidence);
        }
        auto globs = std::make_shared<GlobSet>();
        Hasher hasher;
        for (const auto& [glob, wants] : wanted_) {
            for (const RuleSet::Want& each : wants) {
                globs->add(glob, static_cast<std::uint32_t>(rules_.wants_.size()));
                rules_.wants_.push_back(each);
                hasher.update(glob + '\n' + std::to_string(each.head) + ' ' + std::to_string(each.smaller_than) + '\n');
            }
        }
        auto derived = std::make_shared<GlobSet>();
        for (const auto& [key, rule] : derived_) {
            derived->add(key.first, static_cast<std::uint32_t>(rules_.derivations_.size()));
            rules_.derivations_.push_back(*rule);
            hasher.update(key.first + '\n' + key.second + ' ' + std::to_string(rule->head) + '\n');
        }
        rules_.derived_ = std::move(derived);
        rules_.wanted_ = std::move(globs);
        rules_.wanted_digest_ = hasher.finish().str();
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
    std::vector<Reference> references_;
    std::map<std::pair<std::string, std::string>, const EvidenceRule*> derived_;  // by glob and what is made of the file
    std::map<std::string, std::set<RuleSet::Want>> wanted_;  // by glob: the digest must not hang on the order of packs
};

Result<RuleSet> load_rules(const std::vector<PackText>& packs) { return Loader().run(packs); }

}  // namespace veritag::rules
