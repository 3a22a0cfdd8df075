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
#include <span>
#include <vector>

namespace veritag::registry {

/// Bytes of a blob in memory that goes round: from the socket to the reader and back.
class Chunk {
public:
    static constexpr std::size_t kBytes = 128 << 10;
    /// Room for kBytes, where the next bytes of the socket go.
    [[nodiscard]] std::span<std::byte> room() {
        if (memory_ == nullptr) memory_ = std::make_unique_for_overwrite<std::byte[]>(kBytes);
        return {memory_.get(), kBytes};
    }
    /// Bytes `begin` up to `end` of the room are the blob's.
    void hold(std::size_t begin, std::size_t end) noexcept {
        begin_ = begin;
        end_ = end;
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }

private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// At most 8 chunks wait in it; while it is full the socket is not read. Either end may outlive the other.
class BlobPipe : public std::enable_shared_from_this<BlobPipe> {
public:
    explicit BlobPipe(std::weak_ptr<asio::io_context> io, Error stopped) : io_(std::move(io)), stopped_(std::move(stopped)) {}

    // I/O thread.
    Chunk spare();  ///< one that was read, or a new one
    /// Waits for room. False: nobody wants more.
    asio::awaitable<bool> push(Chunk chunk);
    void finish();           ///< all bytes were pushed
    void fail(Error error);  ///< comes after what was pushed before
    [[nodiscard]] CancelScope& scope() noexcept { return scope_; }

    // The reader's thread.
    /// Blocks for the next chunk; an empty one is the end. `used` is what the last call gave.
    Result<Chunk> pop(Chunk used);

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
    std::deque<Chunk> chunks_;
    std::vector<Chunk> spare_;
    std::optional<Error> error_;
    bool finished_ = false;
    bool cancelled_ = false;
    bool waits_for_room_ = false;
};

}  // namespace veritag::registry
