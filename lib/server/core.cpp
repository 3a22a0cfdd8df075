#include "server/core.h"

#include "base/log.h"
#include "base/text.h"
#include "server/connection.h"
#include "server/tls.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <utility>

namespace veritag::server {
namespace {

using boost::system::error_code;

constexpr std::size_t kScratchBytes = 64 << 10;
constexpr int kAcceptsInARow = 64;  // then the others get their turn
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::minutes kAcceptWarningEvery{1};
constexpr std::chrono::hours kLongestStop{24};

// Threads of a library take no signals: those are for the program's own handlers. SIGPIPE, which OpenSSL's writes raise, just stays.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return quote(error.what());
    } catch (...) {
        return "an exception of another kind";
    }
}

}  // namespace

void ServerCore::Door::shut() {
    if (!listener) return;
    descriptor.release();  // ends the wait; the listener closes
    listener.reset();
}

ServerCore::ServerCore(ServerOptions options, Handler& handler) : options_(std::move(options)), handler_(handler), scratch_(kScratchBytes) {
    options_.threads = std::max<std::size_t>(options_.threads, 1);
    deadlines_.on_earlier([this](SteadyClock::time_point time) {
        if (!armed_for_ || time < *armed_for_) arm(time);
    });
}

ServerCore::~ServerCore() {
    stop(std::chrono::milliseconds(0));
    if (pool_) pool_->join();  // before the I/O thread, which waits for what the handlers still answer
    if (thread_.joinable()) thread_.join();
}

// ---- start and stop, on the owner's thread ----

Result<void> ServerCore::start() {
    VERITAG_ASSERT(!started_);
    const bool wants_tls = std::any_of(options_.endpoints.begin(), options_.endpoints.end(), [](const Endpoint& each) { return each.tls; });
    if (wants_tls && !options_.tls) return Error{ErrorCode::config, "start the server", "", "an endpoint with TLS, and no certificate", "name a certificate and a key"};
    if (options_.tls) {
        VERITAG_TRY(tls_, load_tls(*options_.tls));
    }
    std::vector<Listener> bound;
    for (const Endpoint& endpoint : options_.endpoints) {
        VERITAG_TRY(std::vector<Listener> some, listen_on(endpoint));
        std::move(some.begin(), some.end(), std::back_inserter(bound));
    }
    if (bound.empty()) return Error{ErrorCode::config, "start the server", "", "no endpoint to listen on", ""};
    for (Listener& listener : bound) {
        endpoints_.push_back(listener.endpoint());
        doors_.push_back(std::make_shared<Door>(io_, std::move(listener)));
    }
    const SignalsBlocked signals;
    pool_.emplace(options_.threads);
    for (const std::shared_ptr<Door>& door : doors_) {
        const auto report = [](const std::exception_ptr& failure) {
            if (failure) log::error("accepting connections has failed", {{"cause", text_of(failure)}});
        };
        asio::co_spawn(io_, accept_from(door), report);
    }
    thread_ = std::thread([this] { io_.run(); });
    started_ = true;
    return ok();
}

Result<void> ServerCore::reload_tls(const std::optional<TlsOptions>& changed) {
    const std::optional<TlsOptions>& files = changed ? changed : options_.tls;
    if (!files) return Error{ErrorCode::config, "reload the TLS certificate", "", "this server was started without one", ""};
    VERITAG_TRY(std::shared_ptr<ssl_ctx_st> fresh, load_tls(*files));
    if (changed) options_.tls = changed;
    const std::lock_guard lock(mutex_);
    tls_ = std::move(fresh);
    return ok();
}

std::shared_ptr<ssl_ctx_st> ServerCore::current_tls() {
    const std::lock_guard lock(mutex_);
    return tls_;
}

