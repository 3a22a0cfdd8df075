// A connected socket, perhaps with TLS on it, for coroutines on the I/O thread. Private to the module.
//
// Every operation is tried at once and waits for the socket only where it would block. So one class serves TCP and Unix sockets, plain and
// TLS, and an idle connection holds no buffers: what waits is a readiness, not a read.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace veritag::server {

namespace asio = boost::asio;

/// How a read or write ended.
struct Moved {
    std::size_t bytes = 0;  ///< 0 only where nothing more will move
    bool end = false;       ///< the peer has said that it sends no more
};

class Wire {
public:
    Wire(asio::io_context& io, int fd);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    enum class Handshake { done, failed, plain_http };
    /// The server's side of a handshake. `plain_http`: the client spoke HTTP without TLS; an answer without TLS can still be sent.
    asio::awaitable<Handshake> shake_hands(ssl_ctx_st* context);
    [[nodiscard]] ssl_st* tls() const noexcept { return tls_.get(); }

    /// Until there is something to read, or the end. False where the wait was interrupted.
    asio::awaitable<bool> wait_readable();
    /// At least one byte, or nothing more.
    asio::awaitable<Moved> read_some(std::span<char> into);
    asio::awaitable<Moved> write_some(std::string_view bytes);

    /// No more writing; TLS is ended, and the peer's end may still be waited for with `discard_some`.
    void finish_writing() noexcept;
    /// Reads below TLS and throws away. False at the end.
    asio::awaitable<bool> discard_some(std::size_t& bytes);

    /// Ends what waits now; the next operation goes on as usual.
    void interrupt();
    /// Ends what waits and everything after it.
    void close();
    [[nodiscard]] bool open() const noexcept { return open_; }
    [[nodiscard]] int fd() noexcept { return descriptor_.native_handle(); }

private:
    enum class For { reading, writing };
    asio::awaitable<bool> wait(For what);
    /// What OpenSSL wants before it goes on; false where it never will.
    asio::awaitable<bool> wait_for_tls(int result);

    asio::posix::stream_descriptor descriptor_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
    bool open_ = true;
};

}  // namespace veritag::server
