#include "registry/http.h"

#include "base/address_policy.h"
#include "base/log.h"
#include "base/text.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <map>
#include <utility>

namespace veritag::registry {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kIdleLife{15};  // load balancers close after 30 s and more; a dead connection costs a round trip
constexpr std::uint32_t kMaxHeaderBytes = 64 << 10;
constexpr std::size_t kReadBufferBytes = 128 << 10;
constexpr int kMaxInterimReplies = 8;

auto into(error_code& ec) { return asio::redirect_error(asio::use_awaitable, ec); }

Failure fail(const HttpRequest& request, ErrorCode code, std::string saw, std::string hint = {}) {
    return Failure{Error{code, request.what, request.where(), std::move(saw), std::move(hint)}};
}

bool is_closed_by_peer(const error_code& ec) {
    return ec == asio::error::eof || ec == http::error::end_of_stream || ec == asio::error::connection_reset ||
           ec == asio::error::broken_pipe || ec == asio::error::connection_aborted || ec == asio::error::not_connected ||
           ec == asio::ssl::error::stream_truncated;
}

bool is_transport(const error_code& ec) {
    return is_closed_by_peer(ec) || ec == http::error::partial_message || ec.category() == asio::error::get_system_category() ||
           ec.category() == asio::error::get_netdb_category() || ec.category() == asio::error::get_addrinfo_category() ||
           ec.category() == asio::error::get_misc_category() || ec.category() == asio::error::get_ssl_category();
}

// A failed read, write or connect. What Beast's parser refuses is the peer's fault for good.
Failure transport_failure(const HttpRequest& request, const error_code& ec, std::string_view doing) {
    if (ec == beast::error::timeout) return fail(request, ErrorCode::timeout, "no byte in time while " + std::string(doing));
    if (is_closed_by_peer(ec)) return fail(request, ErrorCode::network, "the connection was closed while " + std::string(doing));
    if (ec == http::error::partial_message) return fail(request, ErrorCode::network, "the connection was cut while " + std::string(doing));
    if (is_transport(ec)) return fail(request, ErrorCode::network, std::string(doing) + ": " + ec.message());
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
        return fail(request, ErrorCode::over_limit, "a reply head over " + std::to_string(kMaxHeaderBytes) + " bytes");
    return fail(request, ErrorCode::protocol, "not a readable HTTP reply: " + ec.message());
}

Address address_of(const tcp::endpoint& endpoint) {
    const asio::ip::address address = endpoint.address();
    const asio::ip::address_v6 v6 = address.is_v6() ? address.to_v6() : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
    const auto bytes = v6.to_bytes();
    Address result{};
    std::copy(bytes.begin(), bytes.end(), result.begin());
    return result;
}

// OpenSSL's reasons for "these bytes are no TLS record". An alert, an old version or a closed connection are not among them: a
// server that speaks TLS, or may, must never be talked to in the clear.
bool is_not_tls(const error_code& ec) {
    if (ec.category() != asio::error::get_ssl_category()) return false;
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(ec.value()));
    return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
           reason == SSL_R_RECORD_LENGTH_MISMATCH;
}

/// A TCP stream with or without TLS on it.
struct Connection {
    explicit Connection(asio::io_context& io) : tcp(std::make_unique<beast::tcp_stream>(io)) {
        buffer.reserve(kReadBufferBytes);  // Beast reads what fits the capacity at hand, and 512 bytes a time without one
    }

    beast::tcp_stream& lowest() { return tls ? tls->next_layer() : *tcp; }
    void close() noexcept {
        error_code ignored;
        lowest().socket().close(ignored);
    }

    std::unique_ptr<beast::tcp_stream> tcp;  // moved from once `tls` is there
    std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> tls;
    beast::flat_buffer buffer{kReadBufferBytes};
    bool internal = false;  // the server behind it, which is not the proxy
    SteadyClock::time_point idle_since{};
};

/// Idle connections and the count of exchanges under way, of one origin.
struct HostPool {
    std::size_t in_use = 0;
    Waiters waiting;
    std::vector<std::unique_ptr<Connection>> idle;
};