bool ServerCore::stop(std::chrono::milliseconds within) {
    if (!started_) return true;
    if (stopped_) return *stopped_;
    asio::post(io_, [this] { begin_stop(); });
    std::unique_lock lock(mutex_);
    const bool clean = changed_.wait_for(lock, std::min<std::chrono::milliseconds>(within, kLongestStop), [this] { return all_gone_; });
    stopped_ = clean;
    if (clean) return true;
    lock.unlock();
    handlers_stop_.request_stop();
    asio::post(io_, [this] { cut(); });
    lock.lock();
    changed_.wait(lock, [this] { return cut_done_ || all_gone_; });  // the last one may have ended by itself, and the I/O thread with it
    return false;
}

void ServerCore::begin_stop() {
    stopping_ = true;
    for (const std::shared_ptr<Door>& door : doors_) door->shut();
    doors_.clear();
    for (const auto& [connection, owner] : connections_) connection->drain();
    keep_running_.reset();
    if (connections_.empty()) all_ended();
}

void ServerCore::all_ended() {
    deadline_timer_.cancel();  // nothing keeps the I/O thread any more
    const std::lock_guard lock(mutex_);
    all_gone_ = true;
    changed_.notify_all();
}

void ServerCore::cut() {
    for (const auto& [connection, owner] : connections_) connection->close();
    const std::lock_guard lock(mutex_);
    cut_done_ = true;
    changed_.notify_all();
}

// ---- accepting ----

asio::awaitable<void> ServerCore::accept_from(std::shared_ptr<Door> door) {
    for (int in_a_row = 1; !stopping_; ++in_a_row) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        const int fd = ::accept4(door->listener->fd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        const int error = errno;
        if (fd >= 0) {
            admit_connection(door->listener->endpoint().tls, fd, address);
        } else if (error == EAGAIN || error == EWOULDBLOCK) {
            error_code ignored;
            co_await door->descriptor.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(asio::use_awaitable, ignored));
            in_a_row = 0;
        } else if (error != ECONNABORTED && error != EINTR && error != EPROTO) {
            co_await pause_accepting(error);
        }
        if (in_a_row < kAcceptsInARow) continue;
        in_a_row = 0;
        co_await asio::post(io_, asio::use_awaitable);
    }
}

