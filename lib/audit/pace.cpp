#include "audit/pace.h"

#include <algorithm>

namespace veritag::audit {

Pace::Pace(std::size_t at_a_time, double per_second)
    : at_a_time_(at_a_time), distance_(per_second > 0 ? std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second)) : Clock::duration::zero()) {}

Pace::Turn::Turn(Pace& pace, const std::stop_token& stop) : pace_(pace) {
    std::unique_lock lock(pace_.mutex_);
    if (pace_.at_a_time_ != 0) pace_.changed_.wait(lock, stop, [&] { return pace_.under_way_ < pace_.at_a_time_; });
    ++pace_.under_way_;
    if (pace_.distance_ == Clock::duration::zero()) return;
    const Clock::time_point mine = std::max(pace_.next_, Clock::now());
    pace_.next_ = mine + pace_.distance_;
    pace_.changed_.wait_until(lock, stop, mine, [] { return false; });
}

Pace::Turn::~Turn() {
    const std::lock_guard lock(pace_.mutex_);
    --pace_.under_way_;
    pace_.changed_.notify_all();  // some wait for a place, some for their time
}

}  // namespace veritag::audit