/// One of the `connections_per_host` places.
class Permit {
public:
    explicit Permit(HostPool& pool) noexcept : pool_(&pool) { ++pool.in_use; }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    ~Permit() {
        --pool_->in_use;
        pool_->waiting.wake_one();
    }
    [[nodiscard]] HostPool& pool() const noexcept { return *pool_; }

private:
    HostPool* pool_;
};

// A name lookup of its own life: getaddrinfo cannot be interrupted, so a cancelled call leaves it behind.
struct Lookup {
    explicit Lookup(asio::io_context& io) : resolver(io) {}
    tcp::resolver resolver;
    bool done = false;
    error_code error;
    std::vector<tcp::endpoint> endpoints;
    Waiters waiters;
};

}  // namespace

std::string_view ReplyHead::header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
        if (equals_ignoring_case(key, name)) return value;
    return {};
}

std::vector<std::string_view> ReplyHead::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : headers)
        if (equals_ignoring_case(key, name)) values.push_back(value);
    return values;
}

Failure cancelled(const HttpRequest& request) { return fail(request, ErrorCode::cancelled, "stopped on request"); }

class HttpClient::Impl {
public:
    Impl(asio::io_context& io, const ClientOptions& options, ProxySettings proxies)
        : io_(io), options_(options), proxies_(std::move(proxies)), sweep_timer_(io) {
        options_.connections_per_host = std::max<std::size_t>(options_.connections_per_host, 1);
        ssl_.set_options(asio::ssl::context::default_workarounds);
        SSL_CTX_set_min_proto_version(ssl_.native_handle(), TLS1_2_VERSION);
        ssl_.set_verify_mode(options_.insecure_skip_verify ? asio::ssl::verify_none : asio::ssl::verify_peer);
        if (options_.ca_file.empty()) return;
        error_code ec;
        ssl_.load_verify_file(options_.ca_file, ec);
        if (ec)
            setup_error_ =
                Error{ErrorCode::config, "read CA file", options_.ca_file, ec.message(), "--ca-file takes a file of PEM certificates"};
    }

    asio::awaitable<Tried<std::unique_ptr<Exchange>>> send(HttpRequest request, CancelScope& scope);
    void shut_down();
    void put_back(HostPool& pool, std::unique_ptr<Connection> connection);
    void count_body_bytes(std::size_t bytes) noexcept { bytes_fetched_ += bytes; }

    // The system's authorities take longer to read than a small image to judge, so they wait for the first handshake.
    asio::ssl::context& tls_context() {
        if (!std::exchange(system_authorities_read_, true)) {
            error_code ec;
            ssl_.set_default_verify_paths(ec);  // absent in slim containers; the handshake will say so
        }
        return ssl_;
    }

    asio::io_context& io_;
    ClientOptions options_;
    ProxySettings proxies_;
    asio::ssl::context ssl_{asio::ssl::context::tls_client};
    bool system_authorities_read_ = false;
    std::optional<Error> setup_error_;
    std::atomic<std::uint64_t> bytes_fetched_{0};

private:
    asio::awaitable<Tried<std::unique_ptr<Connection>>> connect(const HttpRequest& request, std::optional<Proxy> proxy, CancelScope& scope);
    asio::awaitable<Tried<std::vector<tcp::endpoint>>> look_up(const HttpRequest& request, std::string host, std::uint16_t port,
                                                               SteadyClock::time_point deadline, CancelScope& scope);
    asio::awaitable<std::optional<Failure>> dial(const HttpRequest& request, Connection& connection, std::vector<tcp::endpoint> endpoints,
                                                 SteadyClock::time_point deadline, CancelScope& scope);
    asio::awaitable<std::optional<Failure>> open_tunnel(const HttpRequest& request, Connection& connection, const Proxy& proxy,
                                                        CancelScope& scope);
    asio::awaitable<std::optional<Failure>> shake_hands(const HttpRequest& request, Connection& connection,
                                                        SteadyClock::time_point deadline, CancelScope& scope);
    std::unique_ptr<Connection> take_idle(HostPool& pool, bool internal_allowed);
    void sweep();
    void schedule_sweep();

