// How often a registry is asked at most, by all clients that share this.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

namespace veritag::registry {

/// Thread-safe.
class Pace {
public:
    /// `requests_per_second` is above 0.
    explicit Pace(double requests_per_second) : apart_(std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(1 / requests_per_second))) {}

    /// When the next request may be sent; the one after it waits for its own turn.
    std::chrono::steady_clock::time_point take_turn(std::chrono::steady_clock::time_point now) {
        const std::lock_guard lock(mutex_);
        const auto turn = std::max(next_, now);
        next_ = turn + apart_;
        return turn;
    }

private:
    const std::chrono::steady_clock::duration apart_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point next_{};
};

}  // namespace veritag::registry
