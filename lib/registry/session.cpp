#include "registry/session.h"

#include "base/base64.h"
#include "base/byte_reader.h"
#include "base/http_retry.h"
#include "base/log.h"
#include "base/text.h"
#include "registry/error_reply.h"
#include "registry/redirect.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>

namespace veritag::registry {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;  // of bodies that are kept whole
// Tries are counted anew after this much of a blob. Without a least amount, one byte per connection would count as progress.
constexpr std::uint64_t kProgressBytes = 64 << 10;
// A small body has this many idle timeouts in all, or one byte a minute would keep a manifest coming for years.
constexpr int kIdleTimesOfSmallBody = 5;
constexpr std::chrono::seconds kTokenGoesStale{5};  // between fetching a token and the answer to the request that carries it
constexpr int kMaxStaleTokens = 20;

SystemTime system_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

// An error that a pure function returned, with the request that it is about.
Failure final_failure(Error error, const std::string& what, const std::string& where) {
    error.saw = error.where.empty() || error.where == where ? error.saw : error.where + ": " + error.saw;
    error.what = what;
    error.where = where;
    Failure failure{std::move(error)};
    failure.final = true;
    return failure;
}

// Where no limit of the operator's is passed, the peer is at fault.
Failure too_much(const HttpRequest& request, std::uint64_t bytes, const std::string& limit_key, std::uint64_t most) {
    if (!limit_key.empty()) return Failure{limit_error(request.what, request.where(), bytes, limit_key, most)};
    return Failure{Error{ErrorCode::over_limit, request.what, request.where(), std::to_string(bytes) + " bytes, where " + std::to_string(most) + " were asked for", ""}};
}

Failure cancelled_call(const Call& call) { return Failure{Error{ErrorCode::cancelled, call.what, call.where(), "stopped on request", ""}}; }

}  // namespace

std::vector<std::string> Session::Login::secrets() const {
    const std::size_t space = std::min(authorization.find(' '), authorization.size());
    return {authorization.substr(std::min(space + 1, authorization.size())), token, credential.password, credential.identity_token,
            credential.registry_token};
}

Session::Session(asio::io_context& io, const ClientOptions& options, ProxySettings proxies, CredentialStore credentials)
    : io_(io),
      options_(options),
      policy_{options.attempts, options.backoff, options.backoff_cap, options.retry_after_cap},
      http_(io, options, std::move(proxies)),
      random_(std::random_device{}()),
      credentials_(std::move(credentials)) {}

void Session::watch(const std::shared_ptr<CancelScope>& scope) {
    if (shut_down_) scope->request();
    std::erase_if(running_, [](const auto& each) { return each.expired(); });
    running_.push_back(scope);
}

void Session::shut_down() {
    shut_down_ = true;
    helper_stop_.request_stop();
    http_.shut_down();
    for (const auto& each : std::exchange(running_, {}))
        if (const auto scope = each.lock()) scope->request();
}

// ---- waiting and repeating ----

asio::awaitable<void> Session::wait_for_host(const HostBackoff& backoff, CancelScope& scope) {
    while (!scope.requested() && backoff.not_before() > SteadyClock::now()) co_await sleep_until(backoff.not_before(), scope);
}

asio::awaitable<bool> Session::pause(HostBackoff& backoff, int tries, const Failure& failure, CancelScope& scope) {
    const double random = std::uniform_real_distribution<double>(0.0, 1.0)(random_);
    const RetryDecision decision = plan_retry(policy_, tries, failure, random);
    if (!decision.again) co_return false;
    log::debug("registry retry", {{"where", failure.error.where}, {"cause", failure.error.saw}, {"wait_ms", decision.wait.count()}});
    const SteadyClock::time_point now = SteadyClock::now();
    // An answer speaks for the whole host; a cut connection only for itself.
    if (failure.status != 0) backoff.failed(now, decision.wait, failure.retry_after.has_value());
    co_await sleep_until(now + decision.wait, scope);
    co_return true;
}