    std::map<Origin, HostPool> pools_;  // entries never go away: exchanges point at them
    asio::steady_timer sweep_timer_;
    bool sweep_scheduled_ = false;
    bool shut_down_ = false;
};

namespace {

class HttpExchange final : public Exchange {
public:
    HttpExchange(HttpClient::Impl& client, HttpRequest request, std::unique_ptr<Connection> connection, std::unique_ptr<Permit> permit)
        : client_(client), permit_(std::move(permit)), connection_(std::move(connection)) {
        request_ = std::move(request);
    }
    ~HttpExchange() override {
        if (reusable_ && parser_ && is_done() && parser_->keep_alive() && connection_->buffer.size() == 0)
            client_.put_back(permit_->pool(), std::move(connection_));
    }

    asio::awaitable<std::optional<Failure>> start(http::request<http::string_body> message, CancelScope& scope);
    asio::awaitable<Tried<std::size_t>> read_some(std::span<std::byte> into_bytes, CancelScope& scope) override;
    void drop_connection() noexcept override { reusable_ = false; }
    /// Where `start` failed the connection is of no more use, but the permit goes on to the next try.
    std::unique_ptr<Permit> take_permit() noexcept { return std::move(permit_); }

private:
    void arm() { connection_->lowest().expires_after(client_.options_.idle_timeout); }
    asio::awaitable<error_code> read_head();
    [[nodiscard]] bool is_done() const { return plain_left_ ? *plain_left_ == 0 : parser_->is_done(); }
    asio::awaitable<std::size_t> read_plain(std::span<std::byte> into_bytes, error_code& ec);
    asio::awaitable<std::size_t> read_parsed(std::span<std::byte> into_bytes, error_code& ec);

    HttpClient::Impl& client_;
    std::unique_ptr<Permit> permit_;
    std::unique_ptr<Connection> connection_;
    std::optional<http::response_parser<http::buffer_body>> parser_;
    std::optional<std::uint64_t> plain_left_;  // a body of known length is read around the parser, which would copy it once more
    bool reusable_ = true;
    bool failed_ = false;
};

// Up to the head of the final reply; interim ones (100, 103) are passed over.
asio::awaitable<error_code> HttpExchange::read_head() {
    error_code ec;
    for (int i = 0; i < kMaxInterimReplies; ++i) {
        parser_.emplace();
        parser_->header_limit(kMaxHeaderBytes);
        parser_->body_limit(boost::none);  // who reads the body has its own limit
        if (request_.method == "HEAD") parser_->skip(true);
        arm();
        if (connection_->tls)
            co_await http::async_read_header(*connection_->tls, connection_->buffer, *parser_, into(ec));
        else
            co_await http::async_read_header(connection_->lowest(), connection_->buffer, *parser_, into(ec));
        if (ec || parser_->get().result_int() / 100 != 1) co_return ec;
        if (parser_->get().result_int() == 101) break;
    }
    co_return http::error::bad_status;
}

asio::awaitable<std::optional<Failure>> HttpExchange::start(http::request<http::string_body> message, CancelScope& scope) {
    if (scope.requested()) co_return cancelled(request_);
    const std::function<void()> interrupt = [this] { connection_->close(); };
    const CancelScope::Hook hook(scope, interrupt);
    error_code ec;
    arm();
    if (connection_->tls)
        co_await http::async_write(*connection_->tls, message, into(ec));
    else
        co_await http::async_write(connection_->lowest(), message, into(ec));
    // A server may answer and close before it has read all of a request, so a failed write is not the last word.
    const error_code write_error = ec;
    ec = co_await read_head();
    if (scope.requested()) co_return cancelled(request_);
    if (ec) {
        const bool answered = parser_->got_some();
        Failure failure = transport_failure(request_, write_error ? write_error : ec, "waiting for the reply");
        failure.stale = !answered && (is_closed_by_peer(ec) || is_closed_by_peer(write_error));
        co_return failure;
    }
    const auto& reply = parser_->get();
    head_.status = reply.result_int();
    head_.peer_internal = connection_->internal;
    for (const auto& field : reply) head_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    if (const auto length = parser_->content_length()) head_.content_length = *length;
    if (!parser_->is_done() && head_.content_length && !parser_->chunked()) plain_left_ = *head_.content_length;
    co_return std::nullopt;
}

asio::awaitable<Tried<std::size_t>> HttpExchange::read_some(std::span<std::byte> into_bytes, CancelScope& scope) {
    while (!is_done()) {
        if (scope.requested()) co_return cancelled(request_);
        if (failed_) co_return fail(request_, ErrorCode::network, "the connection was cut while reading the body");
        const std::function<void()> interrupt = [this] { connection_->close(); };
        const CancelScope::Hook hook(scope, interrupt);
        error_code ec;
        arm();
        const std::size_t got = plain_left_ ? co_await read_plain(into_bytes, ec) : co_await read_parsed(into_bytes, ec);
        client_.count_body_bytes(got);
        failed_ = static_cast<bool>(ec);
        if (got > 0) co_return got;
        if (scope.requested()) co_return cancelled(request_);
        if (ec) co_return transport_failure(request_, ec, "reading the body");
    }
    co_return std::size_t{0};
}

asio::awaitable<std::size_t> HttpExchange::read_plain(std::span<std::byte> into_bytes, error_code& ec) {
    into_bytes = into_bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(into_bytes.size(), *plain_left_)));
    std::size_t got = 0;
    if (connection_->buffer.size() > 0) {  // came with the head
        got = asio::buffer_copy(asio::buffer(into_bytes.data(), into_bytes.size()), connection_->buffer.data());
        connection_->buffer.consume(got);
    } else if (connection_->tls) {
        got = co_await connection_->tls->async_read_some(asio::buffer(into_bytes.data(), into_bytes.size()), into(ec));
    } else {
        got = co_await connection_->lowest().async_read_some(asio::buffer(into_bytes.data(), into_bytes.size()), into(ec));
    }
    *plain_left_ -= got;
    if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) ec = http::error::partial_message;
    co_return got;
}

