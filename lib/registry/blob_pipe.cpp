#include "registry/blob_pipe.h"

#include <boost/asio/post.hpp>

namespace veritag::registry {

Chunk BlobPipe::spare() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return {};
    Chunk chunk = std::move(spare_.back());
    spare_.pop_back();
    return chunk;
}

asio::awaitable<bool> BlobPipe::push(Chunk chunk) {
    while (!scope_.requested()) {
        {
            const std::lock_guard lock(mutex_);
            if (cancelled_) break;
            if (chunks_.size() < kCapacity) {
                chunks_.push_back(std::move(chunk));
                filled_.notify_one();
                co_return true;
            }
            waits_for_room_ = true;  // a wake-up posted from now on runs after the wait below has begun
        }
        co_await room_.wait(Waiters::kForever, scope_);
    }
    co_return false;
}

void BlobPipe::finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    filled_.notify_one();
}

void BlobPipe::fail(Error error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    filled_.notify_one();
}

Result<Chunk> BlobPipe::pop(Chunk used) {
    std::unique_lock lock(mutex_);
    if (!used.bytes().empty()) spare_.push_back(std::move(used));
    filled_.wait(lock, [this] { return cancelled_ || !chunks_.empty() || finished_ || error_; });
    if (cancelled_) return stopped_;
    if (chunks_.empty()) {
        if (error_) return *error_;
        return Chunk();
    }
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    const bool wake = std::exchange(waits_for_room_, false);
    lock.unlock();
    if (!wake) return chunk;
    if (const auto io = io_.lock()) asio::post(*io, [self = shared_from_this()] { self->room_.wake_all(); });
    return chunk;
}

void BlobPipe::cancel() {
    {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
        chunks_.clear();
        filled_.notify_one();
    }
    if (const auto io = io_.lock()) asio::post(*io, [self = shared_from_this()] { self->scope_.request(); });
}

}  // namespace veritag::registry