asio::awaitable<Tried<WholeReply>> Session::fetch(Call call, std::shared_ptr<CancelScope> scope) {
    HostBackoff& backoff = hosts_[call.origin].backoff;
    for (int tries = 1;; ++tries) {
        co_await wait_for_host(backoff, *scope);
        Tried<WholeReply> reply = co_await fetch_once(call, *scope);
        if (reply) {
            backoff.succeeded(SteadyClock::now());
            co_return std::move(*reply);
        }
        Failure failure = reply.error();
        const bool again = call.repeatable && co_await pause(backoff, tries, failure, *scope);
        if (again) continue;
        failure.error = final_error(failure, tries);
        co_return failure;
    }
}

asio::awaitable<void> Session::stream_blob(Call call, std::uint64_t size, std::shared_ptr<BlobPipe> pipe) {
    BlobProgress progress(size);
    HostBackoff& backoff = hosts_[call.origin].backoff;
    std::uint64_t counted_from = 0;
    std::optional<std::uint64_t> asked_anew_at;  // once at one byte: a second refusal there is meant
    for (int tries = 1;; ++tries) {
        co_await wait_for_host(backoff, pipe->scope());
        const std::optional<Failure> failure = co_await stream_once(call, progress, *pipe);
        if (!failure) {
            backoff.succeeded(SteadyClock::now());
            pipe->finish();
            co_return;
        }
        if (progress.delivered() - counted_from >= kProgressBytes) {
            counted_from = progress.delivered();
            tries = 1;
        }
        if (may_have_expired(*failure) && asked_anew_at != progress.delivered()) {
            asked_anew_at = progress.delivered();
            continue;
        }
        const bool again = co_await pause(backoff, tries, *failure, pipe->scope());
        if (!again) {
            pipe->fail(final_error(*failure, tries));
            co_return;
        }
    }
}

// ---- one try ----

asio::awaitable<Tried<WholeReply>> Session::fetch_once(const Call& call, CancelScope& scope) {
    Call request = call;
    if (call.range) request.headers.emplace_back("Range", call.range->header());
    Tried<std::unique_ptr<Exchange>> opened = co_await open(request, scope);
    if (!opened) co_return opened.error();
    Exchange& exchange = **opened;
    const unsigned status = exchange.head().status;
    const bool no_head_here = call.method == "HEAD" && (status == 405 || status == 501);  // as good as a HEAD that tells nothing
    const bool good = std::find(call.good.begin(), call.good.end(), status) != call.good.end() || (status == 206 && call.range);
    if (!good && !no_head_here) {
        std::vector<std::string> no_secrets;
        Failure failure = co_await failure_of(exchange, call, std::move(no_secrets), scope);
        co_return failure;
    }
    if (call.range) {
        const Result<void> accepted = accept_range(*call.range, status, exchange.head().header("Content-Range"), exchange.head().content_length);
        if (!accepted) co_return final_failure(accepted.error(), call.what, call.where());
    }
    Tried<std::string> body = co_await read_body(exchange, call.max_body, call.limit_key, scope);
    if (!body) co_return body.error();
    if (call.range && body->size() != call.range->length) {
        const std::string saw = "the body ended after " + std::to_string(body->size()) + " of " + std::to_string(call.range->length) + " bytes";
        co_return Failure{Error{ErrorCode::network, call.what, call.where(), saw, ""}};
    }
    WholeReply reply{exchange.head(), std::move(*body), exchange.request().url};
    co_return reply;
}

