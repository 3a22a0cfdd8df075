// What a registry client does with HTTP: login, redirects, retries. Coroutines over http.h; the decisions are in auth_plan.h,
// token.h, redirect.h, retry.h and resume.h. Private to the module; everything runs on the I/O thread.
#pragma once

#include "registry/auth_plan.h"
#include "registry/blob_pipe.h"
#include "registry/credentials.h"
#include "registry/http.h"
#include "registry/resume.h"
#include "registry/token.h"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

/// How a call logs in.
enum class LoginManner {
    as_challenged,  ///< as the registry's challenge asks, where it has one
    basic,          ///< user name and password at once, where there are any: for APIs beside `/v2/` that challenge nobody
    anonymous,      ///< never: an API at another origin than the credential's, or one that takes no registry credential
};

/// One request to a registry, before anybody knows how to log in.
struct Call {
    std::string what;  ///< `fetch manifest`
    std::string method = "GET";
    std::string registry;  ///< as the user names it, for credentials
    Origin origin;         ///< where its API is; `tls` is decided per host
    std::string target;    ///< `/v2/…`
    std::string repository;  ///< empty: the call is about the registry as a whole
    LoginManner login = LoginManner::as_challenged;
    Headers headers;
    std::uint64_t max_body = 0;
    std::string limit_key;  ///< the limit that `max_body` is; empty: so much was asked for
    std::optional<ByteRange> range;  ///< only this part, answered with 206
    std::string body;                ///< of a push
    bool pushes = false;             ///< the login must be allowed to push
    bool repeatable = true;          ///< may be sent again when nobody knows what became of it
    std::vector<unsigned> good{200};  ///< statuses of success

    [[nodiscard]] std::string where() const { return method + " " + Url{origin, target}.for_messages(); }
    /// What a token must allow (distribution/distribution: docs/content/spec/auth/scope.md).
    [[nodiscard]] std::string scope() const {
        return repository.empty() ? "registry:catalog:*" : "repository:" + repository + (pushes ? ":pull,push" : ":pull");
    }
};

/// A blob on its way to a repository.
struct Upload {
    Call probe;  ///< HEAD: is it there already?
    Call start;  ///< POST: answered with the Location to send it to
    std::string digest;
    std::string content;
};

/// A reply read whole.
struct WholeReply {
    ReplyHead head;
    std::string body;
    Url url;  ///< that was answered, behind all redirects
};

class Session {
public:
    Session(asio::io_context& io, const ClientOptions& options, ProxySettings proxies, CredentialStore credentials);

    [[nodiscard]] const HttpClient& http() const noexcept { return http_; }

    /// The reply with its body, which has a good status, or 206 where a range was asked for (or says that there is no HEAD here); repeated
    /// as the retry plan says, where it may be. A failure is the last one, its error ready for messages.
    asio::awaitable<Tried<WholeReply>> fetch(Call call, std::shared_ptr<CancelScope> scope);

    /// Makes sure that a blob is there. A try that fails is followed by a whole new one, which looks first whether the blob has arrived: of an
    /// upload that broke off nobody knows how far it came, so none is gone on with.
    asio::awaitable<Tried<WholeReply>> upload(Upload upload, std::shared_ptr<CancelScope> scope);

    /// Sends a blob into `pipe` and ends the pipe, well or with an error.
    asio::awaitable<void> stream_blob(Call call, std::uint64_t size, std::shared_ptr<BlobPipe> pipe);

    /// Cancels what runs and refuses what comes. The I/O thread runs dry soon afterwards.
    void shut_down();
    /// A call that `shut_down` must reach.
    void watch(const std::shared_ptr<CancelScope>& scope);

private:
    /// What was learnt about a registry host.
    struct HostState {
        enum class Wire { unknown, tls, plain };
        struct Bearer {
            Url realm;
            std::string service;
            bool internal_allowed = true;
        };
        Wire wire = Wire::unknown;
        bool basic = false;
        std::optional<Bearer> bearer;
        std::map<std::string, std::string> demanded_scopes;  ///< by the scope that the call needs
        HostBackoff backoff;
        SteadyClock::time_point next_turn{};  // where requests_per_second is set
    };
    /// A login under way in one `open`.
    struct Login {
        Credential credential;
        AuthAttempt attempt;
        std::string token_key;
        std::string token;          ///< sent as Bearer
        std::string authorization;  ///< the header's value, empty for none
        bool reread = false;        ///< the credential was looked up a second time
        int stale_tokens = 0;       ///< that expired before the request with them was answered

