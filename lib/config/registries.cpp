// Registries and what of them is looked at. The words are those of the community's image-scanning-config.yml where it has them.
#include "config/reader.h"

#include "base/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace veritag::config {
namespace {

registry::ListingDriver driver(SettingsReader& reader, const YamlNode& node, const std::string& chain) {
    const std::string word = reader.word(node, chain, {"automatic", "catalog", "docker-hub", "quay", "harbor"});
    return registry::listing_driver_from(word).value_or(registry::ListingDriver::automatic);
}

void read_registry(SettingsReader& reader, const YamlNode& node, const std::string& chain, std::set<std::string>& seen, Settings& settings) {
    Fields fields(reader, node, chain, SettingsReader::with_secret({"registry", "username", "authfile", "plain_http", "ca_file", "insecure_skip_verify", "internal", "attach", "driver",
                                                                    "connections", "requests_per_second", "attempts"}, "password"));
    RegistrySettings found;
    registry::ClientOptions& client = found.client;
    client.use_environment_auth = false;
    fields.require("registry", [&](const YamlNode& value, const std::string& at) {
        found.registry = reader.registry_name(value, at);
        if (reader.ok() && !seen.insert(found.registry).second) reader.fail(value, at, rules::in_quotes(found.registry) + " is there twice");
    });
    fields.text("username", client.username);
    if (const std::optional<std::string> password = reader.secret(fields, "password")) client.password = *password;
    if (reader.ok() && client.username.empty() != client.password.empty()) reader.fail(node, chain, "a user name and a password go together", "give username and password_file, or neither");
    fields.text("authfile", client.auth_file);
    fields.boolean("plain_http", client.plain_http);
    fields.text("ca_file", client.ca_file);
    fields.boolean("insecure_skip_verify", client.insecure_skip_verify);
    client.registries_may_be_internal = false;
    fields.boolean("internal", client.registries_may_be_internal);
    fields.boolean("attach", found.attach);
    fields.with("driver", [&](const YamlNode& value, const std::string& at) { found.driver = driver(reader, value, at); });
    std::uint64_t connections = client.connections_per_host, attempts = static_cast<std::uint64_t>(client.attempts);
    fields.number("connections", connections);
    fields.number("attempts", attempts);
    if (reader.ok() && (connections < 1 || connections > 64 || attempts < 1 || attempts > 20)) reader.fail(node, chain, "connections are 1 to 64 and attempts 1 to 20");
    client.connections_per_host = connections;
    found.own_connections = fields.has("connections");
    client.attempts = static_cast<int>(std::min<std::uint64_t>(attempts, 20));
    fields.with("requests_per_second", [&](const YamlNode& value, const std::string& at) { client.requests_per_second = reader.rate(value, at); });
    settings.registries.push_back(std::move(found));
}

schedule::ScheduleText schedule_text(SettingsReader& reader, Fields& fields) {
    schedule::ScheduleText text;
    fields.text("interval", text.interval);
    fields.text("schedule", text.cron);
    fields.text("time_zone", text.time_zone);
    fields.text("jitter", text.jitter);
    fields.with("quiet_hours", [&](const YamlNode& node, const std::string& at) {
        reader.one_or_each(node, at, [&](const YamlNode& item, const std::string& place) { text.quiet_hours.push_back(reader.text(item, place)); });
    });
    return text;
}

class TargetReader {
public:
    TargetReader(SettingsReader& reader, const SecretPlaces& places, Settings& settings) : reader_(reader), places_(places), settings_(settings) {}

