// Cron expressions as crontab(5) has them: five fields, or a name. Local times without a zone; no clock.
#pragma once

#include "base/result.h"

#include <bitset>
#include <chrono>
#include <optional>
#include <string_view>

namespace veritag::schedule {

/// Which minutes of local time are meant.
struct CronExpression {
    std::bitset<64> minutes;   ///< 0 to 59
    std::bitset<64> hours;     ///< 0 to 23
    std::bitset<64> days;      ///< of the month, 1 to 31
    std::bitset<64> months;    ///< 1 to 12
    std::bitset<64> weekdays;  ///< 0 (Sunday) to 6
    bool any_day = true;       ///< the day of the month begins with "*"
    bool any_weekday = true;   ///< so does the day of the week

    /// Where both days are restricted one of them is enough; where one begins with "*" both must match.
    [[nodiscard]] bool matches(std::chrono::year_month_day date) const noexcept;
    /// The first matching minute after `time`; nullopt where there is none for forty years, and so never.
    [[nodiscard]] std::optional<std::chrono::local_seconds> next_after(std::chrono::local_seconds time) const;
};

/// `minute hour day-of-month month day-of-week`: numbers, names of months and of weekdays (three letters, any case), lists, ranges,
/// steps after "*" or a range; Sunday is 0 or 7. Or @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly.
/// `config` names the field and the value; so does an expression that no date can match (`0 0 30 2 *`).
Result<CronExpression> parse_cron(std::string_view text);

/// The field for days of the week alone: `mon-fri`, `sat,sun`, `*`.
Result<std::bitset<64>> parse_weekdays(std::string_view text);

}  // namespace veritag::schedule
