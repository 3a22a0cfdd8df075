// The daemon: configuration, signals, systemd; everything else is lib/serve and lib/api.
#include "options.h"

#include "api/service.h"
#include "base/log.h"
#include "base/text.h"
#include "config/settings.h"
#include "rules/load_all.h"
#include "serve/daemon.h"
#include "serve/files.h"
#include "server/server.h"
#include "store/place.h"

#include <CLI/CLI.hpp>
#include <systemd/sd-daemon.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>

#include <sys/resource.h>

namespace veritag::daemon {
namespace {

constexpr std::chrono::milliseconds kTick{200};

struct ServeFlags {
    std::string config;
    bool check = false;
    bool no_sandbox = false;
    unsigned drain_seconds = 20;
    LogOptions log{.level = "", .format = ""};  // empty: as the configuration says
};

std::atomic<bool> hangup{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

// Credentials are in memory, so nothing of it goes into a file when the program crashes.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

void apply_log(const config::Settings& settings) {
    LogOptions log;
    log.level = settings.log_level;
    log.format = settings.log_format;
    log.apply();
}

Result<config::Settings> settings_from(const ServeFlags& flags) {
    const std::string& path = flags.config;
    VERITAG_TRY(config::Settings settings, config::read_settings(path));
    if (!flags.log.level.empty()) settings.log_level = flags.log.level;
    if (!flags.log.format.empty()) settings.log_format = flags.log.format;
    settings.other_registries.user_agent = std::string("veritag/") + version();
    if (!settings.store.empty()) return settings;
    const char* directory = std::getenv("STATE_DIRECTORY");  // of systemd
    const std::optional<std::string> place = directory != nullptr ? std::optional(std::string(directory) + "/store.sqlite") : store::default_store_path();
    if (!place) return Error{ErrorCode::config, "read configuration", quote(path), "there is no place for the store", "name a file with \"store:\""};
    settings.store = *place;
    return settings;
}

int check_config(const config::Settings& settings, const std::string& path) {
    const Result<rules::RuleSet> rules = rules::load_all(settings.rules);
    if (!rules) {
        complain(rules.error());
        return kUsage;  // as every mistake of the configuration, also where a directory is not there
    }
    if (settings.server.tls)
        if (const Result<void> fits = server::check_tls(*settings.server.tls); !fits) return complain(fits.error());
    if (const Result<void> open = serve::check_files(settings); !open) return complain(open.error());
    std::printf("%s is right: %zu targets, %zu registries, %zu hooks, %zu notification channels; store %s; rules %s\n", quote(path).c_str(), settings.targets.size(), settings.registries.size(),
                settings.hooks.size(), settings.channels.size(), quote(settings.store).c_str(), rules->digest().c_str());
    return kClean;
}

// Sockets that systemd holds for us take the place of the configured addresses.
void take_passed_sockets(config::Settings& settings) {
    const int count = sd_listen_fds(1);
    if (count <= 0) return;
    const bool tls = std::any_of(settings.server.endpoints.begin(), settings.server.endpoints.end(), [](const server::Endpoint& each) { return each.tls; });
    settings.server.endpoints.clear();
    for (int i = 0; i < count; ++i) {
        server::Endpoint endpoint{.kind = server::Endpoint::Kind::descriptor};
        endpoint.descriptor = SD_LISTEN_FDS_START + i;
        endpoint.tls = tls && sd_is_socket(endpoint.descriptor, AF_UNIX, 0, -1) <= 0;
        settings.server.endpoints.push_back(std::move(endpoint));
    }
}

void tell_reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

// `started`: what the daemon began with, for what it cannot take while it runs.
void reload(const ServeFlags& flags, const config::Settings& started, serve::Daemon& daemon, server::Server& server) {
    tell_reloading();
    std::string outcome = "serving";  // for `systemctl status`
    const auto refused = [&](const Error& error) {
        log::error("reload refused; everything goes on as before", {{"error", error.message()}});
        outcome += "; the last reload was refused: " + error.message();
    };
    Result<config::Settings> settings = settings_from(flags);
    const Result<void> usable = settings ? serve::check_files(*settings) : Result<void>(settings.error());
    if (!usable) {
        daemon.metrics().reloaded(false);
        refused(usable.error());
    } else {
        const std::optional<server::TlsOptions> tls = settings->server.tls;
        const config::Settings copy = *settings;
        if (const Result<void> done = daemon.reload(std::move(*settings)); !done) {
            refused(done.error());
        } else {
            apply_log(copy);
            if (tls)
                if (const Result<void> read = server.reload_tls(*tls); !read) {
                    log::error("the certificates could not be read; the old ones stay", {{"error", read.error().message()}});
                    outcome += "; the certificates could not be read, and the old ones stay";
                }
            log::info("configuration and rules were reloaded", {{"rules", daemon.workshop()->rules.digest()}});
            if (const std::vector<std::string> keys = config::keys_for_restart(started, copy); !keys.empty()) {
                log::warn("these keys were changed, and the daemon takes them at a restart only; until then the old values hold", {{"keys", join(keys, ", ")}});
                outcome += "; changed, and waiting for a restart: " + join(keys, ", ");
            }
        }
    }
    sd_notify(0, ("READY=1\nSTATUS=" + quote(outcome, 1000)).c_str());
}

int run(const ServeFlags& flags) {
    forbid_core_dumps();
    Result<config::Settings> settings = settings_from(flags);
    if (!settings) return complain(settings.error());
    if (flags.check) return check_config(*settings, flags.config);
    apply_log(*settings);
    if (const Result<void> open = serve::check_files(*settings); !open) return complain(open.error());
    const config::Settings started = *settings;
    take_passed_sockets(*settings);
    if (flags.no_sandbox) log::warn("layers are parsed in processes that seccomp and Landlock do not confine");

    server::ServerOptions listen = settings->server;
    listen.threads = std::max<std::size_t>(listen.threads, 16);  // most wait for the disk, so that their jobs are committed together
    serve::DaemonOptions options;
    options.tool_version = version();
    options.confined = !flags.no_sandbox;
    Result<std::unique_ptr<serve::Daemon>> daemon = serve::Daemon::make(std::move(*settings), options);
    if (!daemon) return complain(daemon.error());
    api::Service service(**daemon);
    server::Server server(std::move(listen), service);
    if (const Result<void> listens = server.start(); !listens) return complain(listens.error());
    service.watch([&server] { return server.counters(); });
    (*daemon)->start();
    std::signal(SIGHUP, [](int) { hangup = true; });
    for (const server::Endpoint& endpoint : server.endpoints()) log::info("listening", {{"address", server::to_string(endpoint)}});
    sd_notify(0, "READY=1\nSTATUS=serving");

    std::uint64_t watchdog = 0;
    const bool watched = sd_watchdog_enabled(0, &watchdog) > 0;
    auto last_sign = std::chrono::steady_clock::now();
    while (!interruption().stop_requested()) {
        std::this_thread::sleep_for(kTick);
        if (hangup.exchange(false)) reload(flags, started, **daemon, server);
        const auto now = std::chrono::steady_clock::now();
        if (!watched || now - last_sign < std::chrono::microseconds(watchdog) / 3) continue;
        (void)(*daemon)->settings();  // a daemon that hangs on its own lock gives no sign of life
        sd_notify(0, "WATCHDOG=1");
        last_sign = now;
    }
    sd_notify(0, "STOPPING=1\nSTATUS=ending what is under way");
    log::info("stopping");
    const bool clean = server.stop(std::chrono::seconds(flags.drain_seconds));
    (*daemon)->stop();
    log::info("stopped", {{"cut", clean ? "nothing" : "requests that took too long"}});
    return kClean;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("serve", "Run the daemon: scheduled audits, webhooks, the HTTP API");
    const auto flags = std::make_shared<ServeFlags>();
    command->add_option("--config", flags->config, "Configuration file")->type_name("FILE")->required();
    command->add_flag("--check-config", flags->check, "Read configuration, rules and the files that they name, as certificates and secrets, say whether they are right, and end");
    command->add_flag("--no-sandbox", flags->no_sandbox, "Do not confine the processes that parse layers; only for kernels that refuse");
    command->add_option("--drain-seconds", flags->drain_seconds, "How long requests under way may take when the daemon ends")->capture_default_str();
    flags->log.add_to(*command);
    command->footer("Example:\n  veritag serve --config /etc/veritag/veritag.yaml\n"
                    "SIGHUP reads configuration, rules and certificates anew, and the log names the changed keys that need a restart; SIGTERM ends the daemon, and jobs under way go back to the queue.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
