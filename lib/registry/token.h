// Bearer tokens (distribution/distribution: docs/content/spec/auth/token.md, oauth.md): what to ask, how to read the answer, how
// long it holds. No sockets; the time is passed in.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "base/times.h"
#include "base/url.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

struct TokenRequest {
    Url realm;
    std::string service;              ///< empty: the challenge named none, the parameter is left out
    std::string account;              ///< user name, empty for anonymous
    std::vector<std::string> scopes;  ///< some token servers read only the first one: the newly demanded one stands in front
    bool internal_allowed = true;     ///< may the token server live at a private address

    /// Equal for requests that one token serves. The order of scopes does not count.
    [[nodiscard]] std::string cache_key() const;
};

/// `demanded` (the scope of a challenge, several parted by spaces, may be empty or `*`) and then what veritag itself needs.
std::vector<std::string> token_scopes(std::string_view demanded, std::string_view needed);

/// GET form: the realm with service, scopes, account and client_id added to its query.
Url token_get_url(const TokenRequest& request);
/// POST form (oauth.md): the body of a refresh with an identity token.
std::string token_post_body(const TokenRequest& request, std::string_view identity_token);

struct Token {
    std::string value;
    std::chrono::seconds lifetime{60};  ///< from now
};

/// Reads `token` or `access_token`, `expires_in` (60 where absent or lower) and `issued_at`. Where the two name a time that is not
/// ahead of `now`, a clock is wrong and the lifetime counts from now. Errors never quote the answer: it may hold a token.
Result<Token> parse_token_answer(std::string_view body, const Limits& limits, SystemTime now);

/// Tokens by cache key.
class TokenCache {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// nullptr where there is none or it ends within 5 seconds.
    [[nodiscard]] const std::string* find(const std::string& key, Time now) const;
    void store(const std::string& key, Token token, Time now);  ///< drops what has expired too
    void drop(const std::string& key, std::string_view value);  ///< only if it is still that token: another worker may have renewed it

private:
    struct Entry {
        std::string value;
        Time renew_at;
    };
    std::map<std::string, Entry> entries_;
};

}  // namespace veritag::registry
