#include "registry/credentials.h"

#include "base/base64.h"
#include "base/text.h"
#include "oci/json.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace veritag::registry {
namespace {

constexpr std::uint64_t kMaxAuthFileBytes = 4ULL << 20;
constexpr std::string_view kDockerHubServer = "https://index.docker.io/v1/";  // the key that Docker itself writes

Error bad_file(std::string_view where, std::string saw) {
    return Error{ErrorCode::config, "read credentials", std::string(where), std::move(saw), ""};
}

// {"auth": base64(user:password)} or {"identitytoken": …} or {"registrytoken": …}; the older form has username and password apart.
Result<Credential> read_entry(std::string_view where, std::string_view key, const rapidjson::Value& entry) {
    Credential credential;
    credential.username = oci::json_string(entry, "username");
    credential.password = oci::json_string(entry, "password");
    credential.identity_token = oci::json_string(entry, "identitytoken");
    credential.registry_token = oci::json_string(entry, "registrytoken");
    const bool fits_header =
        std::all_of(credential.registry_token.begin(), credential.registry_token.end(), [](char c) { return c > ' ' && c < '\x7F'; });
    if (!fits_header) return bad_file(where, "\"registrytoken\" of \"" + quote(key, 80) + "\" holds white space or control bytes");
    const std::string auth = oci::json_string(entry, "auth");
    if (auth.empty()) return credential;
    const auto decoded = base64_decode(auth);
    const auto parts = decoded ? split_once(*decoded, ':') : std::nullopt;
    if (!parts) return bad_file(where, "\"auth\" of \"" + quote(key, 80) + "\" is not the base64 of user:password");
    credential.username = parts->first;
    std::string_view password = parts->second;
    while (!password.empty() && password.back() == '\0') password.remove_suffix(1);
    credential.password = password;
    return credential;
}

}  // namespace

std::string normalise_auth_key(std::string_view key) {
    if (starts_with_ignoring_case(key, "https://")) key.remove_prefix(8);
    if (starts_with_ignoring_case(key, "http://")) key.remove_prefix(7);
    while (!key.empty() && key.back() == '/') key.remove_suffix(1);
    const std::size_t slash = std::min(key.find('/'), key.size());
    std::string host = to_lower(key.substr(0, slash));
    std::string_view path = key.substr(slash);
    if (path == "/v1" || path == "/v2") path = {};
    if (host == "index.docker.io" || host == "registry-1.docker.io") host = "docker.io";
    return host + std::string(path);
}

std::vector<std::string> auth_keys(std::string_view registry, std::string_view repository) {
    std::vector<std::string> keys;
    std::string key = normalise_auth_key(std::string(registry) + "/" + std::string(repository));
    const std::string host = normalise_auth_key(registry);
    while (key.size() > host.size()) {
        keys.push_back(key);
        key.resize(key.rfind('/'));
    }
    keys.push_back(host);
    return keys;
}

Result<AuthFile> parse_auth_file(std::string_view text, std::string_view where, bool legacy, const Limits& limits) {
    AuthFile file;
    if (trim(text).empty()) return file;
    const Result<rapidjson::Document> document = oci::parse_json("read credentials", where, text, limits);
    if (!document || !document->IsObject()) return bad_file(where, "not a JSON object");

    const rapidjson::Value* auths = oci::json_member(*document, "auths");
    if (auths == nullptr && legacy) auths = &*document;
    if (auths != nullptr && auths->IsObject()) {
        for (const auto& member : auths->GetObject()) {
            if (!member.value.IsObject()) continue;
            const std::string key(member.name.GetString(), member.name.GetStringLength());
            file.entries.emplace(normalise_auth_key(key), read_entry(where, key, member.value));
        }
    }
    const rapidjson::Value* helpers = oci::json_member(*document, "credHelpers");
    if (helpers != nullptr && helpers->IsObject())
        for (const auto& member : helpers->GetObject())
            if (member.value.IsString())
                file.helpers.emplace(normalise_auth_key({member.name.GetString(), member.name.GetStringLength()}),
                                     member.value.GetString());
    file.store = oci::json_string(*document, "credsStore");
    return file;
}

CredentialStore::CredentialStore(CredentialPlaces places, HelperRunner helper, const Limits& limits)
    : places_(std::move(places)), helper_(std::move(helper)), limits_(limits) {}

void CredentialStore::forget() {
    files_.reset();
    asked_.clear();
}

