// The bounded channel between the I/O thread, which fills it, and the thread that reads a blob.
#pragma once

#include "base/result.h"
#include "registry/waiting.h"

#include <boost/asio/io_context.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace veritag::registry {

/// At most 8 chunks wait in it; while it is full the socket is not read. Either end may outlive the other.
class BlobPipe : public std::enable_shared_from_this<BlobPipe> {
public:
    explicit BlobPipe(std::weak_ptr<asio::io_context> io, Error stopped) : io_(std::move(io)), stopped_(std::move(stopped)) {}

    // I/O thread.
    /// Waits for room. False: nobody wants more.
    asio::awaitable<bool> push(std::vector<std::byte> chunk);
    void finish();           ///< all bytes were pushed
    void fail(Error error);  ///< comes after what was pushed before
    [[nodiscard]] CancelScope& scope() noexcept { return scope_; }

    // The reader's thread.
    /// Blocks for the next chunk; an empty one is the end.
    Result<std::vector<std::byte>> pop();

    // Any thread.
    /// Ends the transfer; `pop` fails from now on.
    void cancel();

private:
    static constexpr std::size_t kCapacity = 8;

    std::weak_ptr<asio::io_context> io_;  // weak: the client may be gone before its blobs
    Error stopped_;
    CancelScope scope_;  // I/O thread
    Waiters room_;       // I/O thread

    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<std::vector<std::byte>> chunks_;
    std::optional<Error> error_;
    bool finished_ = false;
    bool cancelled_ = false;
    bool waits_for_room_ = false;
};

}  // namespace veritag::registry
