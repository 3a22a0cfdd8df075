// Server-sent events (WHATWG HTML, 9.2): a reply that goes on. Any thread feeds it, the server's I/O thread sends it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace veritag::server {

class EventStream {
public:
    /// Why a stream is over.
    enum class End {
        closed,       ///< by `close()`, and all was sent
        client_gone,  ///< the connection was closed or broke
        too_slow,     ///< the client did not read, and the buffer was full
        shutdown,     ///< the server stops
        not_sent,     ///< the reply never became a stream: a HEAD request, too many streams, a failure before
    };

    /// `buffer_bytes`: what may wait for a slow reader.
    explicit EventStream(std::size_t buffer_bytes = 256 << 10);
    ~EventStream();
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    /// False where nobody will get it: closed, the client gone, or dropped because it does not read. `data` may have several lines.
    /// Line breaks in `event` and `id` are dropped; an empty `event` is what browsers call `message`, an empty `id` is left out.
    bool send(std::string_view event, std::string_view data, std::string_view id = {});
    void close();  ///< what was sent before still goes out
    [[nodiscard]] bool open() const;

    /// Called once when the stream is over, on the I/O thread, where it must not block; at once when it is over already. One listener.
    void on_end(std::function<void(End)> listener);

    // ---- the server's side ----

    struct Taken {
        std::string bytes;      ///< everything that waited, ready for the wire
        bool closed = false;    ///< nothing more will come
        bool too_slow = false;  ///< the buffer was full
    };
    /// `wake` is called when there is something to take, on any thread and under a lock: it only posts. Once until the next `take()`, and
    /// once more when the reader turns out to be too slow.
    void attach(std::function<void()> wake);
    [[nodiscard]] Taken take();
    [[nodiscard]] bool too_slow() const;
    void finish(End end);  ///< the first call counts

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// One event as it stands on the wire.
std::string format_event(std::string_view event, std::string_view data, std::string_view id);

}  // namespace veritag::server
