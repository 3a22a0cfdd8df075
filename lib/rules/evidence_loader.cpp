#include "rules/evidence_loader.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace veritag::rules {
namespace {

using From = EvidenceRule::From;

constexpr std::uint64_t kMostDecoded = 1ULL << 20;  // JSON of that size takes some 25 times as much memory

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
            if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos && name.substr(0, slash).find_first_of("*?{") != std::string_view::npos)
                reader.fail(item, place, in_quotes(rule.weights.back()) + " leads through a directory that is not named");
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
    if (reader.ok() && !reader.checked() && source && !fields.has("as") && !rule.is && source->group_count() == 0)
        reader.fail(node, fields.place(key), "no group; the version is group 1", "put the version in ( )");
}

}  // namespace

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
        rule.decode = word == "gguf" ? Decode::gguf : Decode::safetensors;
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

}  // namespace veritag::rules
