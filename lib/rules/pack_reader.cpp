#include "rules/pack_reader.h"

#include <rapidjson/pointer.h>

namespace veritag::rules {
namespace {

using Kind = YamlNode::Kind;

const char* kind_name(Kind kind) noexcept {
    switch (kind) {
        case Kind::null:
            return "nothing";
        case Kind::scalar:
            return "text";
        case Kind::list:
            return "a list";
        case Kind::map:
            return "a mapping";
    }
    return "?";
}

}  // namespace

const Words& component_kind_words() {
    static const Words kKinds{"os", "sdk", "framework", "llm", "tool", "app"};
    return kKinds;
}

void PackReader::fail(const YamlNode& at, std::string_view chain, std::string saw, std::string hint) {
    if (!error_) error_ = pack_error(path_, at.line, at.column, chain, std::move(saw), std::move(hint));
}

void PackReader::fail_unknown(const YamlNode& at, std::string_view chain, std::string_view word, const Words& known) {
    const std::string near = nearest_word(word, known);
    fail(at, chain, in_quotes(word) + " is unknown (known: " + join(known, ", ") + ")",
         near.empty() ? "" : "did you mean \"" + near + "\"?");
}

bool PackReader::expect(const YamlNode& node, std::string_view chain, Kind kind) {
    if (node.kind != kind) fail(node, chain, std::string("expected ") + kind_name(kind) + ", found " + kind_name(node.kind));
    return ok();
}

std::string PackReader::text(const YamlNode& node, std::string_view chain) {
    return expect(node, chain, Kind::scalar) ? node.text : std::string();
}

std::string PackReader::word(const YamlNode& node, std::string_view chain, const Words& known) {
    const std::string value = text(node, chain);
    if (ok() && std::find(known.begin(), known.end(), value) == known.end()) fail_unknown(node, chain, value, known);
    return value;
}

std::uint64_t PackReader::number(const YamlNode& node, std::string_view chain) {
    const std::string value = text(node, chain);
    const std::optional<std::uint64_t> parsed = parse_u64(value);
    if (ok() && !parsed) fail(node, chain, in_quotes(value) + " is no whole number");
    return parsed.value_or(0);
}

Pattern PackReader::pattern(const YamlNode& node, std::string_view chain) {
    const std::string expression = text(node, chain);
    if (!ok()) return {};
    if (checked_) return Pattern::compiled_when_used(expression);
    Result<Pattern> compiled = Pattern::compile(expression);
    if (compiled) return std::move(*compiled);
    fail(node, chain, compiled.error());
    return {};
}

std::string PackReader::replacement(const YamlNode& node, std::string_view chain, const Pattern& pattern) {
    const std::string value = text(node, chain);
    if (!ok() || checked_) return value;
    if (const Result<void> checked = Pattern::check_replacement(value, pattern.group_count()); !checked) fail(node, chain, checked.error());
    return value;
}

std::string PackReader::glob(const YamlNode& node, std::string_view chain) {
    const std::string value = text(node, chain);
    if (!ok() || checked_) return value;
    if (const Result<void> checked = check_glob(value); !checked) fail(node, chain, checked.error());
    return value;
}

std::string PackReader::pointer(const YamlNode& node, std::string_view chain) {
    const std::string value = text(node, chain);
    if (ok() && (!value.starts_with('/') || !rapidjson::Pointer(value.c_str(), value.size()).IsValid()))
        fail(node, chain, in_quotes(value) + " is no JSON pointer", "write /key/key, after RFC 6901");
    return value;
}

std::vector<std::string> PackReader::texts(const YamlNode& node, std::string_view chain) {
    std::vector<std::string> values;
    one_or_each(node, chain, [&](const YamlNode& item, const std::string& place) { values.push_back(text(item, place)); });
    return values;
}

std::vector<std::string> PackReader::globs(const YamlNode& node, std::string_view chain) {
    std::vector<std::string> values;
    one_or_each(node, chain, [&](const YamlNode& item, const std::string& place) { values.push_back(glob(item, place)); });
    return values;
}

std::string Fields::name(std::string_view key) {
    std::string found;
    require(key, [&](const YamlNode& n, const std::string& at) {
        found = reader_.text(n, at);
        const bool fits = !found.empty() && found.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") == std::string::npos;
        if (reader_.ok() && !fits) reader_.fail(n, at, in_quotes(found) + " is no name (lower-case letters, digits, \"_\", \"-\", \".\")");
    });
    return found;
}

}  // namespace veritag::rules