asio::awaitable<std::size_t> HttpExchange::read_parsed(std::span<std::byte> into_bytes, error_code& ec) {
    auto& body = parser_->get().body();
    body.data = into_bytes.data();
    body.size = into_bytes.size();
    body.more = true;
    if (connection_->tls)
        co_await http::async_read_some(*connection_->tls, connection_->buffer, *parser_, into(ec));
    else
        co_await http::async_read_some(connection_->lowest(), connection_->buffer, *parser_, into(ec));
    if (ec == http::error::need_buffer) ec = {};
    co_return into_bytes.size() - body.size;
}

}  // namespace

asio::awaitable<Tried<std::vector<tcp::endpoint>>> HttpClient::Impl::look_up(const HttpRequest& request, std::string host,
                                                                             std::uint16_t port, SteadyClock::time_point deadline,
                                                                             CancelScope& scope) {
    error_code ec;
    const asio::ip::address literal = asio::ip::make_address(host, ec);
    if (!ec) co_return std::vector<tcp::endpoint>{tcp::endpoint(literal, port)};

    const auto lookup = std::make_shared<Lookup>(io_);
    lookup->resolver.async_resolve(host, std::to_string(port), [lookup](const error_code& error, const tcp::resolver::results_type& found) {
        lookup->done = true;
        lookup->error = error;
        for (const auto& each : found) lookup->endpoints.push_back(each.endpoint());
        lookup->waiters.wake_all();
    });
    co_await lookup->waiters.wait(deadline, scope);
    if (scope.requested()) co_return cancelled(request);
    if (!lookup->done) co_return fail(request, ErrorCode::timeout, "the name lookup of " + quote(host) + " took too long");
    if (lookup->error)
        co_return fail(request, ErrorCode::network, "the name lookup of " + quote(host) + " failed: " + lookup->error.message());
    co_return std::move(lookup->endpoints);
}

