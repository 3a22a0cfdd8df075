// Hours of the wall clock in which nothing is to be started.
#pragma once

#include "base/result.h"

#include <bitset>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::schedule {

/// From `start` up to, but without `end`, both in minutes after local midnight. Where `end` is not later than `start` it is on the next day.
struct QuietWindow {
    unsigned start = 0;
    unsigned end = 0;                         ///< at most 24 * 60
    std::bitset<64> weekdays{0x7F};           ///< on which it starts; 0 is Sunday
    friend bool operator==(const QuietWindow&, const QuietWindow&) = default;
};

/// `22:00-06:00`, or with the days on which it starts in front: `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00`. `config` otherwise.
Result<QuietWindow> parse_quiet_window(std::string_view text);

/// Whether one of the windows covers this minute of local time.
bool is_quiet(const std::vector<QuietWindow>& windows, std::chrono::local_seconds time) noexcept;

/// Whether the windows leave no minute of the week.
bool is_always_quiet(const std::vector<QuietWindow>& windows) noexcept;

}  // namespace veritag::schedule
