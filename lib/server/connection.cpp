// Reading requests. What is sent back is in connection_reply.cpp.
#include "server/connection.h"

#include "base/text.h"
#include "server/chunked.h"
#include "server/tls.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace veritag::server {
namespace {

constexpr std::uint64_t kSkippedBody = 64 << 10;  // a body up to this size that nobody wants is read past, to keep the connection
constexpr std::chrono::milliseconds kLingerAtTheEnd{200};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Response problem_of(const Refusal& refusal, std::string_view id) { return problem(refusal.status, {}, refusal.detail, "about:blank", id); }

Refusal too_large(std::uint64_t limit) { return Refusal{413, "The body is larger than " + std::to_string(limit) + " bytes."}; }

}  // namespace

Response busy_response(std::string_view detail, std::string_view id) {
    Response response = problem(503, {}, detail, "about:blank", id);
    response.headers.set("Retry-After", "1");
    return response;
}

/// The bytes of a body that count as long as the request is under way.
class Connection::HeldBody {
public:
    explicit HeldBody(ServerCore& core) noexcept : core_(core) {}
    ~HeldBody() { core_.release_body(bytes_); }
    HeldBody(const HeldBody&) = delete;
    HeldBody& operator=(const HeldBody&) = delete;
    bool grow_to(std::uint64_t bytes) {
        if (bytes > bytes_ && !core_.hold_body(bytes - bytes_)) return false;
        bytes_ = std::max(bytes, bytes_);
        return true;
    }

private:
    ServerCore& core_;
    std::uint64_t bytes_ = 0;
};

Connection::Connection(ServerCore& core, int fd, Peer peer, std::string address_key, std::shared_ptr<ssl_ctx_st> tls)
    : Timed(core.deadlines()), core_(core), wire_(core.io(), fd), peer_(std::move(peer)), address_key_(std::move(address_key)), tls_(std::move(tls)) {}

// ---- ends that come from outside ----

void Connection::close() {
    lost_ = true;
    wire_.close();
    wake_stream();
}

void Connection::drain() {
    if (phase_ == Phase::idle || phase_ == Phase::handshake || phase_ == Phase::linger) return close();
    wake_stream();
}

void Connection::on_deadline() {
    switch (phase_) {
        case Phase::head:
        case Phase::body:
            core_.counters().refused(phase_ == Phase::head ? RefusedFor::header_time : RefusedFor::body_time);
            timed_out_ = true;
            wire_.interrupt();
            return;
        case Phase::handshake: core_.counters().refused(RefusedFor::handshake); break;
        case Phase::reply:
        case Phase::stream: core_.counters().refused(RefusedFor::write_time); break;
        case Phase::idle:
        case Phase::work:
        case Phase::linger: break;
    }
    close();
}

// ---- the course of a connection ----

asio::awaitable<void> Connection::run() {
    header_deadline_ = SteadyClock::now() + core_.options().times.header;
    if (tls_) {
        const bool ready = co_await shake_hands();
        if (!ready) co_return;
    }
    for (;;) {
        const bool more = co_await serve_one();
        if (!more) break;
        ++served_;
    }
    if (!lost_ && unread_)
        co_await linger();
    else
        wire_.finish_writing();
}

asio::awaitable<bool> Connection::shake_hands() {
    phase_ = Phase::handshake;
    set_deadline(SteadyClock::now() + core_.options().times.handshake);
    const Wire::Handshake result = co_await wire_.shake_hands(tls_.get());
    clear_deadline();
    header_deadline_ = SteadyClock::now() + core_.options().times.header;
    if (result == Wire::Handshake::done) {
        peer_.tls = describe_tls(wire_.tls());
        co_return true;
    }
    if (lost_) co_return false;  // counted by who cut it
    core_.counters().refused(RefusedFor::handshake);
    if (result == Wire::Handshake::plain_http) {
        Refusal refusal{400, "This port speaks HTTPS."};
        co_await refuse(std::move(refusal));
        co_await linger();
    }
    co_return false;
}

asio::awaitable<bool> Connection::serve_one() {
    const bool waiting = buffer_.empty();
    if (waiting) {
        const bool ready = co_await wait_for_request();
        if (!ready) co_return false;
    } else {
        header_deadline_ = SteadyClock::now() + core_.options().times.header;
        co_await asio::post(core_.io(), asio::use_awaitable);  // one client's pipeline is not everybody's turn
    }
    std::optional<Turn> turn = co_await read_head();
    if (!turn) co_return false;
    const bool more = co_await answer_turn(std::move(*turn));
    co_return more;
}

