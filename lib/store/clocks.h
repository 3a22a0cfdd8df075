// The two clocks of what the daemon remembers; tests have their own.
#pragma once

#include <chrono>
#include <functional>

namespace veritag::store {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

struct Clocks {
    /// What the calendar says. It outlives a restart and is the same in all processes, but may be put forward and back.
    std::function<TimePoint()> now = [] { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); };
    /// Only ever goes on, and means nothing outside this process.
    std::function<std::chrono::steady_clock::time_point()> steady = [] { return std::chrono::steady_clock::now(); };
};

}  // namespace veritag::store
