// What all connections of a server share: the threads, the limits, the list of those that are idle. Private to the module.
#pragma once

#include "server/answer.h"
#include "server/counter_store.h"
#include "server/deadlines.h"
#include "server/handler.h"
#include "server/listener.h"
#include "server/options.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

struct ssl_ctx_st;

namespace veritag::server {

namespace asio = boost::asio;

class Connection;

class ServerCore {
public:
    ServerCore(ServerOptions options, Handler& handler);
    ~ServerCore();
    ServerCore(const ServerCore&) = delete;
    ServerCore& operator=(const ServerCore&) = delete;

    // ---- for Server, on the owner's thread ----

    Result<void> start();
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }
    Result<void> reload_tls(const std::optional<TlsOptions>& changed);
    bool stop(std::chrono::milliseconds within);
    [[nodiscard]] Counters picture() const { return counters_.picture(); }

    // ---- for connections, on the I/O thread ----

    [[nodiscard]] asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] const ServerOptions& options() const noexcept { return options_; }
    [[nodiscard]] CounterStore& counters() noexcept { return counters_; }
    [[nodiscard]] Deadlines& deadlines() noexcept { return deadlines_; }
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }
    /// Room to read into, shared by all: what was read must be copied out before the next wait.
    [[nodiscard]] std::span<char> scratch() noexcept { return scratch_; }

    void became_idle(Connection& connection);
    void no_longer_idle(Connection& connection);

    /// The handler's `admit`; what it throws becomes a 500.
    Admission admit(const RequestHead& request);
    [[nodiscard]] bool busy() const noexcept { return in_work_ >= options_.threads + options_.limits.waiting_requests; }
    /// The handler's `handle` on a thread of the pool; what it throws becomes a 500.
    asio::awaitable<Answer> work(std::shared_ptr<Request> request);

    /// Bytes of bodies in memory. False where there are too many; then they do not count.
    bool hold_body(std::uint64_t bytes);
    void release_body(std::uint64_t bytes) noexcept { body_bytes_ -= bytes; }
    bool open_stream();
    void close_stream() noexcept { --counters_.event_streams_open; }

private:
    /// An endpoint that is accepted from.
    struct Door {
        Door(asio::io_context& io, Listener bound) : listener(std::move(bound)), descriptor(io, listener->fd()) {}
        ~Door() { shut(); }
        void shut();
        std::optional<Listener> listener;  ///< owns the descriptor's number
        asio::posix::stream_descriptor descriptor;
    };

    std::shared_ptr<ssl_ctx_st> current_tls();
    asio::awaitable<void> accept_from(std::shared_ptr<Door> door);
    asio::awaitable<void> pause_accepting(int error);
    void admit_connection(bool tls, int fd, const sockaddr_storage& address);
    void turn_away_connection(bool tls, int fd, RefusedFor reason);
    void ended(const std::shared_ptr<Connection>& connection, const std::exception_ptr& failure);
    bool evict_longest_idle();
    void arm(SteadyClock::time_point time);
    void begin_stop();
    void all_ended();
    void cut();
    Answer handle_now(const Request& request) noexcept;

    ServerOptions options_;
    Handler& handler_;
    CounterStore counters_;
    std::vector<Endpoint> endpoints_;

    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_running_{io_.get_executor()};
    std::optional<asio::thread_pool> pool_;
    std::thread thread_;
    bool started_ = false;

    // On the I/O thread only.
    Deadlines deadlines_;
    asio::steady_timer deadline_timer_{io_};
    std::optional<SteadyClock::time_point> armed_for_;
    std::vector<std::shared_ptr<Door>> doors_;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
    std::unordered_map<std::string, std::size_t> per_address_;
    std::list<Connection*> idle_;  ///< the longest idle one first
    std::size_t in_work_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::vector<char> scratch_;
    SteadyClock::time_point last_accept_warning_{};
    bool stopping_ = false;

    std::stop_source handlers_stop_;
    std::mutex mutex_;
    std::shared_ptr<ssl_ctx_st> tls_;  ///< under `mutex_`
    std::condition_variable changed_;
    bool all_gone_ = false;   ///< under `mutex_`: no connection is left after the stop began
    bool cut_done_ = false;   ///< under `mutex_`
    std::optional<bool> stopped_;  ///< the result of the first `stop`
};

}  // namespace veritag::server
