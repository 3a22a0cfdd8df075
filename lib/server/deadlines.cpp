#include "server/deadlines.h"

#include <algorithm>

namespace veritag::server {

Timed::~Timed() {
    if (place_) deadlines_.queue_.erase(*place_);
}

void Timed::set_deadline(SteadyClock::time_point time) {
    clear_deadline();
    if (spare_.empty()) {
        place_ = deadlines_.queue_.emplace(time, this);
    } else {
        spare_.key() = time;
        place_ = deadlines_.queue_.insert(std::move(spare_));
    }
    if (*place_ == deadlines_.queue_.begin() && deadlines_.listener_) deadlines_.listener_(time);
}

void Timed::clear_deadline() {
    if (!place_) return;
    spare_ = deadlines_.queue_.extract(*place_);
    place_.reset();
}

std::optional<SteadyClock::time_point> Deadlines::earliest() const {
    if (queue_.empty()) return std::nullopt;
    return queue_.begin()->first;
}

void Deadlines::expire(SteadyClock::time_point now) {
    while (!queue_.empty() && queue_.begin()->first <= now) {
        Timed& timed = *queue_.begin()->second;
        timed.clear_deadline();
        timed.on_deadline();
    }
}

SteadyClock::time_point Pace::deadline(std::uint64_t bytes) const noexcept {
    constexpr std::uint64_t kLongest = 1'000'000;  // seconds; keeps the sum from overflowing
    const std::uint64_t rate = std::max<std::uint64_t>(bytes_per_second, 1);
    const std::uint64_t earned_ms = bytes / rate > kLongest ? kLongest * 1000 : bytes / rate * 1000 + bytes % rate * 1000 / rate;
    return start + allowance + std::chrono::milliseconds(static_cast<std::int64_t>(earned_ms));
}

}  // namespace veritag::server
