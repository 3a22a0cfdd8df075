#include "registry/auth_plan.h"

#include "base/text.h"

namespace veritag::registry {
namespace {

constexpr std::string_view kLoginHint = "log in with --username and --password-stdin, or name a file with --authfile";

AuthPlan give_up(std::string reason, std::string_view hint = {}) {
    return {AuthPlan::Step::give_up, nullptr, std::move(reason), std::string(hint)};
}

AuthPlan after_anonymous(const AuthAttempt& attempt, const std::vector<Challenge>& challenges, const Challenge* bearer) {
    if (bearer != nullptr) return {AuthPlan::Step::fetch_token, bearer, "", ""};
    if (find_challenge(challenges, "basic") != nullptr) {
        if (attempt.has_password) return {AuthPlan::Step::send_basic, nullptr, "", ""};
        return give_up("it asks for a user name and password", kLoginHint);
    }
    // Harbor does this for a project that does not exist or is private.
    if (challenges.empty()) return give_up("no such project or no access", attempt.has_credential ? std::string_view() : kLoginHint);
    return give_up("it offers only the scheme \"" + quote(challenges.front().scheme, 40) + "\" (known: Basic, Bearer)");
}

AuthPlan after_bearer(const AuthAttempt& attempt, const std::vector<Challenge>& challenges, const Challenge* bearer) {
    const std::string_view hint = attempt.has_credential ? std::string_view() : kLoginHint;
    if (attempt.token_is_fixed) return give_up("the token of the auth file was refused");
    if (asks_more_scope(challenges) && !attempt.widened) return {AuthPlan::Step::widen_scope, bearer, "", ""};
    if (attempt.token_was_cached && !attempt.renewed && (bearer != nullptr || attempt.knows_bearer))
        return {AuthPlan::Step::renew_token, bearer, "", ""};
    return give_up("a fresh token was refused: no access, or no such repository", hint);
}

}  // namespace

bool asks_more_scope(const std::vector<Challenge>& challenges) noexcept {
    const Challenge* bearer = find_challenge(challenges, "bearer");
    return bearer != nullptr && bearer->get("error") == "insufficient_scope" && !bearer->get("scope").empty();
}

AuthPlan plan_after_challenge(const AuthAttempt& attempt, const std::vector<Challenge>& challenges) {
    const Challenge* bearer = find_challenge(challenges, "bearer");
    switch (attempt.sent) {
        case AuthAttempt::Sent::none:
            return after_anonymous(attempt, challenges, bearer);
        case AuthAttempt::Sent::bearer:
            return after_bearer(attempt, challenges, bearer);
        case AuthAttempt::Sent::basic:
            break;
    }
    if (bearer != nullptr) return {AuthPlan::Step::fetch_token, bearer, "", ""};
    return give_up("the user name or password was refused");
}

}  // namespace veritag::registry
