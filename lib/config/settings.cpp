#include "config/settings.h"

#include "base/text.h"
#include "config/reader.h"
#include "rules/yaml.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace veritag::config {
namespace {

constexpr std::size_t kMostBytes = 4U << 20;

Result<std::string> read_file(const std::string& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text;
    char block[4096];
    while (in && text.size() <= kMostBytes) {
        in.read(block, sizeof block);
        text.append(block, static_cast<std::size_t>(in.gcount()));
    }
    if (text.size() > kMostBytes) return Error{ErrorCode::config, "read file", quote(path), "more than " + std::to_string(kMostBytes) + " bytes", ""};
    if (in.bad() || !in.eof()) return Error{ErrorCode::config, "read file", quote(path), errno != 0 ? std::strerror(errno) : "it cannot be read", ""};
    return text;
}

void read_waivers(SettingsReader& reader, const YamlNode& node, const std::string& chain, const SecretPlaces& places, Settings& settings) {
    settings.waivers.path = reader.text(node, chain);
    if (!reader.ok()) return;
    if (settings.waivers.path.empty()) return reader.fail(node, chain, "it names no file");
    const Result<std::string> text = places.read_file(settings.waivers.path);
    if (!text) return reader.fail(node, chain, rules::in_quotes(settings.waivers.path) + ": " + text.error().saw);
    Result<std::vector<waivers::Waiver>> waivers = waivers::parse_waivers(settings.waivers.path, *text);
    if (!waivers) return reader.fail(node, chain, waivers.error().message());
    settings.waivers.waivers = std::move(*waivers);
}

void read_top(SettingsReader& reader, const YamlNode& root, const SecretPlaces& places, Settings& settings) {
    Fields top(reader, root, "", {"listen", "tls", "access", "store", "rules", "waivers", "jobs", "workers", "partial", "language", "external_url", "registries", "targets", "hooks", "settle",
                                  "harbor_adapter", "notifications", "queue", "log", "limits", "http"});
    read_listen(reader, root, "", settings);
    top.with("access", [&](const YamlNode& node, const std::string& at) { read_access(reader, node, at, settings); });
    top.text("store", settings.store);
    top.texts("rules", settings.rules);
    top.with("waivers", [&](const YamlNode& node, const std::string& at) { read_waivers(reader, node, at, places, settings); });
    const auto count = [&](std::string_view key, std::size_t& out, std::uint64_t most) {
        top.with(key, [&](const YamlNode& node, const std::string& at) {
            const std::uint64_t value = reader.number(node, at);
            if (reader.ok() && (value < 1 || value > most)) reader.fail(node, at, std::to_string(value) + " is not between 1 and " + std::to_string(most));
            out = value;
        });
    };
    count("jobs", settings.jobs, 64);
    count("workers", settings.workers, 64);
    top.boolean("partial", settings.partial);
    top.with("language", [&](const YamlNode& node, const std::string& at) { settings.language = reader.word(node, at, {"en", "zh"}); });
    top.with("external_url", [&](const YamlNode& node, const std::string& at) {
        settings.external_url = reader.text(node, at);
        while (settings.external_url.ends_with('/')) settings.external_url.pop_back();
        if (reader.ok() && !settings.external_url.starts_with("https://") && !settings.external_url.starts_with("http://"))
            reader.fail(node, at, rules::in_quotes(settings.external_url) + " is no URL", "as https://veritag.example");
    });
    top.with("registries", [&](const YamlNode& node, const std::string& at) { read_registries(reader, node, at, settings); });
    top.with("notifications", [&](const YamlNode& node, const std::string& at) { read_channels(reader, node, at, settings); });
    top.with("targets", [&](const YamlNode& node, const std::string& at) { read_targets(reader, node, at, places, settings); });
    top.with("hooks", [&](const YamlNode& node, const std::string& at) { read_hooks(reader, node, at, settings); });
    top.with("settle", [&](const YamlNode& node, const std::string& at) { settings.settle = reader.duration(node, at); });
    top.with("harbor_adapter", [&](const YamlNode& node, const std::string& at) { read_harbor(reader, node, at, settings); });
    top.with("queue", [&](const YamlNode& node, const std::string& at) {
        Fields queue(reader, node, at, {"most_waiting", "event_window"});
        queue.with("most_waiting", [&](const YamlNode& value, const std::string& place) {
            settings.queue.most_waiting = reader.number(value, place);
            if (reader.ok() && settings.queue.most_waiting == 0) reader.fail(value, place, "0 would refuse every job");
        });
        queue.with("event_window", [&](const YamlNode& value, const std::string& place) { settings.queue.event_window = reader.duration(value, place); });
    });
    top.with("log", [&](const YamlNode& node, const std::string& at) {
        Fields log(reader, node, at, {"level", "format"});
        log.with("level", [&](const YamlNode& value, const std::string& place) { settings.log_level = reader.word(value, place, {"error", "warn", "info", "debug"}); });
        log.with("format", [&](const YamlNode& value, const std::string& place) { settings.log_format = reader.word(value, place, {"text", "json"}); });
    });
    top.with("limits", [&](const YamlNode& node, const std::string& at) { read_limits(reader, node, at, settings); });
}

}  // namespace