asio::awaitable<std::optional<Failure>> Session::stream_once(const Call& call, BlobProgress& progress, BlobPipe& pipe) {
    Call part = call;
    if (auto range = progress.range()) part.headers.emplace_back("Range", std::move(*range));
    Tried<std::unique_ptr<Exchange>> opened = co_await open(part, pipe.scope());
    if (!opened) co_return opened.error();
    Exchange& exchange = **opened;
    const ReplyHead& head = exchange.head();
    if (head.status != 200 && head.status != 206) {
        std::vector<std::string> no_secrets;
        Failure failure = co_await failure_of(exchange, call, std::move(no_secrets), pipe.scope());
        co_return failure;
    }
    const Result<void> accepted = progress.accept(head.status, head.header("Content-Range"), head.content_length);
    if (!accepted) co_return final_failure(accepted.error(), call.what, call.where());
    for (;;) {
        Chunk chunk = pipe.spare();
        const Tried<std::size_t> got = co_await exchange.read_some(chunk.room(), pipe.scope());
        if (!got) {
            // Cut after the last byte, before the end of the chunked coding or of the TLS stream: nothing is missing.
            if (progress.complete() && got.error().error.code != ErrorCode::cancelled) co_return std::nullopt;
            Failure failure = got.error();
            failure.error.where = call.where();
            failure.error.saw += " at byte " + std::to_string(progress.delivered()) + " of " + std::to_string(progress.size());
            co_return failure;
        }
        if (*got == 0) break;
        const Result<std::size_t> drop = progress.take(*got);
        if (!drop) co_return final_failure(drop.error(), call.what, call.where());
        if (*drop == *got) continue;
        chunk.hold(*drop, *got);
        const bool wanted = co_await pipe.push(std::move(chunk));
        if (!wanted) co_return cancelled_call(call);
    }
    if (progress.complete()) co_return std::nullopt;
    co_return Failure{Error{ErrorCode::network, call.what, call.where(),
                            "the body ended at byte " + std::to_string(progress.delivered()) + " of " + std::to_string(progress.size()),
                            ""}};
}

asio::awaitable<Tried<std::string>> Session::read_body(Exchange& exchange, std::uint64_t max_bytes, const std::string& limit_key,
                                                       CancelScope& scope) {
    const HttpRequest& request = exchange.request();
    const std::optional<std::uint64_t> declared = request.method == "HEAD" ? std::nullopt : exchange.head().content_length;
    if (declared && *declared > max_bytes) {
        Failure failure = too_much(request, *declared, limit_key, max_bytes);
        co_return failure;
    }
    std::string body;
    std::vector<std::byte> chunk(kChunkBytes);
    const SteadyClock::time_point deadline = SteadyClock::now() + kIdleTimesOfSmallBody * options_.idle_timeout;
    for (;;) {
        const Tried<std::size_t> got = co_await exchange.read_some(chunk, scope);
        if (!got) co_return got.error();
        if (*got == 0) co_return body;
        if (SteadyClock::now() > deadline) {
            Failure failure{Error{ErrorCode::timeout, request.what, request.where(),
                                  "the body comes too slowly: " + std::to_string(body.size()) + " bytes in time", ""}};
            co_return failure;
        }
        body += as_text(std::span<const std::byte>(chunk.data(), *got));
        if (body.size() > max_bytes) {
            Failure failure = too_much(request, body.size(), limit_key, max_bytes);
            co_return failure;
        }
    }
}

namespace {
// What must not be repeated of an Authorization header: its value and, of Basic, the password inside.
void add_secrets_of(const std::string& authorization, std::vector<std::string>& secrets) {
    const std::string value = authorization.substr(authorization.find(' ') + 1);
    secrets.push_back(value);
    if (const auto pair = base64_decode(value))
        if (const auto parts = split_once(*pair, ':')) secrets.emplace_back(parts->second);
}
}  // namespace

asio::awaitable<Failure> Session::failure_of(Exchange& exchange, const Call& call, std::vector<std::string> secrets, CancelScope& scope) {
    const ReplyHead& head = exchange.head();
    Failure failure{
        Error{code_of_status(head.status), call.what, call.where(), "HTTP " + std::to_string(head.status), call.pushes ? hint_of_refused_push(head.status) : hint_of_status(head.status)}};
    failure.status = head.status;
    failure.redirected = exchange.request().url.target != call.target || exchange.request().url.origin.authority() != call.origin.authority();
    const Origin& answered = exchange.request().url.origin;
    if (answered.host != call.origin.host) failure.error.saw += " from " + quote(answered.authority()) + " behind a redirect";
    if (is_temporary_status(head.status)) failure.retry_after = parse_retry_after(head.header("Retry-After"), system_now());
    const std::vector<Challenge> challenges = parse_challenges(head.all("WWW-Authenticate"));
    failure.challenged = !challenges.empty();
    for (const Challenge& challenge : challenges)
        if (failure.login_name.empty()) failure.login_name = challenge.get(challenge.scheme == "bearer" ? "service" : "realm");

    std::string body;
    std::vector<std::byte> chunk(kChunkBytes);
    const SteadyClock::time_point deadline = SteadyClock::now() + options_.idle_timeout;
    while (exchange.request().method != "HEAD" && body.size() < options_.limits.error_body_bytes && SteadyClock::now() < deadline) {
        const Tried<std::size_t> got = co_await exchange.read_some(chunk, scope);
        if (!got || *got == 0) break;  // the body only explains; a status without one is enough
        body += as_text(std::span<const std::byte>(chunk.data(), *got));
    }
    if (scope.requested()) co_return cancelled_call(call);
    body.resize(std::min<std::size_t>(body.size(), options_.limits.error_body_bytes));
    for (const auto& [name, value] : exchange.request().headers)
        if (equals_ignoring_case(name, "Authorization")) add_secrets_of(value, secrets);  // a server may echo it
    failure.detail = describe_error_body(body, secrets, options_.limits);
    co_return failure;
}

