#include "serve/files.h"

#include "base/text.h"
#include "registry/credentials.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace veritag::serve {
namespace {

constexpr const char* kWhat = "read configuration";

Result<void> check_ca_file(const std::string& key, const std::string& path) {
    if (path.empty()) return ok();
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
    ERR_clear_error();
    if (store && X509_STORE_load_file(store.get(), path.c_str()) == 1) return ok();
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    const std::string saw = quote(path) + " cannot be read as PEM certificates: " + (reason == nullptr ? "unknown reason" : reason);
    Error error{ErrorCode::config, kWhat, key, saw, "name a file that the daemon may read, with the authority's certificate"};
    ERR_clear_error();
    return error;
}

Result<void> check_auth_file(const std::string& key, const config::RegistrySettings& registry, const Limits& limits) {
    if (registry.client.auth_file.empty()) return ok();
    registry::CredentialPlaces places;
    places.auth_file = registry.client.auth_file;
    places.use_environment = false;
    // Helpers are programs that may ask somebody, so they are left to the first request.
    const auto no_helper = [](const std::string&, const std::string&, std::stop_token) { return Result<std::optional<registry::Credential>>(std::optional<registry::Credential>()); };
    registry::CredentialStore store(places, no_helper, limits);
    const Result<registry::Credential> found = store.find(registry.registry, "", {});
    if (found) return ok();
    return Error{ErrorCode::config, kWhat, key, quote(registry.client.auth_file) + ": " + found.error().saw, "name a file that the daemon may read, as `docker login` writes it"};
}

}  // namespace

Result<void> check_files(const config::Settings& settings) {
    for (std::size_t i = 0; i < settings.registries.size(); ++i) {
        const std::string key = "registries[" + std::to_string(i) + "].";
        VERITAG_CHECK(check_ca_file(key + "ca_file", settings.registries[i].client.ca_file));
        VERITAG_CHECK(check_auth_file(key + "authfile", settings.registries[i], settings.limits));
    }
    for (std::size_t i = 0; i < settings.channels.size(); ++i) {
        const std::string key = "notifications[" + std::to_string(i) + "].ca_file";
        const auto& kind = settings.channels[i].kind;
        if (const auto* webhook = std::get_if<notify::WebhookChannel>(&kind)) VERITAG_CHECK(check_ca_file(key, webhook->ca_file));
        if (const auto* mail = std::get_if<notify::EmailChannel>(&kind)) VERITAG_CHECK(check_ca_file(key, mail->server.ca_file));
        if (const auto* issue = std::get_if<notify::IssueChannel>(&kind)) VERITAG_CHECK(check_ca_file(key, issue->ca_file));
    }
    return ok();
}

}  // namespace veritag::serve
