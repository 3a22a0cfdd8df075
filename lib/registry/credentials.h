// Credentials for a registry, from where Docker and Podman keep them (docker/cli: cli/config/configfile/file.go,
// containers/image: docs/containers-auth.json.5.md).
#pragma once

#include "base/limits.h"
#include "base/proxy.h"
#include "base/result.h"

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

struct Credential {
    std::string username;
    std::string password;
    std::string identity_token;  ///< a refresh token, exchanged at the token server
    std::string registry_token;  ///< a ready Bearer token

    [[nodiscard]] bool empty() const noexcept { return !has_password() && identity_token.empty() && registry_token.empty(); }
    [[nodiscard]] bool has_password() const noexcept { return !username.empty() || !password.empty(); }
    friend bool operator==(const Credential&, const Credential&) = default;
};

/// One auth file. Keys are normalised. An entry that cannot be read costs only those who need it.
struct AuthFile {
    std::map<std::string, Result<Credential>> entries;
    std::map<std::string, std::string> helpers;  ///< credHelpers: key to helper name
    std::string store;                           ///< credsStore: helper for everything else
};

/// `auths`, `credHelpers` and `credsStore`; without `auths` at the top the older ~/.dockercfg form is read where `legacy` is set.
/// Errors never quote the file.
Result<AuthFile> parse_auth_file(std::string_view text, std::string_view where, bool legacy, const Limits& limits);

/// `https://Host:443/v1/` is `host:443`, `https://index.docker.io/v1/` is `docker.io`, `host/ns` stays.
std::string normalise_auth_key(std::string_view key);

/// The keys to look up, longest namespace first: `host/ns/repo`, `host/ns`, `host`.
std::vector<std::string> auth_keys(std::string_view registry, std::string_view repository);

/// Asks a credential helper: `docker-credential-<name> get`, the server on its stdin. nullopt where it knows none. Blocks.
using HelperRunner =
    std::function<Result<std::optional<Credential>>(const std::string& name, const std::string& server, std::stop_token stop)>;

struct CredentialPlaces {
    std::string username;  ///< of the command line; wins over everything
    std::string password;
    std::string auth_file;  ///< --authfile; wins over the environment and is the only file then
    bool use_environment = true;
    Environment environment = process_environment;
    unsigned user_id = 0;  ///< for /run/containers/<uid>
};

/// Finds the credential of a repository and remembers it. One thread at a time; may block on files and helpers.
class CredentialStore {
public:
    CredentialStore(CredentialPlaces places, HelperRunner helper, const Limits& limits);

    /// Empty where there is none. `registry` is as the user names it (`docker.io`, `host:5000`).
    Result<Credential> find(const std::string& registry, const std::string& repository, std::stop_token stop);
    /// Forgets everything read: a helper's password may have expired, a file may have been renewed.
    void forget();

private:
    Result<void> load();
    Result<void> load_file(const std::string& path, bool required, bool legacy);
    Result<std::optional<Credential>> find_in(const AuthFile& file, const std::vector<std::string>& keys, std::stop_token stop);
    Result<std::optional<Credential>> ask(const std::string& helper, const std::string& registry_key, std::stop_token stop);

    CredentialPlaces places_;
    HelperRunner helper_;
    Limits limits_;
    std::optional<std::vector<AuthFile>> files_;                                      ///< in the order of precedence
    std::map<std::pair<std::string, std::string>, std::optional<Credential>> asked_;  ///< by helper and server
};

}  // namespace veritag::registry