SecretPlaces system_places() {
    SecretPlaces places;
    places.read_file = read_file;
    places.environment = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    if (const char* directory = std::getenv("CREDENTIALS_DIRECTORY")) places.credentials_directory = directory;
    return places;
}

namespace {

// Every key has a default, so a file in which all of them are comments is right. One without anything was cut short.
Result<YamlNode> root_of(std::string_view text, std::string_view path) {
    Result<YamlNode> root = rules::parse_yaml(path, text);
    const std::vector<std::string_view> lines = split(text, '\n');
    const bool holds_nothing = std::all_of(lines.begin(), lines.end(), [](std::string_view line) { return trim(line).empty() || trim(line).front() == '#' || trim(line) == "---"; });
    if (!holds_nothing || text.find('#') == std::string_view::npos) return root;
    YamlNode nothing;
    nothing.kind = YamlNode::Kind::map;
    return nothing;
}

}  // namespace

Result<Settings> parse_settings(std::string_view text, std::string_view path, const SecretPlaces& places) {
    Settings settings;
    Result<YamlNode> root = root_of(text, path);
    std::optional<Error> error;
    if (root) {
        SettingsReader reader(path, places);
        read_top(reader, *root, places, settings);
        error = reader.error();
    } else {
        error = root.error();
    }
    if (!error) {
        // A registry's own settings begin with those for all: read after them, wherever they stand in the file.
        for (RegistrySettings& each : settings.registries) each.client.limits = settings.limits;
        settings.other_registries.limits = settings.limits;
        return settings;
    }
    error->code = ErrorCode::config;
    error->what = "read configuration";
    return *error;
}

namespace {

Result<std::string> read_configuration(const std::string& path) {
    Result<std::string> text = read_file(path);
    if (text) return text;
    Error error = text.error();
    error.what = "read configuration";
    error.hint = "name a readable file with --config";
    return error;
}

}  // namespace

Result<Settings> read_settings(const std::string& path) {
    VERITAG_TRY(const std::string text, read_configuration(path));
    return parse_settings(text, path, system_places());
}

Result<std::string> read_store_path(const std::string& path) {
    VERITAG_TRY(const std::string text, read_configuration(path));
    const auto named = [](Error error) {
        error.code = ErrorCode::config;
        error.what = "read configuration";
        return error;
    };
    const Result<YamlNode> root = root_of(text, path);
    if (!root) return named(root.error());
    rules::PackReader reader(path, false);
    if (!reader.expect(*root, "", YamlNode::Kind::map)) return named(*reader.error());
    const YamlNode* store = root->find("store");
    if (store == nullptr) return std::string();
    std::string found = reader.text(*store, "store");
    return reader.ok() ? Result<std::string>(std::move(found)) : Result<std::string>(named(*reader.error()));
}

std::vector<std::string> keys_for_restart(const Settings& started, const Settings& wanted) {
    std::vector<std::string> keys;
    const auto add = [&](const char* key, bool same) {
        if (!same) keys.emplace_back(key);
    };
    add("listen", started.server.endpoints == wanted.server.endpoints);
    add("tls", started.server.tls.has_value() == wanted.server.tls.has_value());  // the files themselves are read anew
    add("http", started.server.limits == wanted.server.limits && started.server.times == wanted.server.times && started.server.threads == wanted.server.threads);
    add("store", started.store == wanted.store);
    add("workers", started.workers == wanted.workers);
    add("queue", started.queue.most_waiting == wanted.queue.most_waiting && started.queue.event_window == wanted.queue.event_window);
    return keys;
}

}  // namespace veritag::config
