// How many references are under way at a time, and how soon one follows another.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace veritag::audit {

class Pace {
public:
    /// 0 is no limit, for each.
    Pace(std::size_t at_a_time, double per_second);

    /// While it lives a reference is under way. Its maker waits for a place, or until stopped.
    class Turn {
    public:
        Turn(Pace& pace, const std::stop_token& stop);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        Pace& pace_;
    };

private:
    using Clock = std::chrono::steady_clock;
    const std::size_t at_a_time_;
    const Clock::duration distance_;
    std::mutex mutex_;  // all below
    std::condition_variable_any changed_;
    std::size_t under_way_ = 0;
    Clock::time_point next_ = Clock::now();
};

}  // namespace veritag::audit
