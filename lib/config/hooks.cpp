// Who may push news to the daemon: registries' webhooks, and Harbor as a user of the scanner adapter.
#include "config/reader.h"

#include "base/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace veritag::config {
namespace {

void read_hook(SettingsReader& reader, const YamlNode& node, const std::string& chain, std::set<std::string>& names, Settings& settings) {
    Fields fields(reader, node, chain, SettingsReader::with_secret({"name", "kind", "registry", "authentication", "header", "origins"}, "secret"));
    HookSettings found;
    fields.require("name", [&](const YamlNode& value, const std::string& at) { found.name = reader.own_name(value, at, names); });
    fields.require("kind", [&](const YamlNode& value, const std::string& at) {
        const Result<hooks::SenderKind> kind = hooks::parse_sender_kind(reader.text(value, at));
        if (reader.ok() && !kind) return reader.fail(value, at, kind.error());
        if (kind) found.kind = *kind;
    });
    fields.require("registry", [&](const YamlNode& value, const std::string& at) { found.registry = reader.registry_name(value, at); });
    fields.require("authentication", [&](const YamlNode& value, const std::string& at) {
        const Result<hooks::AuthMethod> method = hooks::parse_auth_method(reader.text(value, at));
        if (reader.ok() && !method) return reader.fail(value, at, method.error());
        if (method) found.authentication.method = *method;
    });
    fields.text("header", found.authentication.header);
    found.authentication.secrets = reader.secrets(fields, "secret");
    fields.texts("origins", found.handshake.origins);
    if (!reader.ok()) return;
    if (const Result<void> works = hooks::check_authentication(found.kind, found.authentication); !works) return reader.fail(node, chain, works.error());
    settings.hooks.push_back(std::move(found));
}

}  // namespace

void read_hooks(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    std::set<std::string> names;
    reader.each(node, chain, [&](const YamlNode& item, const std::string& place) { read_hook(reader, item, place, names, settings); });
}

void read_harbor(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    Fields fields(reader, node, chain, SettingsReader::with_secret({"enabled", "authentication", "registries", "deadline"}, "secret"));
    HarborSettings& harbor = settings.harbor;
    fields.boolean("enabled", harbor.enabled);
    fields.with("authentication", [&](const YamlNode& value, const std::string& at) { harbor.scheme = reader.word(value, at, {"bearer", "basic", "api-key"}); });
    harbor.secrets = reader.secrets(fields, "secret");
    fields.with("registries", [&](const YamlNode& list, const std::string& at) {
        reader.each(list, at, [&](const YamlNode& item, const std::string& place) { harbor.registries.push_back(reader.registry_name(item, place)); });
    });
    reader.with_deadline(fields, harbor.deadline);
    if (!reader.ok() || !harbor.enabled) return;
    if (harbor.secrets.empty() || std::any_of(harbor.secrets.begin(), harbor.secrets.end(), [](const std::string& secret) { return secret.size() < 8; }))
        return reader.fail(node, chain, "the adapter needs a secret of at least 8 characters", "give it as secret_file, and the same in Harbor");
    if (harbor.scheme == "basic" && std::any_of(harbor.secrets.begin(), harbor.secrets.end(), [](const std::string& secret) { return secret.find(':') == std::string::npos || secret.front() == ':'; }))
        return reader.fail(node, chain, "a secret that cannot be sent that way", "a secret for basic is user:password");
    if (harbor.registries.empty()) reader.fail(node, chain, "no registry is named", "list under registries the HOST[:PORT] that Harbor's external URL has");
}

}  // namespace veritag::config