void Session::observe(const Origin& origin, const ReplyHead& head) const {
    if (options_.observer == nullptr) return;
    const std::string host = origin.authority();
    options_.observer->answered(host, head.status);
    const std::string_view left = head.header("ratelimit-remaining");  // 76;w=21600
    if (const std::optional<std::uint64_t> number = parse_u64(trim(left.substr(0, left.find(';'))))) options_.observer->allowance(host, *number);
}

asio::awaitable<void> Session::wait_for_turn(HostState& host, CancelScope& scope) {
    if (options_.pace) {
        co_await sleep_until(options_.pace->take_turn(SteadyClock::now()), scope);
        co_return;
    }
    if (options_.requests_per_second <= 0) co_return;
    const SteadyClock::time_point turn = std::max(host.next_turn, SteadyClock::now());
    host.next_turn = turn + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(1 / options_.requests_per_second));
    co_await sleep_until(turn, scope);
}

// ---- redirects ----

asio::awaitable<Tried<std::unique_ptr<Exchange>>> Session::follow(HttpRequest request, CancelScope& scope) {
    const std::string first_where = request.where();
    for (int hops = 0;; ++hops) {
        Tried<std::unique_ptr<Exchange>> reply = co_await http_.send(request, scope);
        if (!reply) {
            Failure failure = reply.error();
            if (hops > 0) failure.peer_not_tls = false;  // says nothing about the registry itself
            co_return failure;
        }
        const ReplyHead& head = (*reply)->head();
        observe(request.url.origin, head);
        const std::string location(head.header("Location"));
        if (!is_redirect_status(head.status) || location.empty()) co_return std::move(*reply);
        // After the others a browser goes on with GET, so whoever sends them has not taken what was pushed.
        const bool keeps_method = head.status == 307 || head.status == 308;
        if (!keeps_method && request.method != "GET" && request.method != "HEAD") co_return std::move(*reply);
        Error refusal{ErrorCode::protocol, request.what, first_where, "more than " + std::to_string(kMaxRedirects) + " redirects", ""};
        if (hops == kMaxRedirects) co_return final_failure(std::move(refusal), request.what, first_where);
        const HopSource source{request.url, head.peer_internal, request.internal_allowed};
        Result<Hop> hop = plan_hop(source, location);
        if (!hop) co_return final_failure(hop.error(), request.what, first_where);
        // A redirect may announce a body that it does not send (older Gitea put the blob's size on it).
        (*reply)->drop_connection();
        reply->reset();  // and the next host may be the same one: give its place back first
        request.url = std::move(hop->url);
        request.internal_allowed = hop->internal_allowed;
        if (!hop->same_origin)
            std::erase_if(request.headers, [](const auto& header) { return equals_ignoring_case(header.first, "Authorization"); });
    }
}

bool Session::fall_back_to_plain(const Call& call, HostState& host, const Failure& failure) {
    if (!failure.peer_not_tls || host.wire == HostState::Wire::tls || !is_loopback_host(call.origin.host)) return false;
    host.wire = HostState::Wire::plain;
    log::debug("registry on loopback speaks plain HTTP", {{"host", call.origin.authority()}});
    return true;
}

// ---- login ----

