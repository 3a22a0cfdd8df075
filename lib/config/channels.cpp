// Who is told of what is new and mended.
#include "config/reader.h"

#include "base/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace veritag::config {
namespace {

const rules::Words kCommon{"name", "kind", "language", "least", "targets", "codes", "sends", "window", "dry_run"};

rules::Words with_common(rules::Words words) {
    words.insert(words.end(), kCommon.begin(), kCommon.end());
    return words;
}

notify::WebhookChannel webhook(SettingsReader& reader, Fields& fields) {
    notify::WebhookChannel found;
    // The address may be a secret itself, as those of chat services are.
    if (const std::optional<std::string> url = reader.secret(fields, "url")) found.url = *url;
    fields.with("url", [&](const YamlNode& node, const std::string& at) {
        if (!found.url.empty()) return reader.fail(node, at, "the address is given twice", "leave one of url, url_file, url_credential and url_env");
        found.url = reader.text(node, at);
    });
    if (const std::optional<std::string> secret = reader.secret(fields, "secret")) found.secret = *secret;
    fields.text("ca_file", found.ca_file);
    fields.boolean("internal", found.allow_internal);
    return found;
}

// Which of the keys for a password is there.
std::string_view password_key(const Fields& fields) {
    return fields.has("password_file") ? "password_file" : fields.has("password_credential") ? "password_credential" : "password_env";
}

notify::EmailChannel email(SettingsReader& reader, Fields& fields) {
    notify::EmailChannel found;
    outbound::MailServer& server = found.server;
    fields.required_text("host", server.host);
    fields.with("tls", [&](const YamlNode& node, const std::string& at) {
        const std::string word = reader.word(node, at, {"starttls", "implicit", "none"});
        server.tls = word == "implicit" ? outbound::MailTls::implicit_tls : word == "none" ? outbound::MailTls::none : outbound::MailTls::starttls;
    });
    fields.with("port", [&](const YamlNode& node, const std::string& at) {
        const std::uint64_t port = reader.number(node, at);
        if (reader.ok() && (port < 1 || port > 65535)) return reader.fail(node, at, std::to_string(port) + " is no port");
        server.port = static_cast<std::uint16_t>(port);
    });
    fields.text("username", server.username);
    if (const std::optional<std::string> password = reader.secret(fields, "password")) server.password = *password;
    if (reader.ok() && server.username.empty() != server.password.empty())
        fields.with(server.username.empty() ? password_key(fields) : "username", [&](const YamlNode& node, const std::string& at) {
            reader.fail(node, at, "a user name and a password go together", "give username and password_file (or password_credential, password_env), or neither where the relay wants no login");
        });
    fields.required_text("from", server.from);
    fields.text("ca_file", server.ca_file);
    fields.boolean("allow_plaintext", server.allow_plaintext);
    fields.require("to", [&](const YamlNode& node, const std::string& at) {
        reader.one_or_each(node, at, [&](const YamlNode& item, const std::string& place) { found.to.push_back(reader.text(item, place)); });
    });
    return found;
}

notify::IssueChannel issue(SettingsReader& reader, Fields& fields) {
    notify::IssueChannel found;
    fields.require("forge", [&](const YamlNode& node, const std::string& at) {
        const std::string word = reader.word(node, at, {"gitee", "gitcode", "github", "gitlab"});
        for (const notify::Forge forge : {notify::Forge::gitee, notify::Forge::gitcode, notify::Forge::github, notify::Forge::gitlab})
            if (word == to_string(forge)) found.forge = forge;
    });
    fields.text("api", found.api);
    fields.required_text("repository", found.repository);
    if (const std::optional<std::string> token = reader.secret(fields, "token")) found.token = *token;
    fields.texts("labels", found.labels);
    fields.text("ca_file", found.ca_file);
    fields.boolean("internal", found.allow_internal);
    return found;
}

rules::Words words_of(const std::string& kind) {
    if (kind == "webhook") return with_common(SettingsReader::with_secret(SettingsReader::with_secret({"url", "ca_file", "internal"}, "url"), "secret"));
    if (kind == "email") return with_common(SettingsReader::with_secret({"host", "port", "tls", "username", "from", "to", "ca_file", "allow_plaintext"}, "password"));
    return with_common(SettingsReader::with_secret({"forge", "api", "repository", "labels", "ca_file", "internal"}, "token"));
}

void read_channel(SettingsReader& reader, const YamlNode& node, const std::string& chain, std::set<std::string>& names, Settings& settings) {
    if (!reader.expect(node, chain, YamlNode::Kind::map)) return;
    const YamlNode* kind_node = node.find("kind");
    if (kind_node == nullptr) return reader.fail(node, chain, "the key \"kind\" is missing", "it is webhook, email or issue");
    const std::string kind = reader.word(*kind_node, chain + ".kind", {"webhook", "email", "issue"});
    if (!reader.ok()) return;
    Fields fields(reader, node, chain, words_of(kind));
    notify::Channel channel;
    fields.require("name", [&](const YamlNode& value, const std::string& at) { channel.name = reader.own_name(value, at, names); });
    channel.language = settings.language == "zh" ? report::Language::zh : report::Language::en;
    fields.with("language", [&](const YamlNode& value, const std::string& at) { channel.language = reader.word(value, at, {"en", "zh"}) == "zh" ? report::Language::zh : report::Language::en; });
    fields.with("least", [&](const YamlNode& value, const std::string& at) { channel.filter.least = reader.word(value, at, {"error", "warning"}) == "error" ? Severity::error : Severity::warning; });
    fields.globs("targets", channel.filter.targets);
    fields.globs("codes", channel.filter.codes);
    std::uint64_t sends = channel.limit.sends;
    fields.number("sends", sends);
    channel.limit.sends = sends;
    reader.with_duration(fields, "window", channel.limit.window);
    if (kind == "webhook")
        channel.kind = webhook(reader, fields);
    else if (kind == "email")
        channel.kind = email(reader, fields);
    else
        channel.kind = issue(reader, fields);
    bool dry_run = false;
    fields.boolean("dry_run", dry_run);
    if (!reader.ok()) return;
    if (dry_run) settings.dry_run.insert(channel.name);
    if (const Result<void> works = notify::check_channel(channel); !works) return reader.fail(node, chain, works.error());
    settings.channels.push_back(std::move(channel));
}

}  // namespace

void read_channels(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    std::set<std::string> names;
    reader.each(node, chain, [&](const YamlNode& item, const std::string& place) { read_channel(reader, item, place, names, settings); });
}

}  // namespace veritag::config
