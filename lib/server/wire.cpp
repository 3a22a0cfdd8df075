#include "server/wire.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace veritag::server {
namespace {

using boost::system::error_code;

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

int tls_size(std::size_t size) noexcept { return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max())); }

}  // namespace

Wire::Wire(asio::io_context& io, int fd) : descriptor_(io, fd), tls_(nullptr, &SSL_free) {}
Wire::~Wire() { close(); }

void Wire::interrupt() {
    error_code ignored;
    if (open_) descriptor_.cancel(ignored);
}

void Wire::close() {
    if (!open_) return;
    open_ = false;
    error_code ignored;
    descriptor_.close(ignored);
}

asio::awaitable<bool> Wire::wait(For what) {
    if (!open_) co_return false;
    const auto kind = what == For::reading ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
    error_code ec;
    co_await descriptor_.async_wait(kind, asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec && open_;
}

asio::awaitable<bool> Wire::wait_for_tls(int result) {
    const int reason = SSL_get_error(tls_.get(), result);
    if (reason == SSL_ERROR_WANT_READ) co_return co_await wait(For::reading);
    if (reason == SSL_ERROR_WANT_WRITE) co_return co_await wait(For::writing);
    co_return false;
}

asio::awaitable<Wire::Handshake> Wire::shake_hands(ssl_ctx_st* context) {
    tls_.reset(SSL_new(context));
    if (!tls_ || SSL_set_fd(tls_.get(), fd()) != 1) co_return Handshake::failed;
    for (;;) {
        ERR_clear_error();
        const int result = SSL_accept(tls_.get());
        if (result == 1) co_return Handshake::done;
        const bool plain = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
        const bool again = co_await wait_for_tls(result);
        if (again) continue;
        if (plain) tls_.reset();
        co_return plain ? Handshake::plain_http : Handshake::failed;
    }
}

asio::awaitable<bool> Wire::wait_readable() {
    if (tls_ && SSL_pending(tls_.get()) > 0) co_return open_;
    co_return co_await wait(For::reading);
}

asio::awaitable<Moved> Wire::read_some(std::span<char> into) {
    Moved moved;
    while (open_) {
        bool again = false;
        if (tls_) {
            ERR_clear_error();
            const int got = SSL_read(tls_.get(), into.data(), tls_size(into.size()));
            if (got > 0) {
                moved.bytes = static_cast<std::size_t>(got);
                co_return moved;
            }
            moved.end = SSL_get_error(tls_.get(), got) == SSL_ERROR_ZERO_RETURN;
            again = co_await wait_for_tls(got);
        } else {
            const ssize_t got = ::recv(fd(), into.data(), into.size(), 0);
            if (got > 0) {
                moved.bytes = static_cast<std::size_t>(got);
                co_return moved;
            }
            moved.end = got == 0;
            if (got < 0 && errno == EINTR) continue;
            if (got < 0 && would_block(errno)) again = co_await wait(For::reading);
        }
        if (!again) break;
    }
    co_return moved;
}

asio::awaitable<Moved> Wire::write_some(std::string_view bytes) {
    Moved moved;
    while (open_) {
        bool again = false;
        if (tls_) {
            ERR_clear_error();
            const int sent = SSL_write(tls_.get(), bytes.data(), tls_size(bytes.size()));
            if (sent > 0) {
                moved.bytes = static_cast<std::size_t>(sent);
                co_return moved;
            }
            again = co_await wait_for_tls(sent);
        } else {
            const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent > 0) {
                moved.bytes = static_cast<std::size_t>(sent);
                co_return moved;
            }
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0 && would_block(errno)) again = co_await wait(For::writing);
        }
        if (!again) break;
    }
    co_return moved;
}

void Wire::finish_writing() noexcept {
    if (!open_) return;
    if (tls_) {
        ERR_clear_error();
        SSL_shutdown(tls_.get());  // says that no more comes; where the socket is full the client learns it from the end of TCP
    }
    ::shutdown(fd(), SHUT_WR);
}

asio::awaitable<bool> Wire::discard_some(std::size_t& bytes) {
    std::array<char, 4096> nowhere;
    while (open_) {
        const ssize_t got = ::recv(fd(), nowhere.data(), nowhere.size(), 0);
        if (got > 0) {
            bytes = static_cast<std::size_t>(got);
            co_return true;
        }
        if (got < 0 && errno == EINTR) continue;
        if (got == 0 || !would_block(errno)) break;
        const bool again = co_await wait(For::reading);
        if (!again) break;
    }
    co_return false;
}

}  // namespace veritag::server
