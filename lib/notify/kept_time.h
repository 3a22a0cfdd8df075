// Times in kept forms. In .cpp files only.
#pragma once

#include "base/times.h"

#include <cstdint>

namespace veritag::notify {

inline constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999, the last one that RFC 3339 can say

inline bool is_kept_time(std::int64_t seconds) noexcept { return seconds >= 0 && seconds <= kLastSecond; }
inline SystemTime kept_time(std::int64_t seconds) noexcept { return SystemTime(std::chrono::seconds(seconds)); }

}  // namespace veritag::notify