asio::awaitable<bool> Connection::wait_for_request() {
    if (core_.stopping()) co_return false;
    std::string().swap(buffer_);
    phase_ = Phase::idle;
    // The first head has its time from the connection on; the next ones from their first byte on.
    set_deadline(served_ == 0 ? header_deadline_ : SteadyClock::now() + core_.options().times.idle);
    core_.became_idle(*this);
    const bool ready = co_await wire_.wait_readable();
    core_.no_longer_idle(*this);
    if (served_ != 0) header_deadline_ = SteadyClock::now() + core_.options().times.header;
    co_return ready;
}

asio::awaitable<bool> Connection::fill() {
    const std::span<char> scratch = core_.scratch();
    const Moved moved = co_await wire_.read_some(scratch);
    buffer_.append(scratch.data(), moved.bytes);
    core_.counters().bytes_in += moved.bytes;
    if (moved.bytes == 0 && !timed_out_) lost_ = true;
    co_return moved.bytes > 0;
}

asio::awaitable<std::optional<Connection::Turn>> Connection::read_head() {
    phase_ = Phase::head;
    set_deadline(header_deadline_);
    const std::size_t limit = core_.options().limits.header_bytes;
    HeadEnd end;
    std::optional<Refusal> refusal;
    while (!refusal) {
        end = find_head_end(std::string_view(buffer_).substr(0, limit), end.size);
        if (end.kind == HeadEnd::Kind::found) break;
        if (end.kind == HeadEnd::Kind::malformed) {
            refusal = Refusal{400, "A line of the head does not end with CR LF, or there are empty lines before it."};
        } else if (buffer_.size() >= limit) {
            const bool in_first_line = buffer_.find('\n') >= limit;
            refusal = Refusal{in_first_line ? 414U : 431U, "The head is larger than " + std::to_string(limit) + " bytes."};
        } else {
            const bool more = co_await fill();
            if (!more && !timed_out_) co_return std::nullopt;
            if (!more) refusal = Refusal{408, "The head did not come in time."};
        }
    }
    if (!refusal) {
        std::variant<ParsedHead, Refusal> parsed = parse_request_head(std::string_view(buffer_).substr(0, end.size));
        buffer_.erase(0, end.size);
        if (auto* head = std::get_if<ParsedHead>(&parsed)) {
            Turn turn = begin_turn(std::move(*head));
            co_return turn;
        }
        refusal = std::get<Refusal>(std::move(parsed));
    }
    if (refusal->status != 408) core_.counters().refused(refusal->status == 414 || refusal->status == 431 ? RefusedFor::too_large : RefusedFor::malformed);
    co_await refuse(std::move(*refusal));
    co_return std::nullopt;
}

Connection::Turn Connection::begin_turn(ParsedHead head) {
    Turn turn;
    turn.framing = head.framing;
    turn.minor = head.minor;
    turn.keep_alive = head.keep_alive && served_ + 1 < core_.options().limits.requests_per_connection;
    unread_ = turn.keep_alive != head.keep_alive;  // the client may have sent its next request already
    turn.expects_continue = head.expects_continue;
    turn.start = SteadyClock::now();
    turn.request = std::make_shared<Request>();
    Request& request = *turn.request;
    request.method = std::move(head.method);
    request.raw_target = std::move(head.raw_target);
    request.target = std::move(head.target);
    if (head.framing != Framing::chunked) request.content_length = head.content_length;
    const std::string_view id = head.headers.get("X-Request-Id");
    request.id = is_clean_request_id(id) ? std::string(id) : make_request_id();
    request.headers = std::move(head.headers);
    request.peer = peer_;
    request.received = std::chrono::system_clock::now();
    return turn;
}

asio::awaitable<bool> Connection::answer_turn(Turn turn) {
    phase_ = Phase::work;
    clear_deadline();
    Request& request = *turn.request;
    Admission admission = core_.admit(request);
    const std::uint64_t max_body = admission.max_body_bytes.value_or(core_.options().limits.body_bytes);
    if (!admission.refusal && request.content_length.value_or(0) > max_body) {
        core_.counters().refused(RefusedFor::too_large);
        admission.refusal = problem_of(too_large(max_body), request.id);
    }
    if (!admission.refusal && core_.busy()) {
        core_.counters().refused(RefusedFor::busy);
        admission.refusal = busy_response("Too many requests wait already.", request.id);
    }
    if (admission.refusal) {
        const bool more = co_await turn_away(turn, std::move(*admission.refusal));
        co_return more;
    }
    request.attachment = std::move(admission.attachment);
    HeldBody held(core_);
    std::optional<Refusal> refusal = co_await read_body(turn, max_body, held);
    if (lost_) co_return false;
    if (!refusal && core_.busy()) {
        core_.counters().refused(RefusedFor::busy);
        Answer answer = make_answer(request, busy_response("Too many requests wait already.", request.id));
        const bool more = co_await deliver(turn, std::move(answer));
        co_return more;
    }
    if (refusal) {
        Answer answer = make_answer(request, refusal->status == 503 ? busy_response(refusal->detail, request.id) : problem_of(*refusal, request.id));
        turn.keep_alive = false;
        unread_ = true;
        co_await deliver(turn, std::move(answer));
        co_return false;
    }
    phase_ = Phase::work;
    clear_deadline();
    Answer answer = co_await core_.work(turn.request);
    if (lost_) {
        if (answer.events) answer.events->finish(EventStream::End::not_sent);
        co_return false;
    }
    const bool more = co_await deliver(turn, std::move(answer));
    co_return more;
}

