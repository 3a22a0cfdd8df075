// The daemon's configuration: one YAML file becomes plain structs. Everything is checked here and nothing is opened but files of secrets,
// lists of images and waivers.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "hooks/authentication.h"
#include "hooks/handshake.h"
#include "hooks/sender.h"
#include "notify/channel.h"
#include "oci/manifest.h"
#include "registry/client.h"
#include "registry/listing.h"
#include "schedule/schedule.h"
#include "server/options.h"
#include "source/target_filter.h"
#include "store/queue.h"
#include "waivers/waivers.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::config {

struct RegistrySettings {
    std::string registry;  ///< host[:port], as references have it
    bool own_connections = false;  ///< `client.connections_per_host` was written down; else it is raised to what `jobs` need
    registry::ClientOptions client;
    registry::ListingDriver driver = registry::ListingDriver::automatic;
    bool attach = false;  ///< reports are attached to its images; its login must be allowed to push
};

struct TargetSettings {
    std::string name;
    std::vector<registry::ListingTarget> targets;
    std::vector<source::TargetList::Entry> entries;  ///< of `list`
    source::TargetFilter filter;
    std::vector<oci::Platform> platforms;
    std::optional<std::chrono::days> newest;         ///< only images made in the last so many days
    std::optional<schedule::Schedule> schedule;      ///< not set: only on demand
    std::size_t concurrency = 0;                     ///< references under way at a time; 0: as many as `jobs` allow
    double references_per_second = 0;                ///< 0: as fast as possible
    std::chrono::seconds deadline{12 * 3600};
    std::vector<std::string> notify;                 ///< names of channels; empty: all
};

struct HookSettings {
    std::string name;
    hooks::SenderKind kind = hooks::SenderKind::generic;
    std::string registry;  ///< where the pushed images are looked for
    hooks::Authentication authentication;
    hooks::HandshakePolicy handshake;
};

/// How the scanner adapter knows Harbor.
struct HarborSettings {
    bool enabled = false;
    std::string scheme = "bearer";        ///< `bearer`, `basic` or `api-key`, as registered in Harbor
    std::vector<std::string> secrets;     ///< any of them; for `basic` as user:password
    std::vector<std::string> registries;  ///< host[:port] that Harbor may name
    std::chrono::seconds deadline{1800};
};

struct AccessSettings {
    bool anonymous_read = false;
    std::vector<std::string> cors_origins;      ///< `https://dashboard.example`
    std::vector<std::string> admin_certificates;  ///< SHA-256 of client certificates that may do all
    bool metrics_open = true;                   ///< /metrics without a token
};

struct Settings {
    server::ServerOptions server;
    AccessSettings access;
    std::string store;
    std::vector<std::string> rules;  ///< directories
    waivers::WaiverFile waivers;     ///< what is known and accepted for now
    std::size_t jobs = 2;
    std::size_t workers = 2;         ///< audits and scans side by side
    bool partial = false;
    std::string language = "en";
    std::string external_url;        ///< of this daemon, for links in notifications; empty: none
    registry::ClientOptions other_registries;  ///< those that are not listed
    std::vector<RegistrySettings> registries;
    std::vector<TargetSettings> targets;
    std::vector<HookSettings> hooks;
    std::chrono::milliseconds settle{2'000};   ///< a push is looked at so long after it, so that several of one tag are one scan
    HarborSettings harbor;
    std::vector<notify::Channel> channels;
    std::set<std::string> dry_run;             ///< names of channels that show in the log what they would send, and send nothing
    store::QueueOptions queue;
    std::string log_level = "info";
    std::string log_format = "text";
    Limits limits;
};

/// Where secrets come from.
struct SecretPlaces {
    /// Content of a file, or why it cannot be read.
    std::function<Result<std::string>(const std::string& path)> read_file;
    std::function<std::optional<std::string>(const std::string& name)> environment;
    std::string credentials_directory;  ///< of systemd; empty: none
};

/// The process's own files and environment.
SecretPlaces system_places();

/// `path` is for messages, which name line, column and the chain of keys. Errors are `config`; no message holds a secret.
Result<Settings> parse_settings(std::string_view text, std::string_view path, const SecretPlaces& places);

/// The same from a file.
Result<Settings> read_settings(const std::string& path);

/// What the file says under `store`, empty where it says nothing. Nothing else of it is judged and no secret is read, so whoever needs the
/// store alone needs neither.
Result<std::string> read_store_path(const std::string& path);

/// The keys under which `wanted` says something else than a daemon that began with `started` can take while it runs.
std::vector<std::string> keys_for_restart(const Settings& started, const Settings& wanted);

}  // namespace veritag::config
