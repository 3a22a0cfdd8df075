// One connection, from its handshake to its end: a coroutine on the I/O thread. Private to the module.
#pragma once

#include "server/answer.h"
#include "server/core.h"
#include "server/deadlines.h"
#include "server/request_head.h"
#include "server/wire.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::server {

/// 503 with Retry-After.
Response busy_response(std::string_view detail, std::string_view id);

class Connection final : public Timed, public std::enable_shared_from_this<Connection> {
public:
    /// `tls` is null for a connection without TLS; `address_key` is what `ServerCore` counts it under.
    Connection(ServerCore& core, int fd, Peer peer, std::string address_key, std::shared_ptr<ssl_ctx_st> tls);

    asio::awaitable<void> run();
    void close();  ///< at once; `run` ends soon
    void drain();  ///< the server stops: end when the request at hand is answered

    [[nodiscard]] const std::string& address_key() const noexcept { return address_key_; }
    std::optional<std::list<Connection*>::iterator> idle_place;  ///< for `ServerCore`

private:
    enum class Phase { handshake, idle, head, body, work, reply, stream, linger };
    /// One request under way.
    struct Turn {
        std::shared_ptr<Request> request;
        Framing framing = Framing::none;
        int minor = 1;
        bool keep_alive = true;
        bool expects_continue = false;
        SteadyClock::time_point start;
    };
    class HeldBody;
    class Streaming;

    void on_deadline() override;

    asio::awaitable<bool> shake_hands();
    /// One request; false where it was the last one.
    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> wait_for_request();
    asio::awaitable<std::optional<Turn>> read_head();  ///< nullopt: what is wrong was answered, or nobody is there to hear it
    asio::awaitable<bool> answer_turn(Turn turn);
    /// Why the body could not be read whole; nullopt with `lost_` where nobody is there to hear it.
    asio::awaitable<std::optional<Refusal>> read_body(const Turn& turn, std::uint64_t max_bytes, HeldBody& held);
    asio::awaitable<bool> turn_away(const Turn& turn, Response response);
    asio::awaitable<void> linger();

    asio::awaitable<bool> deliver(const Turn& turn, Answer answer);
    asio::awaitable<bool> send_answer(const Answer& answer, Wish wish);
    asio::awaitable<void> refuse(Refusal refusal);  ///< without a request, and the last of this connection
    asio::awaitable<bool> write_all(std::string_view bytes, Pace pace, std::uint64_t sent);

    asio::awaitable<void> stream(std::shared_ptr<EventStream> events, const Answer& answer, Wish wish);
    asio::awaitable<EventStream::End> pump(EventStream& events, asio::steady_timer& timer, int minor);
    asio::awaitable<bool> write_event(std::string_view bytes, int minor);  ///< as a chunk, but to HTTP/1.0
    asio::awaitable<void> watch_peer(std::shared_ptr<Connection> self);  ///< reads on, so that the client's end is noticed
    void wake_stream();

    asio::awaitable<bool> fill();  ///< more bytes in `buffer_`
    Turn begin_turn(ParsedHead head);

    ServerCore& core_;
    Wire wire_;
    Peer peer_;
    std::string address_key_;
    std::shared_ptr<ssl_ctx_st> tls_;
    Phase phase_ = Phase::handshake;
    std::string buffer_;  ///< read and not used yet
    SteadyClock::time_point header_deadline_;
    std::size_t served_ = 0;
    bool timed_out_ = false;  ///< the wait was interrupted because the time is over, and the client can still be told
    bool lost_ = false;       ///< the client is gone, or was cut
    bool unread_ = false;     ///< the client may still be sending
    EventStream* events_ = nullptr;
    asio::steady_timer* stream_timer_ = nullptr;
};

}  // namespace veritag::server