asio::awaitable<std::optional<Failure>> HttpClient::Impl::dial(const HttpRequest& request, Connection& connection,
                                                               std::vector<tcp::endpoint> endpoints, SteadyClock::time_point deadline,
                                                               CancelScope& scope) {
    const std::function<void()> interrupt = [&connection] { connection.close(); };
    const CancelScope::Hook hook(scope, interrupt);
    error_code ec = asio::error::host_not_found;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        // Each address gets a fair share of what is left, so that one dead address does not use up all the time.
        const auto left = deadline - SteadyClock::now();
        connection.lowest().expires_after(std::max<SteadyClock::duration>(left, std::chrono::milliseconds{1}) /
                                          static_cast<int>(endpoints.size() - i));
        co_await connection.lowest().async_connect(endpoints[i], into(ec));
        if (scope.requested()) co_return cancelled(request);
        if (!ec) {
            connection.internal = is_internal(address_of(endpoints[i]));
            error_code ignored;
            connection.lowest().socket().set_option(tcp::no_delay(true), ignored);
            co_return std::nullopt;
        }
        connection.close();
    }
    if (ec == beast::error::timeout) co_return fail(request, ErrorCode::timeout, "no connection in time");
    co_return fail(request, ErrorCode::network, "connecting failed: " + ec.message());
}

asio::awaitable<std::optional<Failure>> HttpClient::Impl::open_tunnel(const HttpRequest& request, Connection& connection,
                                                                      const Proxy& proxy, CancelScope& scope) {
    const std::string target = request.url.origin.host_and_port();
    http::request<http::empty_body> message(http::verb::connect, target, 11);
    message.set(http::field::host, target);
    message.set(http::field::user_agent, options_.user_agent);
    if (!proxy.authorization.empty()) message.set(http::field::proxy_authorization, proxy.authorization);

    const std::function<void()> interrupt = [&connection] { connection.close(); };
    const CancelScope::Hook hook(scope, interrupt);
    http::response_parser<http::empty_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.skip(true);  // a good answer to CONNECT has no body, whatever its headers say
    error_code ec;
    co_await http::async_write(connection.lowest(), message, into(ec));
    if (!ec) co_await http::async_read_header(connection.lowest(), connection.buffer, parser, into(ec));
    if (scope.requested()) co_return cancelled(request);
    const std::string name = "proxy " + proxy.origin.authority();
    if (ec) co_return transport_failure(request, ec, "asking " + name + " for a tunnel");
    const unsigned status = parser.get().result_int();
    if (status / 100 != 2) {
        const bool refused = status == 407 || status == 403;
        co_return fail(request, refused ? ErrorCode::auth : ErrorCode::network, name + " answered HTTP " + std::to_string(status),
                       status == 407 ? "put user:password@ into the proxy setting" : "");
    }
    if (connection.buffer.size() != 0) co_return fail(request, ErrorCode::protocol, name + " sent bytes before the TLS handshake");
    co_return std::nullopt;
}

asio::awaitable<std::optional<Failure>> HttpClient::Impl::shake_hands(const HttpRequest& request, Connection& connection,
                                                                      SteadyClock::time_point deadline, CancelScope& scope) {
    const std::string& host = request.url.origin.host;
    connection.tls = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(std::move(*connection.tcp), tls_context());
    connection.lowest().expires_at(deadline);  // the timer does not move along
    SSL* ssl = connection.tls->native_handle();
    X509_VERIFY_PARAM* verify = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool literal = parse_address(host).has_value();
    const bool ready =
        literal ? X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1
                : X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
    if (!ready) co_return fail(request, ErrorCode::tls, "the host name cannot be used for TLS");

    const std::function<void()> interrupt = [&connection] { connection.close(); };
    const CancelScope::Hook hook(scope, interrupt);
    error_code ec;
    co_await connection.tls->async_handshake(asio::ssl::stream_base::client, into(ec));
    if (scope.requested()) co_return cancelled(request);
    if (!ec) co_return std::nullopt;

    const long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK && !options_.insecure_skip_verify) {
        Failure failure =
            fail(request, ErrorCode::tls, std::string("the certificate is refused: ") + X509_verify_cert_error_string(verdict),
                 "if the registry has its own CA, name it with --ca-file FILE");
        co_return failure;
    }
    if (ec == beast::error::timeout || is_closed_by_peer(ec)) {
        Failure failure = transport_failure(request, ec, "shaking hands over TLS");
        failure.error.hint = "if it speaks plain HTTP, say --plain-http";
        co_return failure;
    }
    Failure failure = fail(request, ErrorCode::tls, "the TLS handshake failed: " + ec.message(),
                           is_not_tls(ec) ? "it does not speak TLS; if that is right, say --plain-http" : "");
    failure.peer_not_tls = is_not_tls(ec);
    co_return failure;
}

