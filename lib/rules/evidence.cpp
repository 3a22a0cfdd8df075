// What one evidence rule reads in a text, and the examples that show it.
#include "base/text.h"
#include "oci/json.h"
#include "rules/rules.h"

#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace veritag::rules {
namespace {

using From = EvidenceRule::From;

constexpr std::size_t kLongestVersion = 128;

// A number or boolean as JSON writes it; nullopt for null, lists and objects.
std::optional<std::string> scalar_text(const rapidjson::Value& value) {
    if (value.IsString()) return std::string(value.GetString(), value.GetStringLength());
    if (value.IsNull() || value.IsArray() || value.IsObject()) return std::nullopt;
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return std::string(buffer.GetString(), buffer.GetSize());
}

std::optional<std::string> at_pointer(const rapidjson::Document& document, const std::string& pointer) {
    const rapidjson::Value* value = rapidjson::Pointer(pointer.c_str(), pointer.size()).Get(document);
    return value == nullptr ? std::nullopt : scalar_text(*value);
}

// The text that `read` searches; nullopt where the JSON is not such a file.
std::optional<std::string> json_text(const EvidenceRule& rule, std::string_view text) {
    const Result<rapidjson::Document> document = oci::parse_json("read evidence", "", text, Limits{});
    if (!document) return std::nullopt;
    for (const auto& [pointer, expected] : rule.json_when)
        if (at_pointer(*document, pointer) != expected) return std::nullopt;
    if (rule.json.empty()) return std::string(text);
    std::vector<std::string> values;
    for (const std::string& pointer : rule.json) {
        std::optional<std::string> value = at_pointer(*document, pointer);
        if (!value) return std::nullopt;
        values.push_back(std::move(*value));
    }
    return join(values, "/");
}

std::string common_prefix(const std::vector<std::string>& versions) {
    std::vector<std::string_view> common = split(versions.front(), '.');
    for (const std::string& version : versions) {
        const std::vector<std::string_view> parts = split(version, '.');
        const auto end = std::mismatch(common.begin(), common.end(), parts.begin(), parts.end()).first;
        common.erase(end, common.end());
    }
    return join(std::vector<std::string>(common.begin(), common.end()), ".");
}

// An unlisted build is there, and nothing tells its release.
std::string look_up(const Component& component, const std::string& table, const std::string& value) {
    const auto rows = component.tables.find(table);
    if (rows == component.tables.end()) return {};
    const auto row = rows->second.find(value);
    return row == rows->second.end() ? std::string() : common_prefix(row->second);
}

// What a hostile file offers as version: endless text or control bytes are none.
bool is_presentable(std::string_view version) noexcept {
    return version.size() <= kLongestVersion && std::all_of(version.begin(), version.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

bool reads_whole_text(const EvidenceRule& rule) noexcept {
    if (rule.from == From::file) return !rule.json.empty();
    return rule.from == From::package || rule.from == From::environment || rule.from == From::label;
}

bool applies_to(const EvidenceRule& rule, const std::string& path) {
    const auto matches = [&](const std::string& glob) { return glob_matches(glob, path); };
    return std::any_of(rule.globs.begin(), rule.globs.end(), matches) && std::none_of(rule.except.begin(), rule.except.end(), matches);
}

std::string show(const std::optional<std::string>& reading) {
    if (!reading) return "nothing";
    return reading->empty() ? "presence without a version" : '"' + quote(*reading) + '"';
}

std::optional<std::string> difference(const std::string& subject, const std::optional<std::string>& expected,
                                      const std::optional<std::string>& came) {
    if (expected == came) return std::nullopt;
    return subject + " should read " + show(expected) + " and reads " + show(came);
}

const std::string& value_of(const Example& example, const std::string& key) {
    static const std::string none;
    const auto found = example.input.find(key);
    return found == example.input.end() ? none : found->second;
}

std::optional<PackageType> package_key(const Example& example) {
    for (const PackageType type : {PackageType::rpm, PackageType::deb, PackageType::apk, PackageType::python, PackageType::conda})
        if (example.input.contains(std::string(to_string(type)))) return type;
    return std::nullopt;
}

// The text of the example where the rule would be asked at all.
std::optional<std::string> text_for(const RuleSet& rules, const EvidenceRule& rule, const Example& example) {
    switch (example.what) {
        case Example::What::file: {
            if (rule.from != From::file || !applies_to(rule, value_of(example, "file"))) return std::nullopt;
            const std::string& text = value_of(example, "text");
            if (rule.decode != Decode::none) return text;  // the lines that decoding makes
            return text.substr(0, static_cast<std::size_t>(rules.wanted().bytes(value_of(example, "file"), text.size())));
        }
        case Example::What::path:
            if (rule.from != From::path || !applies_to(rule, value_of(example, "path"))) return std::nullopt;
            return value_of(example, "path");
        case Example::What::elf:
            if (rule.from != From::elf || !applies_to(rule, value_of(example, "elf"))) return std::nullopt;
            if (rule.strings.has_value() != example.input.contains("bytes")) return std::nullopt;
            return value_of(example, rule.strings ? "bytes" : "soname");
        case Example::What::package: {
            const std::optional<PackageType> type = package_key(example);
            if (rule.from != From::package || rule.package_type != type) return std::nullopt;
            if (!glob_matches(rule.package, value_of(example, std::string(to_string(*type))))) return std::nullopt;
            return value_of(example, "version");
        }
        case Example::What::environment:
            return rule.from == From::environment && rule.variable == value_of(example, "environment")
                       ? std::optional(value_of(example, "value"))
                       : std::nullopt;
        case Example::What::label:
            return rule.from == From::label && rule.variable == value_of(example, "label") ? std::optional(value_of(example, "value"))
                                                                                           : std::nullopt;
        case Example::What::part:
        case Example::What::compare:
        case Example::What::canonical:
        case Example::What::dist:
        case Example::What::tag:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::string derivation_of(const EvidenceRule& rule) {
    if (rule.strings) return "strings " + rule.strings->text();
    switch (rule.decode) {
        case Decode::none: return {};
        case Decode::gguf: return "gguf";
        case Decode::safetensors: return "safetensors";
    }
    return {};
}

std::optional<std::string> read_evidence(const Component& component, const EvidenceRule& rule, std::string_view text) {
    if (rule.when && !rule.when->found_in(text)) return std::nullopt;
    std::string from_json;
    if (!rule.json.empty() || !rule.json_when.empty()) {
        std::optional<std::string> found = json_text(rule, text);
        if (!found) return std::nullopt;
        from_json = std::move(*found);
        text = from_json;
    }
    std::string version;
    if (const std::optional<Pattern>& pattern = rule.strings ? rule.strings : rule.read; pattern) {
        const auto groups = pattern->search(text);
        if (!groups) return std::nullopt;
        version = rule.is ? *rule.is : Pattern::expand(rule.as, *groups);
    } else if (rule.is) {
        version = *rule.is;
    } else if (reads_whole_text(rule)) {
        version = trim(text.substr(0, std::min<std::size_t>(text.size(), 4 * kLongestVersion)));
    }
    if (!is_presentable(version)) return std::string();
    if (!rule.table.empty()) version = look_up(component, rule.table, version);
    return component.canonical(version);
}

std::optional<std::string> check_evidence_example(const RuleSet& rules, const Component& component, const Example& example) {
    std::vector<const EvidenceRule*> asked;
    const std::string& fact = value_of(example, "fact");
    if (fact.empty())
        for (const EvidenceRule& rule : component.evidence) asked.push_back(&rule);
    for (const FactRule& rule : component.facts)
        if (rule.name == fact) asked.push_back(&rule.evidence);

    std::optional<std::string> reading;
    for (const EvidenceRule* rule : asked) {
        if (const std::optional<std::string> text = text_for(rules, *rule, example)) reading = read_evidence(component, *rule, *text);
        if (reading) break;
    }
    std::string subject;
    for (const char* key : {"file", "path", "elf", "rpm", "deb", "apk", "python", "conda", "environment", "label"})
        if (subject.empty()) subject = value_of(example, key);
    return difference(quote(subject), example.reads, reading);
}

std::optional<std::string> check_version_example(const Component& component, const Example& example) {
    if (example.what == Example::What::part) {
        const std::optional<Component::PartReading> reading = component.read_part(value_of(example, "part"));
        return difference("part " + quote(value_of(example, "part")), example.reads,
                          reading ? std::optional(reading->version) : std::nullopt);
    }
    if (example.what == Example::What::canonical) {
        const std::string& version = value_of(example, "canonical");
        return difference("canonical " + quote(version), example.reads, component.canonical(version));
    }
    if (example.what == Example::What::dist) {
        const std::string& version = value_of(example, "dist");
        std::optional<std::string> reading;
        for (const DistRule& rule : component.dist)
            if (const auto groups = reading ? std::nullopt : rule.rpm.search(version)) reading = component.canonical(Pattern::expand(rule.version, *groups));
        return difference("dist " + quote(version), example.reads, reading);
    }
    if (example.what != Example::What::compare) return std::nullopt;
    const std::string& claimed = value_of(example, "claimed");
    const std::string& observed = value_of(example, "observed");
    const bool holds = component.compare_versions(claimed, observed) == Match::holds;
    if (holds == (value_of(example, "holds") == "true")) return std::nullopt;
    return "claimed " + quote(claimed) + (holds ? " holds" : " does not hold") + " for observed " + quote(observed);
}

}  // namespace veritag::rules