asio::awaitable<Tried<std::unique_ptr<Exchange>>> Session::open(const Call& call, CancelScope& scope) {
    if (http_.setup_error()) co_return final_failure(*http_.setup_error(), call.what, call.where());
    HostState& host = hosts_[call.origin];
    Login login;
    if (call.login != LoginManner::anonymous) {
        Tried<Credential> credential = co_await look_up_credential(call, false, scope);
        if (!credential) co_return credential.error();
        login.credential = std::move(*credential);
    }
    for (;;) {  // every way back here is bounded: auth_plan.h, one plain fallback per host, one second look at the credential
        std::optional<Failure> refused = co_await authorize(call, host, login, scope);
        if (refused) {
            if (refused->error.code != ErrorCode::auth) co_return std::move(*refused);
            const bool renewed = co_await reread_credential(call, login, scope);
            if (renewed) continue;
            co_return std::move(*refused);
        }
        HttpRequest request{call.what, call.method, Url{call.origin, call.target}, call.headers, call.body, options_.registries_may_be_internal};
        if (host.wire == HostState::Wire::plain) request.url.origin.tls = false;
        if (!login.authorization.empty()) request.headers.emplace_back("Authorization", login.authorization);
        const Origin asked = request.url.origin;
        co_await wait_for_turn(host, scope);
        const SteadyClock::time_point asked_at = SteadyClock::now();
        Tried<std::unique_ptr<Exchange>> reply = co_await follow(std::move(request), scope);
        if (!reply) {
            const Failure failure = reply.error();
            if (asked.tls && fall_back_to_plain(call, host, failure)) continue;  // side by side with another call that found out first
            co_return failure;
        }
        if (asked.tls) host.wire = HostState::Wire::tls;
        Exchange& exchange = **reply;
        const std::vector<Challenge> challenges = parse_challenges(exchange.head().all("WWW-Authenticate"));
        const unsigned status = exchange.head().status;
        const bool refused_login = status == 401 || (status == 403 && asks_more_scope(challenges));
        if (!refused_login || exchange.request().url.origin != asked || call.login != LoginManner::as_challenged) co_return std::move(*reply);

        // A token that was fresh may have expired while the request waited for a connection: then it counts as an old one.
        if (SteadyClock::now() - asked_at > kTokenGoesStale && login.stale_tokens < kMaxStaleTokens) {
            ++login.stale_tokens;
            login.attempt.token_was_cached = true;
            login.attempt.renewed = false;
        }
        const AuthPlan plan = plan_after_challenge(login.attempt, challenges);
        if (plan.step == AuthPlan::Step::give_up) {
            Failure failure = co_await failure_of(exchange, call, login.secrets(), scope);
            reply->reset();  // its place is needed
            const bool renewed = co_await reread_credential(call, login, scope);
            if (renewed) continue;
            failure.detail = failure.detail.empty() ? plan.reason : plan.reason + ": " + failure.detail;
            failure.error.hint = plan.hint.empty() && call.pushes ? hint_of_refused_push(status) : plan.hint;
            failure.final = true;
            co_return failure;
        }
        if (plan.step == AuthPlan::Step::send_basic) host.basic = true;
        if (plan.step == AuthPlan::Step::renew_token) login.attempt.renewed = true;
        if (plan.step == AuthPlan::Step::widen_scope) login.attempt.widened = true;
        if (login.attempt.sent == AuthAttempt::Sent::bearer) tokens_.drop(login.token_key, login.token);
        if (plan.bearer != nullptr) {
            if (auto failure = learn_bearer(call, host, exchange, *plan.bearer)) co_return std::move(*failure);
        }
    }
}

std::optional<Failure> Session::learn_bearer(const Call& call, HostState& host, const Exchange& exchange, const Challenge& challenge) {
    const std::string_view realm = challenge.get("realm");
    if (realm.empty()) {
        const Error error{ErrorCode::protocol, call.what, call.where(), "a Bearer challenge without a realm", ""};
        return final_failure(error, call.what, call.where());
    }
    const HopSource source{exchange.request().url, exchange.head().peer_internal, options_.registries_may_be_internal};
    Result<Hop> hop = plan_hop(source, realm);
    if (!hop) {
        Failure failure = final_failure(hop.error(), call.what, call.where());
        failure.error.saw = "the realm of its challenge: " + failure.error.saw;
        return failure;
    }
    host.bearer = HostState::Bearer{std::move(hop->url), std::string(challenge.get("service")), hop->internal_allowed};
    if (const std::string_view scope = challenge.get("scope"); !scope.empty()) host.demanded_scopes[call.scope()] = scope;
    return std::nullopt;
}

