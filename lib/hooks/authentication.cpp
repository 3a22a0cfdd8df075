#include "hooks/authentication.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <new>
#include <optional>

namespace veritag::hooks {
namespace {

constexpr std::string_view kWhat = "authenticate webhook";
constexpr std::string_view kGithubSignature = "X-Hub-Signature-256";
constexpr std::string_view kGiteaSignature = "X-Gitea-Signature";
constexpr std::string_view kPrefix = "sha256=";
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kLeastPathSecret = 24;  // 24 of 66 characters are 145 bits, if they are random
constexpr std::size_t kLeastSecret = 8;
constexpr std::size_t kMostSecret = 4096;
constexpr std::size_t kMostSecrets = 16;

using Mac = std::array<unsigned char, kMacBytes>;

Error refused(SenderKind kind, std::string saw, std::string hint = {}) {
    return {ErrorCode::auth, std::string(kWhat), "sender of kind " + std::string(to_string(kind)), std::move(saw), std::move(hint)};
}

// Hashes of both, so that neither content nor length shows in the time.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
    const Digest x = sha256_of(a);
    const Digest y = sha256_of(b);
    return CRYPTO_memcmp(x.str().data(), y.str().data(), x.str().size()) == 0;
}

bool is_one_of(const std::vector<std::string>& secrets, std::string_view given) {
    bool found = false;
    for (const std::string& secret : secrets) {
        const bool equal = equal_in_constant_time(secret, given);
        found = equal || found;
    }
    return found;
}

Mac hmac_sha256(std::string_view key, std::string_view data) {
    Mac mac{};
    unsigned int length = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, data.size(), mac.data(), &length) == nullptr) throw std::bad_alloc();
    VERITAG_ASSERT(length == mac.size());
    return mac;
}