// Out of descriptors or memory, mostly: idle connections give some back, and what is served goes on.
asio::awaitable<void> ServerCore::pause_accepting(int error) {
    counters_.refused(RefusedFor::descriptors);
    const SteadyClock::time_point now = SteadyClock::now();
    if (now - last_accept_warning_ > kAcceptWarningEvery) {
        last_accept_warning_ = now;
        log::warn("cannot accept a connection", {{"cause", std::strerror(error)}, {"open", connections_.size()}});
    }
    evict_longest_idle();
    asio::steady_timer timer(io_, kAcceptPause);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void ServerCore::admit_connection(bool tls, int fd, const sockaddr_storage& address) {
    ++counters_.connections_accepted;
    const std::string key = address_key(address, options_.limits.limit_loopback);
    const std::size_t limit = options_.limits.connections_per_address;
    const auto counted = per_address_.find(key);
    if (limit != 0 && counted != per_address_.end() && counted->second >= limit) return turn_away_connection(tls, fd, RefusedFor::address_limit);
    if (connections_.size() >= options_.limits.connections && !evict_longest_idle()) return turn_away_connection(tls, fd, RefusedFor::connection_limit);
    if (address.ss_family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (!key.empty()) ++per_address_[key];
    const auto connection = std::make_shared<Connection>(*this, fd, describe_peer(fd, address), key, tls ? current_tls() : nullptr);
    connections_.emplace(connection.get(), connection);
    counters_.connections_open = connections_.size();
    auto end = [this, connection](const std::exception_ptr& failure) { ended(connection, failure); };
    asio::co_spawn(io_, connection->run(), std::move(end));
}

void ServerCore::turn_away_connection(bool tls, int fd, RefusedFor reason) {
    counters_.refused(reason);
    static constexpr std::string_view kBusy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // Said as well as it goes: it fits into an empty socket buffer, and a client that has sent much already sees a reset.
    if (!tls && ::send(fd, kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) ::shutdown(fd, SHUT_WR);
    ::close(fd);
}

void ServerCore::ended(const std::shared_ptr<Connection>& connection, const std::exception_ptr& failure) {
    if (failure) log::error("a connection has failed", {{"cause", text_of(failure)}});
    no_longer_idle(*connection);
    connection->close();
    connection->clear_deadline();
    const auto counted = per_address_.find(connection->address_key());
    if (counted != per_address_.end() && --counted->second == 0) per_address_.erase(counted);
    connections_.erase(connection.get());
    counters_.connections_open = connections_.size();
    if (stopping_ && connections_.empty()) all_ended();
}

// ---- what connections share ----

void ServerCore::arm(SteadyClock::time_point time) {
    armed_for_ = time;
    deadline_timer_.expires_at(time);
    deadline_timer_.async_wait([this](const error_code& ec) {
        if (ec) return;  // armed anew
        armed_for_.reset();
        deadlines_.expire(SteadyClock::now());
        const auto next = deadlines_.earliest();
        if (next && (!armed_for_ || *next < *armed_for_)) arm(*next);
    });
}

void ServerCore::became_idle(Connection& connection) {
    if (!connection.idle_place) connection.idle_place = idle_.insert(idle_.end(), &connection);
}

void ServerCore::no_longer_idle(Connection& connection) {
    if (!connection.idle_place) return;
    idle_.erase(*connection.idle_place);
    connection.idle_place.reset();
}

bool ServerCore::evict_longest_idle() {
    if (idle_.empty()) return false;
    Connection& connection = *idle_.front();
    no_longer_idle(connection);
    counters_.refused(RefusedFor::evicted);
    connection.close();
    return true;
}

Admission ServerCore::admit(const RequestHead& request) {
    try {
        return handler_.admit(request);
    } catch (...) {
        log::error("request failed", {{"request", request.id}, {"method", request.method}, {"cause", text_of(std::current_exception())}});
        return problem(500, {}, {}, "about:blank", request.id);
    }
}

Answer ServerCore::handle_now(const Request& request) noexcept {
    std::shared_ptr<EventStream> events;
    try {
        Response response = handler_.handle(request);
        events = response.events;
        return make_answer(request, std::move(response));
    } catch (...) {
        log::error("request failed", {{"request", request.id}, {"method", request.method}, {"cause", text_of(std::current_exception())}});
    }
    if (events) events->finish(EventStream::End::not_sent);
    return make_answer(request, problem(500, {}, {}, "about:blank", request.id));
}

asio::awaitable<Answer> ServerCore::work(std::shared_ptr<Request> request) {
    ++in_work_;
    counters_.requests_in_work = in_work_;
    request->stop = handlers_stop_.get_token();
    const auto answer = std::make_shared<std::optional<Answer>>();
    std::function<void()> job = [this, request, answer] {
        // Whoever waited for a thread until the server was cut has nobody left to answer.
        const bool late = request->stop.stop_requested();
        *answer = late ? make_answer(*request, problem(503)) : handle_now(*request);
    };
    auto start = [this](auto handler, std::function<void()> run) {
        auto on_pool = [this, handler = std::move(handler), run = std::move(run)]() mutable {
            run();
            run = nullptr;
            asio::post(io_, std::move(handler));
        };
        asio::post(*pool_, std::move(on_pool));
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(start, asio::use_awaitable, std::move(job));
    --in_work_;
    counters_.requests_in_work = in_work_;
    co_return std::move(**answer);
}

bool ServerCore::hold_body(std::uint64_t bytes) {
    if (bytes > options_.limits.all_bodies_bytes - std::min(body_bytes_, options_.limits.all_bodies_bytes)) return false;
    body_bytes_ += bytes;
    return true;
}

bool ServerCore::open_stream() {
    if (counters_.event_streams_open >= options_.limits.event_streams) return false;
    ++counters_.event_streams_open;
    return true;
}

}  // namespace veritag::server