asio::awaitable<std::optional<Failure>> Session::authorize(const Call& call, HostState& host, Login& login, CancelScope& scope) {
    AuthAttempt& attempt = login.attempt;
    attempt.sent = AuthAttempt::Sent::none;
    attempt.token_was_cached = false;
    attempt.has_password = login.credential.has_password();
    attempt.has_credential = !login.credential.empty();
    attempt.knows_bearer = host.bearer.has_value();
    login.authorization.clear();
    if (call.login != LoginManner::as_challenged) {
        if (call.login == LoginManner::basic && attempt.has_password) {
            attempt.sent = AuthAttempt::Sent::basic;
            login.authorization = basic_authorization(login.credential.username, login.credential.password);
        }
    } else if (!login.credential.registry_token.empty()) {
        attempt.sent = AuthAttempt::Sent::bearer;
        attempt.token_is_fixed = true;
        login.authorization = "Bearer " + login.credential.registry_token;
    } else if (host.bearer) {
        TokenRequest request{host.bearer->realm, host.bearer->service, login.credential.username,
                             token_scopes(host.demanded_scopes[call.scope()], call.scope()), host.bearer->internal_allowed};
        Tried<std::string> token = co_await token_for(std::move(request), call, login, scope);
        if (!token) co_return token.error();
        attempt.sent = AuthAttempt::Sent::bearer;
        login.token = std::move(*token);
        login.authorization = "Bearer " + login.token;
    } else if (host.basic && attempt.has_password) {
        attempt.sent = AuthAttempt::Sent::basic;
        login.authorization = basic_authorization(login.credential.username, login.credential.password);
    }
    co_return std::nullopt;
}

asio::awaitable<Tried<std::string>> Session::token_for(TokenRequest request, const Call& call, Login& login, CancelScope& scope) {
    // Only the registry and the secret that a token was fetched with may use it: another registry can name the same realm.
    login.token_key = call.origin.authority() + "\n" + sha256_of(login.credential.password + "\n" + login.credential.identity_token).str() + "\n" + request.cache_key();
    if (const std::string* known = tokens_.find(login.token_key, SteadyClock::now())) {
        login.attempt.token_was_cached = true;
        co_return *known;
    }
    std::shared_ptr<Flight> flight = flights_[login.token_key];
    if (!flight) {
        flight = std::make_shared<Flight>();
        flights_[login.token_key] = flight;
        watch(std::shared_ptr<CancelScope>(flight, &flight->scope));
        const auto report = [this, flight, key = login.token_key](const std::exception_ptr& exception) {
            if (!exception) return;
            flight->result = Failure{Error{ErrorCode::internal, "fetch token", "", "it failed unexpectedly", ""}};
            flights_.erase(key);
            flight->waiters.wake_all();
        };
        asio::co_spawn(io_, run_flight(flight, login.token_key, std::move(request), login.credential), report);
    }
    while (!flight->result && !scope.requested()) co_await flight->waiters.wait(Waiters::kForever, scope);
    if (!flight->result) co_return cancelled_call(call);
    if (*flight->result) co_return **flight->result;
    Failure failure = flight->result->error();
    failure.error.where = call.where() + ", " + failure.error.where;
    co_return failure;
}

asio::awaitable<void> Session::run_flight(std::shared_ptr<Flight> flight, std::string key, TokenRequest request, Credential credential) {
    Tried<Token> token = co_await fetch_token(std::move(request), std::move(credential), flight->scope);
    if (token) {
        flight->result = token->value;
        tokens_.store(key, std::move(*token), SteadyClock::now());
    } else {
        flight->result = token.error();
    }
    flights_.erase(key);
    flight->waiters.wake_all();
}