asio::awaitable<Tried<std::unique_ptr<Connection>>> HttpClient::Impl::connect(const HttpRequest& request, std::optional<Proxy> proxy,
                                                                              CancelScope& scope) {
    if (scope.requested()) co_return cancelled(request);
    const Origin& origin = request.url.origin;
    const Origin& first = proxy ? proxy->origin : origin;
    const SteadyClock::time_point deadline = SteadyClock::now() + options_.connect_timeout;
    const auto refuse = [&] {
        if (options_.registries_may_be_internal)
            return fail(request, ErrorCode::protocol, "a public server leads to the internal address of " + quote(origin.host) + ", which is not followed");
        return fail(request, ErrorCode::protocol, quote(origin.host) + " has an internal address, and nothing that runs here names it", "name it among the registries of the configuration");
    };
    if (proxy && !request.internal_allowed && is_internal_host(origin.host)) co_return refuse();

    auto found = co_await look_up(request, first.host, first.port, deadline, scope);
    if (!found) co_return found.error();
    std::vector<tcp::endpoint> endpoints = std::move(*found);
    if (!proxy && !request.internal_allowed)
        std::erase_if(endpoints, [](const tcp::endpoint& each) { return is_internal(address_of(each)); });
    if (endpoints.empty()) co_return refuse();

    auto connection = std::make_unique<Connection>(io_);
    if (auto failure = co_await dial(request, *connection, std::move(endpoints), deadline, scope)) co_return std::move(*failure);
    if (proxy) {
        connection->internal = is_internal_host(origin.host);
    }
    connection->lowest().expires_at(deadline);
    if (proxy && origin.tls) {
        if (auto failure = co_await open_tunnel(request, *connection, *proxy, scope)) co_return std::move(*failure);
    }
    if (origin.tls) {
        if (auto failure = co_await shake_hands(request, *connection, deadline, scope)) co_return std::move(*failure);
    }
    co_return std::move(connection);
}

