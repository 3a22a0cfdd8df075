// Bearer tokens of the HTTP API, made and revoked in the daemon's store.
#include "options.h"

#include "base/text.h"
#include "config/settings.h"
#include "store/daemon_state.h"
#include "store/place.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <unistd.h>

namespace veritag::daemon {
namespace {

struct TokenFlags {
    std::string store;
    std::string config;
    std::string name;
    std::string role = "read";
    unsigned days = 0;
};

/// Where the tokens are kept, and whether somebody named that place.
struct Place {
    std::string path;
    bool named = true;
};

// Of a configuration nothing is read but that: its secrets may be for systemd's eyes only.
Result<Place> place_of(const TokenFlags& flags) {
    if (!flags.store.empty()) return Place{flags.store};
    if (!flags.config.empty()) {
        VERITAG_TRY(std::string path, config::read_store_path(flags.config));
        if (!path.empty()) return Place{std::move(path)};
    }
    if (const char* directory = std::getenv("STATE_DIRECTORY")) return Place{std::string(directory) + "/store.sqlite"};  // of systemd
    const std::optional<std::string> usual = store::default_store_path();
    if (!usual) return Error{ErrorCode::usage, "open store", "", "no store is named", "name it with --store, or the configuration with --config"};
    return Place{*usual, false};
}

// A store is made for the first token only, and only where somebody named the place: in a new one of another name the daemon finds no token.
Result<std::unique_ptr<store::DaemonState>> open(const TokenFlags& flags, bool may_make) {
    VERITAG_TRY(const Place place, place_of(flags));
    if (::access(place.path.c_str(), F_OK) != 0 && errno == ENOENT) {
        if (!may_make || !place.named)
            return Error{ErrorCode::usage, "open store", quote(place.path), "there is none", "name the daemon's store with --store; that of veritag.service is /var/lib/veritag/store.sqlite"};
        std::fprintf(stderr, "veritag: a new store is made, %s; only a daemon with this store knows the token\n", quote(place.path).c_str());
    }
    return store::open_sqlite_daemon_state(place.path);
}

int create(const TokenFlags& flags) {
    const Result<std::unique_ptr<store::DaemonState>> state = open(flags, true);
    if (!state) return complain(state.error());
    store::NewToken token{.name = flags.name, .role = *store::parse_role(flags.role), .expires = std::nullopt};
    if (flags.days > 0) token.expires = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::days(flags.days);
    const Result<store::CreatedToken> created = (*state)->tokens().create(token);
    if (!created) return complain(created.error());
    std::printf("%s\n", created->secret.c_str());
    std::fprintf(stderr, "veritag: this is the only time that the token is shown; it is kept as a hash\n");
    return kClean;
}

int list(const TokenFlags& flags) {
    const Result<std::unique_ptr<store::DaemonState>> state = open(flags, false);
    if (!state) return complain(state.error());
    const Result<std::vector<store::TokenInfo>> tokens = (*state)->tokens().list();
    if (!tokens) return complain(tokens.error());
    for (const store::TokenInfo& each : *tokens)
        std::printf("%-24s %-6s created %s  used %s  expires %s\n", each.name.c_str(), std::string(to_string(each.role)).c_str(), rfc3339(each.created).c_str(),
                    each.last_used ? rfc3339(*each.last_used).c_str() : "never", each.expires ? rfc3339(*each.expires).c_str() : "never");
    return kClean;
}

int revoke(const TokenFlags& flags) {
    const Result<std::unique_ptr<store::DaemonState>> state = open(flags, false);
    if (!state) return complain(state.error());
    const Result<bool> revoked = (*state)->tokens().revoke(flags.name);
    if (!revoked) return complain(revoked.error());
    if (!*revoked) return complain({ErrorCode::usage, "revoke token", quote(flags.name), "there is no token of this name", "see `veritag token list`"});
    return kClean;
}

}  // namespace

void add_token(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("token", "Make, list and revoke bearer tokens of the daemon's HTTP API");
    command->require_subcommand(1);
    const auto flags = std::make_shared<TokenFlags>();
    const auto places = [&](CLI::App* sub) {
        auto* store = sub->add_option("--store", flags->store, "The daemon's store (default: as for serve)")->type_name("FILE");
        sub->add_option("--config", flags->config, "The daemon's configuration, which names the store")->type_name("FILE")->excludes(store);
    };
    CLI::App* make = command->add_subcommand("create", "Make a token and print its secret, once");
    make->add_option("NAME", flags->name, "What the token is called in lists and logs")->required();
    make->add_option("--role", flags->role, "read: reports; scan: also orders scans and audits, and cancels them; admin: also cancels and retries all other jobs")
        ->check(CLI::IsMember({"read", "scan", "admin"}))->capture_default_str();
    make->add_option("--days", flags->days, "After so many days it holds no longer (default: for ever)");
    places(make);
    make->footer("Example:\n  veritag token create ci --role scan --store /var/lib/veritag/store.sqlite");
    make->callback([flags, &exit_code] { exit_code = create(*flags); });
    CLI::App* show = command->add_subcommand("list", "List tokens, without their secrets");
    places(show);
    show->footer("Example:\n  veritag token list --store /var/lib/veritag/store.sqlite");
    show->callback([flags, &exit_code] { exit_code = list(*flags); });
    CLI::App* drop = command->add_subcommand("revoke", "Revoke a token; it holds no longer from then on, and event streams that it opened end within seconds");
    drop->add_option("NAME", flags->name, "The token's name")->required();
    places(drop);
    drop->footer("Example:\n  veritag token revoke ci --store /var/lib/veritag/store.sqlite");
    drop->callback([flags, &exit_code] { exit_code = revoke(*flags); });
    command->footer("Roles, each with what those before it may do:\n"
                    "  read   reports, audits, jobs, rules, events\n"
                    "  scan   order scans and audits, and cancel those\n"
                    "  admin  cancel jobs of the schedule, of webhooks and of Harbor; retry dead letters and cancelled jobs\n"
                    "Example:\n  veritag token create ci --role scan --store /var/lib/veritag/store.sqlite\n"
                    "Of --config nothing is read but the place of the store, so no secret in it need be readable.");
}

}  // namespace veritag::daemon