asio::awaitable<Tried<Token>> Session::fetch_token(TokenRequest request, Credential credential, CancelScope& scope) {
    HostBackoff& backoff = token_hosts_[request.realm.origin];
    bool post = !credential.identity_token.empty();
    for (int tries = 1;; ++tries) {
        co_await wait_for_host(backoff, scope);
        Tried<std::string> body = co_await ask_token_server(request, credential, post, scope);
        if (body) {
            backoff.succeeded(SteadyClock::now());
            Result<Token> token = parse_token_answer(*body, options_.limits, system_now());
            if (token) co_return std::move(*token);
            co_return final_failure(token.error(), "fetch token", (post ? "POST " : "GET ") + request.realm.for_messages());
        }
        Failure failure = body.error();
        if (post && (failure.status == 404 || failure.status == 405)) {  // Gitea answers 404 on purpose
            post = false;
            continue;
        }
        const bool again = co_await pause(backoff, tries, failure, scope);
        if (again) continue;
        Failure last{final_error(failure, tries)};
        last.final = true;  // the request that needs the token does not start all this again
        co_return last;
    }
}

asio::awaitable<Tried<std::string>> Session::ask_token_server(const TokenRequest& request, const Credential& credential, bool post,
                                                              CancelScope& scope) {
    HttpRequest http{"fetch token", "GET", token_get_url(request), {}, "", request.internal_allowed};
    Call call;  // for messages
    call.what = http.what;
    call.origin = request.realm.origin;
    call.target = request.realm.target;
    std::vector<std::string> secrets{credential.password, credential.identity_token};
    if (post) {
        http.method = call.method = "POST";
        http.url = request.realm;
        http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
        http.body = token_post_body(request, credential.identity_token);
    } else if (credential.has_password()) {
        http.headers.emplace_back("Authorization", basic_authorization(credential.username, credential.password));
        secrets.push_back(base64_encode(credential.username + ":" + credential.password));
    }
    http.headers.emplace_back("Accept", "application/json");
    // A form with a refresh token in it is never carried to another place.
    asio::awaitable<Tried<std::unique_ptr<Exchange>>> sending = post ? http_.send(std::move(http), scope) : follow(std::move(http), scope);
    Tried<std::unique_ptr<Exchange>> reply = co_await std::move(sending);
    if (!reply) co_return reply.error();
    Exchange& exchange = **reply;
    if (exchange.head().status == 200) {
        const std::string limit_key = "limits.token_bytes";
        Tried<std::string> body = co_await read_body(exchange, options_.limits.token_bytes, limit_key, scope);
        co_return body;
    }
    Failure failure = co_await failure_of(exchange, call, std::move(secrets), scope);
    if (failure.error.code == ErrorCode::auth)
        failure.error.hint = credential.empty() ? "log in with --username and --password-stdin, or name a file with --authfile"
                                                : "the token server refused the login: check user name and password";
    co_return failure;
}

asio::awaitable<Tried<Credential>> Session::look_up_credential(const Call& call, bool forget, CancelScope& scope) {
    struct Search {
        std::optional<Result<Credential>> found;
        Waiters waiters;
    };
    const auto search = std::make_shared<Search>();
    auto work = [this, search, registry = call.registry, repository = call.repository, forget] {
        if (forget) credentials_.forget();
        Result<Credential> found = credentials_.find(registry, repository, helper_stop_.get_token());
        asio::post(io_, [search, found = std::move(found)] {
            search->found = found;
            search->waiters.wake_all();
        });
    };
    asio::post(helper_thread_, std::move(work));
    while (!search->found && !scope.requested()) co_await search->waiters.wait(Waiters::kForever, scope);
    if (scope.requested()) co_return cancelled_call(call);
    if (!*search->found) co_return final_failure(search->found->error(), call.what, call.where());
    co_return **search->found;
}

asio::awaitable<bool> Session::reread_credential(const Call& call, Login& login, CancelScope& scope) {
    if (login.reread || login.credential.empty()) co_return false;
    login.reread = true;
    Tried<Credential> fresh = co_await look_up_credential(call, true, scope);
    if (!fresh || *fresh == login.credential) co_return false;
    tokens_.drop(login.token_key, login.token);
    login.credential = std::move(*fresh);
    login.attempt = {};
    co_return true;
}

}  // namespace veritag::registry