    void read(const YamlNode& node, const std::string& chain) {
        Fields fields(reader_, node, chain, {"name", "registry", "namespace", "images", "not_images", "tags", "not_tags", "arches", "newest", "list", "interval", "schedule", "time_zone", "jitter",
                                             "quiet_hours", "concurrency", "references_per_second", "deadline", "notify", "driver", "disable"});
        TargetSettings found;
        fields.require("name", [&](const YamlNode& value, const std::string& at) { found.name = reader_.own_name(value, at, names_); });
        read_places(fields, node, chain, found);
        fields.globs("tags", found.filter.tags);
        fields.globs("not_tags", found.filter.not_tags);
        fields.with("arches", [&](const YamlNode& list, const std::string& at) {
            reader_.each(list, at, [&](const YamlNode& item, const std::string& place) {
                if (std::optional<oci::Platform> platform = reader_.platform(item, place)) found.platforms.push_back(std::move(*platform));
            });
        });
        fields.with("newest", [&](const YamlNode& value, const std::string& at) { found.newest = std::chrono::ceil<std::chrono::days>(reader_.duration(value, at)); });
        schedule::ScheduleText when = schedule_text(reader_, fields);
        when.seed = found.name;
        read_pace(fields, found);
        read_channel_names(fields, found);
        bool disabled = false;
        fields.boolean("disable", disabled);
        if (!reader_.ok()) return;
        if (!when.interval.empty() && !when.cron.empty()) return reader_.fail(node, chain, "both an interval and a schedule", "leave one of them");
        if (when.interval.empty() && when.cron.empty()) {
            if (!when.jitter.empty() || !when.quiet_hours.empty() || !when.time_zone.empty()) reader_.fail(node, chain, "there is no interval and no schedule", "add one, or leave out what belongs to it");
        } else if (Result<schedule::Schedule> parsed = schedule::parse_schedule(when)) {
            if (!disabled) found.schedule = std::move(*parsed);
        } else {
            // What the schedule calls `cron` is written as `schedule` here.
            Error error = parsed.error();
            if (error.where.starts_with("cron")) error.where.replace(0, 4, "schedule");
            return reader_.fail(node, chain + (error.where.empty() ? "" : " " + error.where), error);
        }
        if (reader_.ok()) settings_.targets.push_back(std::move(found));
    }

private:
    // A registry with what is below it, or a file with names.
    void read_places(Fields& fields, const YamlNode& node, const std::string& chain, TargetSettings& found) {
        std::string registry;
        std::string space;
        fields.with("registry", [&](const YamlNode& value, const std::string& at) { registry = reader_.registry_name(value, at); });
        fields.text("namespace", space);
        if (!reader_.ok()) return;
        if (registry.empty() != fields.has("list")) return reader_.fail(node, chain, "a target is a registry or a list", "give either registry (with namespace) or list");
        if (registry.empty()) {
            // A list names whole repositories, each in its registry: nothing is below anything, and nothing is listed.
            for (const char* key : {"namespace", "driver"})
                fields.with(key, [&](const YamlNode& value, const std::string& at) {
                    reader_.fail(value, at, "a target with a list has none",
                                 "leave it out; which of the listed repositories are looked at, images: and not_images: can say, by whole paths");
                });
            fields.with("list", [&](const YamlNode& value, const std::string& at) { read_list(value, at, found); });
        } else {
            const Result<registry::ListingTarget> target = registry::parse_listing_target(registry + (space.empty() ? "" : '/' + space));
            if (!target) return reader_.fail(node, chain + ".namespace", target.error());
            found.targets.push_back(*target);
            for (const RegistrySettings& each : settings_.registries)
                if (each.registry == registry) found.targets.back().driver = each.driver;
            fields.with("driver", [&](const YamlNode& value, const std::string& at) { found.targets.back().driver = driver(reader_, value, at); });
        }
        // Globs over the whole path; names in `images` are below the namespace.
        const auto below = [&](std::string_view key, std::vector<std::string>& out) {
            std::vector<std::string> globs;
            fields.globs(key, globs);
            for (const std::string& glob : globs) out.push_back(space.empty() ? glob : space + '/' + glob);
        };
        below("images", found.filter.repositories);
        below("not_images", found.filter.not_repositories);
        if (const Result<void> works = source::check_filter(found.filter); reader_.ok() && !works) reader_.fail(node, chain, works.error());
    }

    void read_list(const YamlNode& node, const std::string& chain, TargetSettings& found) {
        const std::string path = reader_.text(node, chain);
        if (!reader_.ok()) return;
        const Result<std::string> text = places_.read_file(path);
        if (!text) return reader_.fail(node, chain, rules::in_quotes(path) + ": " + text.error().saw);
        Result<source::TargetList> list = source::parse_target_list(*text, path);
        if (!list) return reader_.fail(node, chain, list.error().message());
        if (list->entries.empty()) return reader_.fail(node, chain, rules::in_quotes(path) + " names nothing");
        found.entries = std::move(list->entries);
    }

    void read_pace(Fields& fields, TargetSettings& found) {
        fields.with("concurrency", [&](const YamlNode& value, const std::string& at) {
            found.concurrency = reader_.number(value, at);
            if (reader_.ok() && found.concurrency > 64) reader_.fail(value, at, "at most 64");
        });
        fields.with("references_per_second", [&](const YamlNode& value, const std::string& at) { found.references_per_second = reader_.rate(value, at); });
        reader_.with_deadline(fields, found.deadline);
    }

    void read_channel_names(Fields& fields, TargetSettings& found) {
        fields.with("notify", [&](const YamlNode& list, const std::string& at) {
            reader_.each(list, at, [&](const YamlNode& item, const std::string& place) {
                rules::Words known;
                for (const notify::Channel& channel : settings_.channels) known.push_back(channel.name);
                found.notify.push_back(reader_.word(item, place, known));
            });
        });
    }

    SettingsReader& reader_;
    const SecretPlaces& places_;
    Settings& settings_;
    std::set<std::string> names_;
};

}  // namespace

void read_registries(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    std::set<std::string> seen;
    reader.each(node, chain, [&](const YamlNode& item, const std::string& place) { read_registry(reader, item, place, seen, settings); });
}

void read_targets(SettingsReader& reader, const YamlNode& node, const std::string& chain, const SecretPlaces& places, Settings& settings) {
    TargetReader targets(reader, places, settings);
    reader.each(node, chain, [&](const YamlNode& item, const std::string& place) { targets.read(item, place); });
}

}  // namespace veritag::config
