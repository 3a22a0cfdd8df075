#include "rules/grammar_loader.h"

#include "base/text.h"
#include "rules/example_loader.h"

#include <algorithm>
#include <utility>

namespace veritag::rules {
namespace {

using Kind = YamlNode::Kind;

const Words kTiers{"os", "sdk", "framework", "application", "app"};
const Words kGroupWords{"os", "parts", "hints", "version", "dev", "free"};

Tier tier_from(const std::string& word) {
    for (const Tier tier : {Tier::os, Tier::sdk, Tier::framework, Tier::application})
        if (to_string(tier) == word) return tier;
    return Tier::app;
}

void refer_to_group(const PackReader& reader, const YamlNode& node, const std::string& chain, const std::string& name, References& references) {
    if (std::find(kGroupWords.begin(), kGroupWords.end(), name) == kGroupWords.end()) references.add(reader, node, chain, name);
}

TagForm read_form(PackReader& reader, const YamlNode& node, const std::string& chain, References& references) {
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
            refer_to_group(reader, component, place, name, references);
        });
    });
    const YamlNode* pattern = node.find("pattern");
    for (const std::string& group : groups)
        if (!form.names.contains(group)) refer_to_group(reader, *pattern, chain + ".pattern", group, references);
    return form;
}

std::vector<FloatingVersion> read_floating_versions(PackReader& reader, const YamlNode& node, const std::string& chain) {
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

void read_floating(PackReader& reader, Fields& fields, Grammar& g, References& references) {
    fields.with("floating", [&](const YamlNode& n, const std::string& at) {
        reader.each_entry(n, at, [&](const YamlNode& tag, const YamlNode& claims, const std::string& place) {
            auto& versions = g.floating[tag.text];
            reader.each_entry(claims, place, [&](const YamlNode& component, const YamlNode& version, const std::string& where) {
                versions[component.text] = read_floating_versions(reader, version, where);
                references.add(reader, component, where, component.text);
            });
        });
    });
}

}  // namespace

Grammar read_grammar(PackReader& reader, const YamlNode& root, References& references) {
    Fields fields(reader, root, "",
                  {"grammar", "title", "priority", "repositories", "os", "order", "tier", "forms", "floating", "examples"});
    Grammar g;
    g.file = reader.path();
    g.name = fields.name("grammar");
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
            references.add_os(reader, item, place, g.os_components.back());
        });
    });
    fields.with("order", [&](const YamlNode& n, const std::string& at) {
        reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
            g.order.push_back(component_kind_from(reader.word(item, place, component_kind_words())).value_or(ComponentKind::app));
        });
    });
    fields.with("tier", [&](const YamlNode& n, const std::string& at) { g.tier = tier_from(reader.word(n, at, kTiers)); });
    fields.require("forms", [&](const YamlNode& n, const std::string& at) {
        reader.each(n, at, [&](const YamlNode& item, const std::string& place) { g.forms.push_back(read_form(reader, item, place, references)); });
    });
    read_floating(reader, fields, g, references);
    fields.with("examples", [&](const YamlNode& n, const std::string& at) {
        reader.each(n, at, [&](const YamlNode& item, const std::string& place) {
            g.examples.push_back(read_tag_example(reader, item, place));
        });
    });
    return g;
}

}  // namespace veritag::rules