Result<void> CredentialStore::load_file(const std::string& path, bool required, bool legacy) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        if (!required) return ok();
        return Error{ErrorCode::config, "read credentials", path, "the file cannot be opened", ""};
    }
    std::string text(kMaxAuthFileBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return bad_file(path, "reading failed");
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxAuthFileBytes) return bad_file(path, "over " + std::to_string(kMaxAuthFileBytes) + " bytes");
    VERITAG_TRY(AuthFile file, parse_auth_file(text, path, legacy, limits_));
    files_->push_back(std::move(file));
    return ok();
}

// The order of precedence: a file named on purpose, Docker's variable, Podman's places, Docker's places.
Result<void> CredentialStore::load() {
    files_.emplace();
    if (!places_.auth_file.empty()) return load_file(places_.auth_file, true, true);
    if (!places_.use_environment) return ok();
    const auto variable = [&](const char* name) { return places_.environment(name); };

    if (const std::string path = variable("REGISTRY_AUTH_FILE"); !path.empty()) return load_file(path, true, true);
    if (const std::string text = variable("DOCKER_AUTH_CONFIG"); !text.empty()) {
        VERITAG_TRY(AuthFile file, parse_auth_file(text, "$DOCKER_AUTH_CONFIG", false, limits_));
        files_->push_back(std::move(file));
    }
    const std::string home = variable("HOME");
    const std::string runtime = variable("XDG_RUNTIME_DIR");
    const std::string config = variable("XDG_CONFIG_HOME");
    const std::string docker = variable("DOCKER_CONFIG");
    VERITAG_CHECK(
        load_file(runtime.empty() ? "/run/containers/" + std::to_string(places_.user_id) + "/auth.json" : runtime + "/containers/auth.json",
                  false, false));
    if (!config.empty() || !home.empty())
        VERITAG_CHECK(load_file((config.empty() ? home + "/.config" : config) + "/containers/auth.json", false, false));
    if (!docker.empty() || !home.empty())
        VERITAG_CHECK(load_file((docker.empty() ? home + "/.docker" : docker) + "/config.json", false, false));
    if (!home.empty()) VERITAG_CHECK(load_file(home + "/.dockercfg", false, true));
    return ok();
}

Result<std::optional<Credential>> CredentialStore::ask(const std::string& helper, const std::string& registry_key, std::stop_token stop) {
    const std::string host = registry_key.substr(0, registry_key.find('/'));
    const std::string server = host == "docker.io" ? std::string(kDockerHubServer) : registry_key;
    const auto key = std::pair(helper, server);
    if (const auto known = asked_.find(key); known != asked_.end()) return known->second;
    VERITAG_TRY(std::optional<Credential> credential, helper_(helper, server, stop));
    asked_.emplace(key, credential);
    return credential;
}

Result<std::optional<Credential>> CredentialStore::find_in(const AuthFile& file, const std::vector<std::string>& keys,
                                                           std::stop_token stop) {
    for (const std::string& key : keys) {
        const auto helper = file.helpers.find(key);
        if (helper == file.helpers.end()) continue;
        VERITAG_TRY(std::optional<Credential> credential, ask(helper->second, key, stop));
        if (credential) return credential;
    }
    if (!file.store.empty()) {
        VERITAG_TRY(std::optional<Credential> credential, ask(file.store, keys.back(), stop));
        if (credential) return credential;
    }
    for (const std::string& key : keys) {
        const auto entry = file.entries.find(key);
        if (entry == file.entries.end()) continue;
        VERITAG_TRY(Credential credential, entry->second);
        if (!credential.empty()) return std::optional<Credential>(std::move(credential));  // a helper leaves `{}` behind
    }
    return std::optional<Credential>();
}

Result<Credential> CredentialStore::find(const std::string& registry, const std::string& repository, std::stop_token stop) {
    if (!places_.username.empty() || !places_.password.empty()) return Credential{places_.username, places_.password, "", ""};
    if (!files_) {
        Result<void> loaded = load();
        if (!loaded) {
            files_.reset();
            return loaded.error();
        }
    }
    const std::vector<std::string> keys = auth_keys(registry, repository);
    for (const AuthFile& file : *files_) {
        VERITAG_TRY(std::optional<Credential> credential, find_in(file, keys, stop));
        if (credential) return *credential;
    }
    return Credential{};
}

}  // namespace veritag::registry
