#include "registry/client_files.h"

#include "base/text.h"
#include "registry/credentials.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <memory>
#include <optional>

namespace veritag::registry {
namespace {

Result<void> check_ca_file(const std::string& path) {
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
    ERR_clear_error();
    if (store && X509_STORE_load_file(store.get(), path.c_str()) == 1) return ok();
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    Error error{ErrorCode::config, "read CA file", quote(path), reason == nullptr ? "unknown reason" : reason, "--ca-file takes a file of PEM certificates"};
    ERR_clear_error();
    return error;
}

// Helpers are programs that may ask somebody, so they are left to the first request.
Result<void> check_auth_file(const ClientOptions& options) {
    CredentialPlaces places;
    places.auth_file = options.auth_file;
    places.use_environment = false;
    CredentialStore store(places, [](const std::string&, const std::string&, std::stop_token) { return Result<std::optional<Credential>>(std::optional<Credential>()); }, options.limits);
    const Result<Credential> found = store.find("registry.invalid", "", {});
    return found ? ok() : Result<void>(found.error());
}

}  // namespace

Result<void> check_files(const ClientOptions& options) {
    if (!options.ca_file.empty()) VERITAG_CHECK(check_ca_file(options.ca_file));
    if (!options.auth_file.empty()) VERITAG_CHECK(check_auth_file(options));
    return ok();
}

}  // namespace veritag::registry