        [[nodiscard]] std::vector<std::string> secrets() const;
    };
    /// A token being fetched, for everybody who needs it.
    struct Flight {
        std::optional<Tried<std::string>> result;
        Waiters waiters;
        CancelScope scope;  // no caller's own: one who gives up does not take the others along
    };

    /// Logs in as far as it takes. The reply may have any status but a redirect's; a refused login is a failure.
    asio::awaitable<Tried<std::unique_ptr<Exchange>>> open(const Call& call, CancelScope& scope);
    asio::awaitable<Tried<std::unique_ptr<Exchange>>> follow(HttpRequest request, CancelScope& scope);
    void observe(const Origin& origin, const ReplyHead& head) const;
    asio::awaitable<void> wait_for_turn(HostState& host, CancelScope& scope);

    asio::awaitable<std::optional<Failure>> authorize(const Call& call, HostState& host, Login& login, CancelScope& scope);
    std::optional<Failure> learn_bearer(const Call& call, HostState& host, const Exchange& exchange, const Challenge& challenge);
    asio::awaitable<Tried<std::string>> token_for(TokenRequest request, const Call& call, Login& login, CancelScope& scope);
    asio::awaitable<void> run_flight(std::shared_ptr<Flight> flight, std::string key, TokenRequest request, Credential credential);
    asio::awaitable<Tried<Token>> fetch_token(TokenRequest request, Credential credential, CancelScope& scope);
    asio::awaitable<Tried<std::string>> ask_token_server(const TokenRequest& request, const Credential& credential, bool post,
                                                         CancelScope& scope);
    asio::awaitable<Tried<Credential>> look_up_credential(const Call& call, bool forget, CancelScope& scope);
    asio::awaitable<bool> reread_credential(const Call& call, Login& login, CancelScope& scope);

    asio::awaitable<Tried<WholeReply>> fetch_once(const Call& call, CancelScope& scope);
    asio::awaitable<Tried<WholeReply>> upload_once(const Upload& upload, CancelScope& scope);
    asio::awaitable<Tried<WholeReply>> put_elsewhere(const Call& call, const Url& url, bool internal_allowed, CancelScope& scope);
    asio::awaitable<std::optional<Failure>> stream_once(const Call& call, BlobProgress& progress, BlobPipe& pipe);
    asio::awaitable<Tried<std::string>> read_body(Exchange& exchange, std::uint64_t max_bytes, const std::string& limit_key,
                                                  CancelScope& scope);
    asio::awaitable<Failure> failure_of(Exchange& exchange, const Call& call, std::vector<std::string> secrets, CancelScope& scope);

    asio::awaitable<void> wait_for_host(const HostBackoff& backoff, CancelScope& scope);
    /// After the `tries`th failure: waits and says true, or says false where it is the last one.
    asio::awaitable<bool> pause(HostBackoff& backoff, int tries, const Failure& failure, CancelScope& scope);
    bool fall_back_to_plain(const Call& call, HostState& host, const Failure& failure);

    asio::io_context& io_;
    ClientOptions options_;
    RetryPolicy policy_;
    HttpClient http_;
    std::map<Origin, HostState> hosts_;  // by the call's origin
    std::map<Origin, HostBackoff> token_hosts_;
    TokenCache tokens_;
    std::map<std::string, std::shared_ptr<Flight>> flights_;
    std::vector<std::weak_ptr<CancelScope>> running_;
    bool shut_down_ = false;
    std::minstd_rand random_;
    // Files and helpers block, so they have a thread of their own; `credentials_` is used there only.
    CredentialStore credentials_;
    std::stop_source helper_stop_;
    asio::thread_pool helper_thread_{1};
};

}  // namespace veritag::registry
