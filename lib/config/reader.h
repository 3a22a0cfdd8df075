// What the parts of the configuration share: durations, secrets, names. Private to the module.
#pragma once

#include "config/settings.h"
#include "rules/pack_reader.h"

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::config {

using rules::Fields;
using rules::PackReader;
using rules::YamlNode;

class SettingsReader : public PackReader {
public:
    SettingsReader(std::string_view path, const SecretPlaces& places) : PackReader(path, false), places_(places) {}

    /// `30s`, `90m`, `6h`, `7d`.
    std::chrono::seconds duration(const YamlNode& node, std::string_view chain);
    /// `linux/arm64`, `arm64` or `aarch64`.
    std::optional<oci::Platform> platform(const YamlNode& node, std::string_view chain);
    double rate(const YamlNode& node, std::string_view chain);
    /// A name of the user's own: letters, digits, `-`, `_` and `.`; none twice among `taken`.
    std::string own_name(const YamlNode& node, std::string_view chain, std::set<std::string>& taken);
    /// `host[:port]`.
    std::string registry_name(const YamlNode& node, std::string_view chain);

    /// A secret from `KEY_file`, `KEY_credential` or `KEY_env`, at most one of them; nullopt where none is given. Without the line end at
    /// its end; an empty one is a mistake.
    std::optional<std::string> secret(Fields& fields, const std::string& key);
    /// The same keys for a list of secrets: each key may hold a list.
    std::vector<std::string> secrets(Fields& fields, const std::string& key);
    /// The keys that `secret` reads.
    static rules::Words with_secret(rules::Words words, const std::string& key);

    void with_duration(Fields& fields, std::string_view key, std::chrono::seconds& out) {
        fields.with(key, [&](const YamlNode& node, const std::string& at) { out = duration(node, at); });
    }

    /// Of a job: a second to seven days.
    void with_deadline(Fields& fields, std::chrono::seconds& out) {
        fields.with("deadline", [&](const YamlNode& node, const std::string& at) {
            out = duration(node, at);
            if (ok() && (out < std::chrono::seconds(1) || out > store::kLongestJob)) fail(node, at, rules::in_quotes(node.text) + " is not between 1s and 7d");
        });
    }

private:
    std::string one_secret(const YamlNode& node, std::string_view chain, std::string_view place);
    const SecretPlaces& places_;
};

// One part of the configuration each.
void read_listen(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);
void read_access(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);
void read_limits(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);
void read_registries(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);
void read_targets(SettingsReader& reader, const YamlNode& node, const std::string& chain, const SecretPlaces& places, Settings& settings);
void read_hooks(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);
void read_harbor(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);
void read_channels(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings);

}  // namespace veritag::config