std::unique_ptr<Connection> HttpClient::Impl::take_idle(HostPool& pool, bool internal_allowed) {
    sweep();
    const auto found =
        std::find_if(pool.idle.rbegin(), pool.idle.rend(), [&](const auto& each) { return internal_allowed || !each->internal; });
    if (found == pool.idle.rend()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(*found);
    pool.idle.erase(std::next(found).base());
    return connection;
}

void HttpClient::Impl::put_back(HostPool& pool, std::unique_ptr<Connection> connection) {
    if (shut_down_) return;
    connection->lowest().expires_never();
    connection->idle_since = SteadyClock::now();
    pool.idle.push_back(std::move(connection));
    schedule_sweep();
}

void HttpClient::Impl::sweep() {
    const SteadyClock::time_point oldest = SteadyClock::now() - kIdleLife;
    for (auto& [origin, pool] : pools_) std::erase_if(pool.idle, [&](const auto& each) { return each->idle_since <= oldest; });
}

void HttpClient::Impl::schedule_sweep() {
    if (sweep_scheduled_) return;
    sweep_scheduled_ = true;
    sweep_timer_.expires_after(kIdleLife);
    sweep_timer_.async_wait([this](const error_code& ec) {
        sweep_scheduled_ = false;
        if (ec) return;
        sweep();
        const bool more = std::any_of(pools_.begin(), pools_.end(), [](const auto& each) { return !each.second.idle.empty(); });
        if (more) schedule_sweep();
    });
}

void HttpClient::Impl::shut_down() {
    shut_down_ = true;
    sweep_timer_.cancel();
    for (auto& [origin, pool] : pools_) pool.idle.clear();
}

asio::awaitable<Tried<std::unique_ptr<Exchange>>> HttpClient::Impl::send(HttpRequest request, CancelScope& scope) {
    const Result<std::optional<Proxy>> proxy = proxy_for(proxies_, request.url.origin);
    if (!proxy) co_return Failure{proxy.error()};

    HostPool& pool = pools_[request.url.origin];
    while (!scope.requested() && pool.in_use >= options_.connections_per_host) co_await pool.waiting.wait(Waiters::kForever, scope);
    if (scope.requested()) {
        if (pool.in_use < options_.connections_per_host) pool.waiting.wake_one();  // the place this one was woken for
        co_return cancelled(request);
    }
    auto permit = std::make_unique<Permit>(pool);
    const SteadyClock::time_point start = SteadyClock::now();
    const bool repeatable = request.method == "GET" || request.method == "HEAD";
    bool may_reuse = repeatable;
    for (;;) {
        std::unique_ptr<Connection> connection = may_reuse ? take_idle(pool, request.internal_allowed) : nullptr;
        const bool reused = connection != nullptr;
        if (!reused) {
            auto fresh = co_await connect(request, *proxy, scope);
            if (!fresh) co_return fresh.error();
            connection = std::move(*fresh);
        }
        auto exchange = std::make_unique<HttpExchange>(*this, request, std::move(connection), std::move(permit));
        http::request<http::string_body> message(http::string_to_verb(request.method), request.url.target, 11);
        // A plain-HTTP proxy is asked with the whole URL and gets its password with every request; a tunnel had both at its start.
        if (*proxy && !request.url.origin.tls) {
            message.target(request.url.str());
            if (!(*proxy)->authorization.empty()) message.set(http::field::proxy_authorization, (*proxy)->authorization);
        }
        message.set(http::field::host, request.url.origin.authority());
        message.set(http::field::user_agent, options_.user_agent);
        message.set(http::field::accept_encoding, "identity");  // registry.access.redhat.com gzips blobs otherwise
        for (const auto& [name, value] : request.headers) message.set(name, value);
        if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
            message.body() = request.body;
            message.prepare_payload();  // Content-Length, also of nothing: Nexus answers 411 without it
        }
        const auto failure = co_await exchange->start(std::move(message), scope);
        const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - start);
        if (!failure) {
            log::debug("http", {{"method", request.method},
                                {"host", request.url.origin.authority()},
                                {"path", quote(request.url.path())},
                                {"status", exchange->head().status},
                                {"ms", spent.count()}});
            co_return std::unique_ptr<Exchange>(std::move(exchange));
        }
        exchange->drop_connection();
        if (!reused || !failure->stale) {
            log::debug("http failed", {{"method", request.method},
                                       {"host", request.url.origin.authority()},
                                       {"path", quote(request.url.path())},
                                       {"cause", failure->error.saw},
                                       {"ms", spent.count()}});
            co_return *failure;
        }
        permit = exchange->take_permit();
        may_reuse = false;
    }
}

HttpClient::HttpClient(asio::io_context& io, const ClientOptions& options, ProxySettings proxies)
    : impl_(std::make_unique<Impl>(io, options, std::move(proxies))) {}
HttpClient::~HttpClient() = default;
const std::optional<Error>& HttpClient::setup_error() const noexcept { return impl_->setup_error_; }
asio::awaitable<Tried<std::unique_ptr<Exchange>>> HttpClient::send(HttpRequest request, CancelScope& scope) {
    return impl_->send(std::move(request), scope);
}
void HttpClient::shut_down() { impl_->shut_down(); }
std::uint64_t HttpClient::bytes_fetched() const noexcept { return impl_->bytes_fetched_; }

}  // namespace veritag::registry
