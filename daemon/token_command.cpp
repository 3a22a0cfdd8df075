// Bearer tokens of the HTTP API, made and revoked in the daemon's store.
#include "options.h"

#include "base/text.h"
#include "config/settings.h"
#include "store/daemon_state.h"
#include "store/place.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace veritag::daemon {
namespace {

struct TokenFlags {
    std::string store;
    std::string config;
    std::string name;
    std::string role = "read";
    unsigned days = 0;
};

Result<std::unique_ptr<store::DaemonState>> open(const TokenFlags& flags) {
    std::optional<std::string> path = flags.store;
    if (path->empty() && !flags.config.empty()) {
        VERITAG_TRY(const config::Settings settings, config::read_settings(flags.config));
        path = settings.store;
    }
    if (path->empty()) {
        const char* directory = std::getenv("STATE_DIRECTORY");  // of systemd
        path = directory != nullptr ? std::optional(std::string(directory) + "/store.sqlite") : store::default_store_path();
    }
    if (!path) return Error{ErrorCode::usage, "open store", "", "no store is named", "name it with --store, or the configuration with --config"};
    return store::open_sqlite_daemon_state(*path);
}

int create(const TokenFlags& flags) {
    const Result<std::unique_ptr<store::DaemonState>> state = open(flags);
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
    const Result<std::unique_ptr<store::DaemonState>> state = open(flags);
    if (!state) return complain(state.error());
    const Result<std::vector<store::TokenInfo>> tokens = (*state)->tokens().list();
    if (!tokens) return complain(tokens.error());
    for (const store::TokenInfo& each : *tokens)
        std::printf("%-24s %-6s created %s  used %s  expires %s\n", each.name.c_str(), std::string(to_string(each.role)).c_str(), rfc3339(each.created).c_str(),
                    each.last_used ? rfc3339(*each.last_used).c_str() : "never", each.expires ? rfc3339(*each.expires).c_str() : "never");
    return kClean;
}

int revoke(const TokenFlags& flags) {
    const Result<std::unique_ptr<store::DaemonState>> state = open(flags);
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
    make->add_option("--role", flags->role, "read, scan (also orders scans and audits) or admin")->check(CLI::IsMember({"read", "scan", "admin"}))->capture_default_str();
    make->add_option("--days", flags->days, "After so many days it holds no longer (default: for ever)");
    places(make);
    make->callback([flags, &exit_code] { exit_code = create(*flags); });
    CLI::App* show = command->add_subcommand("list", "List tokens, without their secrets");
    places(show);
    show->callback([flags, &exit_code] { exit_code = list(*flags); });
    CLI::App* drop = command->add_subcommand("revoke", "Revoke a token; it holds no longer from then on");
    drop->add_option("NAME", flags->name, "The token's name")->required();
    places(drop);
    drop->callback([flags, &exit_code] { exit_code = revoke(*flags); });
    command->footer("Example:\n  veritag token create ci --role scan --config /etc/veritag/veritag.yaml");
}

}  // namespace veritag::daemon
