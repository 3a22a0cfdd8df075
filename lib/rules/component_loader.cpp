#include "rules/component_loader.h"

#include "base/text.h"
#include "rules/evidence_loader.h"
#include "rules/example_loader.h"

#include <algorithm>
#include <set>
#include <utility>

namespace veritag::rules {
namespace {

using Kind = YamlNode::Kind;

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

void read_names(PackReader& reader, Fields& fields, Component& c) {
    fields.with("names", [&](const YamlNode& n, const std::string& at) {
        reader.one_or_each(n, at, [&](const YamlNode& item, const std::string& place) {
            const std::string name = reader.text(item, place);
            if (reader.ok() && name.empty()) reader.fail(item, place, "an empty name would claim every bare version");
            c.names.push_back(name);
        });
    });
}

void read_spellings(PackReader& reader, Fields& fields, Component& c) {
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

void read_tables(PackReader& reader, Fields& fields, Component& c) {
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

void read_evidence_rules(PackReader& reader, Fields& fields, Component& c) {
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

Words fact_names(const Component& c) {
    std::set<std::string> names;
    for (const FactRule& fact : c.facts) names.insert(fact.name);
    return {names.begin(), names.end()};
}

void read_backends(PackReader& reader, Fields& fields, Component& c, References& references) {
    const Words facts = fact_names(c);
    fields.with("backends", [&](const YamlNode& n, const std::string& at) {
        reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
            Fields backend(reader, item, place, {"sdk", "needs", "needs-any-fact", "refuses"});
            BackendRule rule;
            backend.require("sdk", [&](const YamlNode& v, const std::string& p) {
                rule.sdk = reader.text(v, p);
                references.add(reader, v, p, rule.sdk);
            });
            backend.with("needs", [&](const YamlNode& v, const std::string& p) {
                reader.one_or_each(v, p, [&](const YamlNode& each, const std::string& where) {
                    rule.needs.push_back(reader.text(each, where));
                    references.add(reader, each, where, rule.needs.back());
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

void read_levels(PackReader& reader, Fields& fields, Component& c, References& references) {
    fields.texts("levels", c.levels);
    fields.with("expects", [&](const YamlNode& n, const std::string& at) {
        reader.each_entry(n, at, [&](const YamlNode& level, const YamlNode& components, const std::string& place) {
            if (std::find(c.levels.begin(), c.levels.end(), level.text) == c.levels.end()) return reader.fail_unknown(level, place, level.text, c.levels);
            reader.one_or_each(components, place, [&](const YamlNode& each, const std::string& where) {
                c.expects[level.text].push_back(reader.text(each, where));
                references.add(reader, each, where, c.expects[level.text].back());
            });
        });
    });
}

void read_dist(PackReader& reader, Fields& fields, Component& c) {
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

void check_example_facts(PackReader& reader, Fields& fields, const Component& c) {
    const Words facts = fact_names(c);
    fields.with("examples", [&](const YamlNode& n, const std::string& at) {
        reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
            if (const YamlNode* fact = item.find("fact")) (void)reader.word(*fact, place + ".fact", facts);
        });
    });
}

}  // namespace

Component read_component(PackReader& reader, const YamlNode& root, References& references) {
    Fields fields(reader, root, "",
                  {"component", "kind", "title", "vendor", "versioned", "exclusive", "names", "repositories", "spellings", "writings", "normalise",
                   "compare", "loose", "evidence", "facts", "backends", "unproven", "role", "levels", "expects", "dist", "could-hold",
                   "could-hold-except", "tables", "examples"});
    Component c;
    c.file = reader.path();
    c.name = fields.name("component");
    fields.require("kind", [&](const YamlNode& n, const std::string& at) {
        c.kind = component_kind_from(reader.word(n, at, component_kind_words())).value_or(c.kind);
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
    read_backends(reader, fields, c, references);
    fields.with("unproven", [&](const YamlNode& n, const std::string& at) {
        c.unproven = reader.word(n, at, {"warning", "info"}) == "info" ? Severity::info : Severity::warning;
    });
    fields.with("role", [&](const YamlNode& n, const std::string& at) { c.development = reader.word(n, at, {"development"}) == "development"; });
    read_levels(reader, fields, c, references);
    read_dist(reader, fields, c);
    fields.globs("could-hold", c.could_hold);
    fields.globs("could-hold-except", c.could_hold_except);
    fields.with("examples", [&](const YamlNode& n, const std::string& at) {
        reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
            c.examples.push_back(read_component_example(reader, item, place));
        });
    });
    check_example_facts(reader, fields, c);
    return c;
}

}  // namespace veritag::rules