asio::awaitable<std::optional<Refusal>> Connection::read_body(const Turn& turn, std::uint64_t max_bytes, HeldBody& held) {
    std::string& body = turn.request->body;
    const std::uint64_t length = turn.request->content_length.value_or(0);
    if (turn.framing == Framing::none || (turn.framing == Framing::length && length == 0)) co_return std::nullopt;
    const ServerTimes& times = core_.options().times;
    const Pace pace{SteadyClock::now(), times.body, times.body_bytes_per_second};
    phase_ = Phase::body;
    if (turn.expects_continue && buffer_.empty()) {
        const Pace reply_pace{pace.start, times.write_stall, times.reply_bytes_per_second};
        const bool sent = co_await write_all(kContinue, reply_pace, 0);
        if (!sent) co_return std::nullopt;
        phase_ = Phase::body;
    }
    std::optional<Refusal> refusal;
    ChunkedDecoder chunks(max_bytes);
    for (;;) {
        bool done = false;
        if (turn.framing == Framing::length) {
            const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(length - body.size(), buffer_.size()));
            body.append(buffer_, 0, part);
            buffer_.erase(0, part);
            done = body.size() == length;
        } else {
            buffer_.erase(0, chunks.feed(buffer_, body));
            refusal = chunks.refusal();
            if (refusal) core_.counters().refused(refusal->status == 413 ? RefusedFor::too_large : RefusedFor::malformed);
            done = chunks.done();
        }
        if (!refusal && !held.grow_to(body.capacity())) {
            core_.counters().refused(RefusedFor::busy);
            refusal = Refusal{503, "The bodies of other requests take all the room."};
        }
        if (refusal || done) co_return refusal;
        set_deadline(pace.deadline(body.size()));
        const bool more = co_await fill();
        if (!more && timed_out_) refusal = Refusal{408, "The body did not come in time."};
        if (!more) co_return refusal;
    }
}

// The reply goes out first. A small body that is under way is read past; of a large one the connection ends.
asio::awaitable<bool> Connection::turn_away(const Turn& turn, Response response) {
    Turn last = turn;
    const bool has_body = turn.framing == Framing::chunked || turn.request->content_length.value_or(0) > 0;
    // With `Expect` the client may send the body or the next request: there is no telling which.
    const bool skip = has_body && !turn.expects_continue && turn.request->content_length.value_or(0) <= kSkippedBody;
    if (has_body && !skip) {
        last.keep_alive = false;
        unread_ = true;
    }
    Answer answer = make_answer(*turn.request, std::move(response));
    const bool more = co_await deliver(last, std::move(answer));
    if (!more || !skip) co_return more;
    HeldBody held(core_);
    const std::optional<Refusal> refusal = co_await read_body(turn, kSkippedBody, held);
    if (refusal || lost_) {
        unread_ = true;
        co_return false;
    }
    co_return true;
}

// Closing a socket with unread bytes in it makes TCP reset the connection, and the client may never see the reply.
asio::awaitable<void> Connection::linger() {
    constexpr std::size_t kEnough = 256 << 10;
    phase_ = Phase::linger;
    wire_.finish_writing();
    // A server that stops has no time for clients that do not close.
    const std::chrono::milliseconds time = core_.options().times.linger;
    set_deadline(SteadyClock::now() + (core_.stopping() ? std::min(time, kLingerAtTheEnd) : time));
    core_.became_idle(*this);
    std::size_t total = 0;
    while (total < kEnough) {
        std::size_t bytes = 0;
        const bool more = co_await wire_.discard_some(bytes);
        if (!more) break;
        total += bytes;
    }
    core_.no_longer_idle(*this);
}

}  // namespace veritag::server
