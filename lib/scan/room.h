// A share of memory for work that several threads do.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace veritag::scan {

/// Thread-safe. Work that fits beside what is going on goes on side by side; what is larger than all of the room has it for itself.
class Room {
public:
    explicit Room(std::uint64_t bytes) : bytes_(bytes) {}

    /// Taken while it lives. Nobody may wait for anything else meanwhile but the processor.
    class Share {
    public:
        Share(Room& room, std::uint64_t bytes) : room_(room), bytes_(bytes) {
            std::unique_lock lock(room_.mutex_);
            room_.freed_.wait(lock, [&] { return room_.taken_ == 0 || (room_.taken_ <= room_.bytes_ && bytes_ <= room_.bytes_ - room_.taken_); });
            room_.taken_ += bytes_;
        }
        ~Share() {
            const std::lock_guard lock(room_.mutex_);
            room_.taken_ -= bytes_;
            room_.freed_.notify_all();
        }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

    private:
        Room& room_;
        const std::uint64_t bytes_;
    };

private:
    const std::uint64_t bytes_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::uint64_t taken_ = 0;
};

}  // namespace veritag::scan