std::optional<Mac> parse_mac(std::string_view hex) {
    const auto nibble = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (hex.size() != 2 * kMacBytes) return std::nullopt;
    Mac mac{};
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const int high = nibble(hex[2 * i]);
        const int low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        mac[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return mac;
}

std::string signature_header(SenderKind kind, const Authentication& auth) {
    if (kind == SenderKind::gitea) return std::string(kGiteaSignature);
    if (kind == SenderKind::generic && !auth.header.empty()) return auth.header;
    return std::string(kGithubSignature);
}

// One value, or an error: which of two would count is something that a proxy and we could see differently.
Result<std::string_view> only_value(SenderKind kind, const HookRequest& request, std::string_view name) {
    const auto values = request.values(name);
    if (values.empty()) return refused(kind, "no " + quote(name) + " header", "give the sender the secret that the configuration names");
    if (values.size() > 1) return refused(kind, "header " + quote(name) + " stands " + std::to_string(values.size()) + " times");
    return values.front();
}

Result<void> check_signature(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    const std::string name = signature_header(kind, auth);
    VERITAG_TRY(std::string_view text, only_value(kind, request, name));
    const bool prefixed = text.starts_with(kPrefix);
    if (prefixed) text.remove_prefix(kPrefix.size());
    const bool right_form = kind == SenderKind::generic || prefixed == (kind == SenderKind::github);
    const std::optional<Mac> given = right_form ? parse_mac(text) : std::nullopt;
    if (!given) return refused(kind, name + " is no HMAC-SHA256 in the form of this sender");

    std::optional<std::string> payload;
    if (kind == SenderKind::gitea && request.content_type() == "application/x-www-form-urlencoded") payload = form_field(request.body, "payload").value_or("");
    bool found = false;
    for (const std::string& secret : auth.secrets) {
        const Mac mac = hmac_sha256(secret, payload ? std::string_view(*payload) : request.body);
        const bool equal = CRYPTO_memcmp(mac.data(), given->data(), mac.size()) == 0;
        found = equal || found;
    }
    if (!found) return refused(kind, name + " is not the signature of this body", "the sender has another secret, or something on the way altered the body");
    return ok();
}

// What follows the scheme in the Authorization header.
Result<std::string_view> credentials(SenderKind kind, const HookRequest& request, std::string_view scheme) {
    VERITAG_TRY(const std::string_view value, only_value(kind, request, "Authorization"));
    const auto parts = split_once(value, ' ');
    if (!parts || !equals_ignoring_case(parts->first, scheme)) return refused(kind, "Authorization is not " + std::string(scheme));
    return trim(parts->second);
}

Result<void> check_bearer(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    const std::optional<std::string> in_query = form_field(request.query, "access_token");
    if (in_query && request.header("Authorization")) return refused(kind, "a token both in Authorization and in the query");
    std::string token = in_query.value_or("");
    if (!in_query) {
        VERITAG_TRY(const std::string_view given, credentials(kind, request, "Bearer"));
        token = given;
    }
    if (!is_one_of(auth.secrets, token)) return refused(kind, "another bearer token than the configuration names");
    return ok();
}

Result<void> check_basic(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    VERITAG_TRY(const std::string_view given, credentials(kind, request, "Basic"));
    const std::optional<std::string> decoded = base64_decode(given);
    if (!decoded || !is_one_of(auth.secrets, *decoded)) return refused(kind, "another user or password than the configuration names");
    return ok();
}

Result<void> check_header(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    VERITAG_TRY(const std::string_view given, only_value(kind, request, auth.header));
    if (!is_one_of(auth.secrets, given)) return refused(kind, "header " + quote(auth.header) + " has another value than the configuration names");
    return ok();
}

bool is_token_char(char c) noexcept {  // RFC 9110, 5.6.2
    static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
}

bool is_path_char(char c) noexcept {  // needs no escape in a path
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '~' || c == '.';
}

bool can_arrive(AuthMethod method, std::string_view secret) {
    if (method == AuthMethod::hmac) return true;  // never sent
    if (method == AuthMethod::path) return std::all_of(secret.begin(), secret.end(), is_path_char);
    if (method == AuthMethod::basic) return secret.find(':') != std::string_view::npos;
    const bool visible = std::all_of(secret.begin(), secret.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
    return visible && trim(secret) == secret && (method != AuthMethod::bearer || secret.find(' ') == std::string_view::npos);
}

std::string_view what_can_arrive(AuthMethod method) noexcept {
    switch (method) {
        case AuthMethod::path: return "a secret in a path has letters, digits, \"-\", \".\", \"_\" and \"~\" only";
        case AuthMethod::basic: return "a secret for Basic is user:password";
        default: return "a secret has no control characters and no white space at its ends";
    }
}

}  // namespace

std::string_view to_string(AuthMethod method) noexcept {
    switch (method) {
        case AuthMethod::hmac: return "hmac";
        case AuthMethod::bearer: return "bearer";
        case AuthMethod::basic: return "basic";
        case AuthMethod::header: return "header";
        case AuthMethod::path: return "path";
    }
    return "path";
}

Result<AuthMethod> parse_auth_method(std::string_view name) {
    std::vector<std::string> known;
    for (const AuthMethod method : kAuthMethods) {
        if (name == to_string(method)) return method;
        known.emplace_back(to_string(method));
    }
    const std::string near = nearest_word(name, known);
    return Error{ErrorCode::config, "read authentication of webhooks", "", "\"" + quote(name) + "\" is unknown (known: " + join(known, ", ") + ")",
                 near.empty() ? "" : "did you mean \"" + near + "\"?"};
}

Result<void> check_authentication(SenderKind kind, const Authentication& auth) {
    const auto wrong = [&](std::string saw, std::string hint = {}) {
        return Error{ErrorCode::config, "check authentication of webhooks", "sender of kind " + std::string(to_string(kind)), std::move(saw), std::move(hint)};
    };
    const bool signs = kind == SenderKind::github || kind == SenderKind::gitea || kind == SenderKind::generic;
    if (auth.method == AuthMethod::hmac && !signs)
        return wrong("it cannot sign what it sends", "use header, basic or bearer where the sender can send one, else path");
    if (auth.method == AuthMethod::header && auth.header.empty()) return wrong("no name of the header", "name it, as Authorization");
    const bool names_header = auth.method == AuthMethod::header || (auth.method == AuthMethod::hmac && kind == SenderKind::generic);
    if (!auth.header.empty() && !names_header) return wrong("a header is named, but " + std::string(to_string(auth.method)) + " reads none by that name", "leave it out");
    if (!std::all_of(auth.header.begin(), auth.header.end(), is_token_char)) return wrong("\"" + quote(auth.header) + "\" is no name of a header");
    if (auth.secrets.empty()) return wrong("no secret", "an unauthenticated webhook lets anybody order scans");
    if (auth.secrets.size() > kMostSecrets) return wrong(std::to_string(auth.secrets.size()) + " secrets (limit " + std::to_string(kMostSecrets) + ")");
    const std::size_t least = auth.method == AuthMethod::path ? kLeastPathSecret : kLeastSecret;
    for (const std::string& secret : auth.secrets) {
        if (secret.size() < least || secret.size() > kMostSecret)
            return wrong("a secret of " + std::to_string(secret.size()) + " bytes (" + std::to_string(least) + " to " + std::to_string(kMostSecret) + " are allowed)",
                         "make one with: openssl rand -hex 24");
        if (!can_arrive(auth.method, secret)) return wrong("a secret that cannot be sent that way", std::string(what_can_arrive(auth.method)));
    }
    return ok();
}

Result<void> check_path(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    std::string_view rest = request.path_rest;
    if (rest.starts_with('/')) rest.remove_prefix(1);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (auth.method == AuthMethod::path) {
        if (!is_one_of(auth.secrets, rest)) return refused(kind, rest.empty() ? "no secret in the path" : "another secret in the path than the configuration names");
    } else if (!rest.empty()) {
        Error error = refused(kind, "the path goes on behind the sender's name", "send to /hooks/NAME");
        error.code = ErrorCode::not_found;
        return error;
    }
    return ok();
}

Result<void> authenticate(SenderKind kind, const Authentication& auth, const HookRequest& request) {
    VERITAG_CHECK(check_path(kind, auth, request));
    switch (auth.method) {
        case AuthMethod::hmac: return check_signature(kind, auth, request);
        case AuthMethod::bearer: return check_bearer(kind, auth, request);
        case AuthMethod::basic: return check_basic(kind, auth, request);
        case AuthMethod::header: return check_header(kind, auth, request);
        case AuthMethod::path: return ok();
    }
    return refused(kind, "no method");
}

}  // namespace veritag::hooks
