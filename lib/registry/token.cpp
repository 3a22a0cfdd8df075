#include "registry/token.h"

#include "base/percent.h"
#include "base/text.h"
#include "oci/json.h"

#include <algorithm>

namespace veritag::registry {

using std::chrono::seconds;

namespace {

constexpr std::string_view kClientId = "veritag";
constexpr seconds kDefaultLifetime{60};  // token.md: also the least that clients must assume
constexpr seconds kLongestLifetime{24 * 3600};
constexpr seconds kRenewEarly{5};
constexpr std::size_t kMaxScopes = 16;  // of one challenge; a header line could hold thousands

Error bad_answer(std::string saw) { return Error{ErrorCode::protocol, "read token answer", "", std::move(saw), ""}; }

// RFC 6750: b64token. Anything else could end the header line that carries it.
bool is_token_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

seconds lifetime_of(const rapidjson::Value& answer, SystemTime now) {
    seconds lifetime = kDefaultLifetime;
    const rapidjson::Value* expires_in = oci::json_member(answer, "expires_in");
    if (expires_in != nullptr && expires_in->IsNumber())
        lifetime =
            seconds{static_cast<seconds::rep>(std::clamp(expires_in->GetDouble(), 60.0, static_cast<double>(kLongestLifetime.count())))};
    const auto issued_at = parse_rfc3339(oci::json_string(answer, "issued_at"));
    if (!issued_at || *issued_at > now || *issued_at + lifetime <= now) return lifetime;
    return *issued_at + lifetime - now;
}

}  // namespace

std::string TokenRequest::cache_key() const {
    std::vector<std::string> sorted = scopes;
    std::sort(sorted.begin(), sorted.end());
    // None of the parts can hold a newline: URLs are cleaned, the others come from header lines and checked names.
    return realm.str() + "\n" + service + "\n" + account + "\n" + join(sorted, " ");
}

std::vector<std::string> token_scopes(std::string_view demanded, std::string_view needed) {
    std::vector<std::string> scopes;
    const auto add = [&](std::string scope) {
        if (!scope.empty() && std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(std::move(scope));
    };
    for (const std::string_view scope : split(demanded, ' '))
        if (scopes.size() < kMaxScopes) add(std::string(scope));
    add(std::string(needed));
    return scopes;
}

Url token_get_url(const TokenRequest& request) {
    Url url = request.realm;
    if (!request.service.empty()) add_query(url.target, "service", request.service);
    for (const std::string& scope : request.scopes) add_query(url.target, "scope", scope);
    if (!request.account.empty()) add_query(url.target, "account", request.account);
    add_query(url.target, "client_id", kClientId);
    return url;
}

std::string token_post_body(const TokenRequest& request, std::string_view identity_token) {
    std::string body = "grant_type=refresh_token&client_id=" + std::string(kClientId);
    if (!request.service.empty()) body += "&service=" + percent_encode(request.service);
    body += "&scope=" + percent_encode(join(request.scopes, " "));
    body += "&refresh_token=" + percent_encode(identity_token);
    return body;
}

Result<Token> parse_token_answer(std::string_view body, const Limits& limits, SystemTime now) {
    const Result<rapidjson::Document> answer = oci::parse_json("read token answer", "", body, limits);
    if (!answer) {
        if (answer.error().code == ErrorCode::over_limit) return answer.error();
        return bad_answer("not JSON (" + std::to_string(body.size()) + " bytes)");
    }
    Token token;
    token.value = oci::json_string(*answer, "token");
    if (token.value.empty()) token.value = oci::json_string(*answer, "access_token");
    if (token.value.empty()) return bad_answer("it has neither \"token\" nor \"access_token\"");
    if (!is_token_text(token.value)) return bad_answer("the token holds white space or control bytes");
    token.lifetime = lifetime_of(*answer, now);
    return token;
}

const std::string* TokenCache::find(const std::string& key, Time now) const {
    const auto entry = entries_.find(key);
    return entry == entries_.end() || now >= entry->second.renew_at ? nullptr : &entry->second.value;
}

void TokenCache::store(const std::string& key, Token token, Time now) {
    std::erase_if(entries_, [&](const auto& each) { return now >= each.second.renew_at; });
    entries_[key] = Entry{std::move(token.value), now + token.lifetime - kRenewEarly};
}

void TokenCache::drop(const std::string& key, std::string_view value) {
    const auto entry = entries_.find(key);
    if (entry != entries_.end() && entry->second.value == value) entries_.erase(entry);
}

}  // namespace veritag::registry
