// Sending: replies, refusals, event streams.
#include "base/log.h"
#include "base/text.h"
#include "server/connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace veritag::server {
namespace {

constexpr std::size_t kOneWrite = 16 << 10;      // a body up to this size goes out with its head
constexpr std::size_t kStrayBytes = 64 << 10;    // what a client may send while it gets events
constexpr std::string_view kHeartbeat = ":\n\n";  // a comment
constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::chrono::sys_seconds now_in_seconds() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string chunk_of(std::string_view bytes) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
    std::string chunk(size.data(), end.ptr);
    chunk += "\r\n";
    chunk += bytes;
    return chunk + "\r\n";
}

}  // namespace

// ---- one reply ----

asio::awaitable<bool> Connection::write_all(std::string_view bytes, Pace pace, std::uint64_t sent) {
    while (!bytes.empty()) {
        set_deadline(std::min(SteadyClock::now() + core_.options().times.write_stall, pace.deadline(sent)));
        const Moved moved = co_await wire_.write_some(bytes);
        if (moved.bytes == 0) {
            lost_ = true;
            break;
        }
        core_.counters().bytes_out += moved.bytes;
        sent += moved.bytes;
        bytes.remove_prefix(moved.bytes);
    }
    clear_deadline();
    co_return !lost_;
}

asio::awaitable<bool> Connection::send_answer(const Answer& answer, Wish wish) {
    phase_ = Phase::reply;
    const ServerTimes& times = core_.options().times;
    const Pace pace{SteadyClock::now(), times.write_stall, times.reply_bytes_per_second};
    std::string text = head_text(answer, wish);
    const std::size_t head_size = text.size();
    const bool in_one = wish.head_only || answer.body->size() <= kOneWrite;
    if (in_one && !wish.head_only) text += *answer.body;
    bool sent = co_await write_all(text, pace, 0);
    if (sent && !in_one) sent = co_await write_all(*answer.body, pace, head_size);
    co_return sent;
}

asio::awaitable<bool> Connection::deliver(const Turn& turn, Answer answer) {
    const Request& request = *turn.request;
    const bool head_only = request.method == "HEAD";
    if (answer.events && (head_only || !core_.open_stream())) {
        answer.events->finish(EventStream::End::not_sent);
        if (!head_only) {
            core_.counters().refused(RefusedFor::busy);
            answer = make_answer(request, busy_response("Too many event streams are open.", request.id));
        }
    }
    const bool close = !turn.keep_alive || answer.close || answer.events || core_.stopping();
    if (close && turn.keep_alive) unread_ = true;  // the client may have sent its next request already
    const Wish wish{head_only, close, turn.minor, request.id, now_in_seconds()};
    core_.counters().answered(request.method, answer.status);
    if (answer.events && !head_only) {
        co_await stream(answer.events, answer, wish);
        co_return false;
    }
    const bool sent = co_await send_answer(answer, wish);
    const std::chrono::duration<double> time = SteadyClock::now() - turn.start;
    core_.counters().took(time);
    log::debug("http request", {{"request", request.id},
                                {"method", request.method},
                                {"status", answer.status},
                                {"bytes", answer.body->size()},
                                {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(time).count()},
                                {"peer", request.peer.address}});
    co_return sent && !close;
}

asio::awaitable<void> Connection::refuse(Refusal refusal) {
    unread_ = true;
    RequestHead nobody;
    nobody.id = make_request_id();
    nobody.method = "-";
    core_.counters().answered(nobody.method, refusal.status);
    const Answer answer = make_answer(nobody, problem(refusal.status, {}, refusal.detail, "about:blank", nobody.id));
    const Wish wish{false, true, 1, nobody.id, now_in_seconds()};
    co_await send_answer(answer, wish);
}

// ---- event streams ----

/// Takes the stream's place among the open ones, and ends it for its owner whatever happens.
class Connection::Streaming {
public:
    Streaming(Connection& connection, std::shared_ptr<EventStream> events, asio::steady_timer& timer) : connection_(connection), events_(std::move(events)) {
        connection_.events_ = events_.get();
        connection_.stream_timer_ = &timer;
        // Any thread may call this, also when the connection or the whole server is about to go: `finish` below ends it.
        events_->attach([weak = connection_.weak_from_this(), &io = connection_.core_.io()] {
            asio::post(io, [weak] {
                if (const auto self = weak.lock()) self->wake_stream();
            });
        });
    }
    ~Streaming() {
        connection_.events_ = nullptr;
        connection_.stream_timer_ = nullptr;
        connection_.core_.close_stream();
        events_->finish(end);
    }
    Streaming(const Streaming&) = delete;
    Streaming& operator=(const Streaming&) = delete;

    EventStream::End end = EventStream::End::client_gone;

private:
    Connection& connection_;
    std::shared_ptr<EventStream> events_;
};

void Connection::wake_stream() {
    if (events_ != nullptr && events_->too_slow()) wire_.close();  // the write that waits would wait on
    if (stream_timer_ != nullptr) stream_timer_->cancel();
}

asio::awaitable<void> Connection::watch_peer(std::shared_ptr<Connection> self) {
    std::size_t stray = 0;
    while (stray <= kStrayBytes) {
        const Moved moved = co_await wire_.read_some(core_.scratch());
        if (moved.bytes == 0) break;
        stray += moved.bytes;
    }
    self->close();
}

asio::awaitable<void> Connection::stream(std::shared_ptr<EventStream> events, const Answer& answer, Wish wish) {
    asio::steady_timer timer(core_.io());
    Streaming streaming(*this, events, timer);
    const bool begun = co_await send_answer(answer, wish);
    if (!begun) co_return;
    phase_ = Phase::stream;
    asio::co_spawn(core_.io(), watch_peer(shared_from_this()), asio::detached);
    streaming.end = co_await pump(*events, timer, wish.minor);
    if (streaming.end == EventStream::End::too_slow) close();
    if (lost_ || wish.minor == 0) co_return;
    const Pace pace{SteadyClock::now(), core_.options().times.write_stall, core_.options().times.reply_bytes_per_second};
    co_await write_all(kLastChunk, pace, 0);
}

asio::awaitable<bool> Connection::write_event(std::string_view bytes, int minor) {
    const Pace pace{SteadyClock::now(), core_.options().times.write_stall, core_.options().times.reply_bytes_per_second};
    const std::string chunk = minor == 0 ? std::string(bytes) : chunk_of(bytes);
    const bool sent = co_await write_all(chunk, pace, 0);
    co_return sent;
}

asio::awaitable<EventStream::End> Connection::pump(EventStream& events, asio::steady_timer& timer, int minor) {
    SteadyClock::time_point next_heartbeat = SteadyClock::now() + core_.options().times.heartbeat;
    for (;;) {
        EventStream::Taken taken = events.take();
        if (taken.too_slow) co_return EventStream::End::too_slow;
        if (lost_) co_return core_.stopping() ? EventStream::End::shutdown : EventStream::End::client_gone;
        if (taken.bytes.empty() && taken.closed) co_return EventStream::End::closed;
        if (taken.bytes.empty() && core_.stopping()) co_return EventStream::End::shutdown;
        if (taken.bytes.empty() && SteadyClock::now() >= next_heartbeat) taken.bytes = kHeartbeat;
        if (!taken.bytes.empty()) {
            next_heartbeat = SteadyClock::now() + core_.options().times.heartbeat;
            co_await write_event(taken.bytes, minor);
            continue;
        }
        timer.expires_at(next_heartbeat);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace veritag::server
