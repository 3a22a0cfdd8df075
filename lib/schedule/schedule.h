// When something runs next: an interval or a cron expression, in a time zone, spread by jitter, outside of quiet hours.
// Pure: the time comes in as a value, and the same arguments give the same answer.
#pragma once

#include "base/result.h"
#include "schedule/cron.h"
#include "schedule/quiet.h"
#include "schedule/zone.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace veritag::schedule {

/// A schedule as a configuration writes it; what is empty was not given.
struct ScheduleText {
    std::string interval;                  ///< `6h`, `1d`, `90m`: from one start to the next; or
    std::string cron;                      ///< five fields or a name, see parse_cron
    std::string time_zone;                 ///< of `cron` and `quiet_hours`, an IANA name; UTC where it is not given
    std::string jitter;                    ///< a duration: runs come later by a part of it, at most a day and no more than the interval
    std::vector<std::string> quiet_hours;  ///< see parse_quiet_window
    std::string seed;                      ///< decides by which part; the name of what runs, say
};

struct Schedule {
    std::optional<std::chrono::seconds> interval;  ///< either this
    std::optional<CronExpression> cron;            ///< or this
    Zone zone;
    std::chrono::seconds offset{0};  ///< what jitter came to, always the same for one seed
    std::vector<QuietWindow> quiet_hours;
};

/// `config`: the error's `where` is the field, as `quiet_hours[1]` or `cron, minute`, and it says the value. An interval is a minute to
/// 366 days; quiet hours leave at least a minute of the week.
Result<Schedule> parse_schedule(const ScheduleText& text);

/// When to start next, never in quiet hours; `now` itself where that is due. `last_started` is when the last run started; where there was
/// none, `known_since` is when the thing was first known, so that it is spread from the beginning and a restart moves nothing.
///
/// - Interval: that long after the last start, and `offset` later. What never ran is due at once, or `offset` after `known_since`.
/// - Cron: the first matching minute, and `offset` later, after the last start (else after `known_since`, else after `now`).
/// - What was missed while nobody looked is due at once. It is due once, however many runs were missed, since the next one is counted
///   from that start.
/// - What falls into quiet hours is due when they end; several that do so are one run.
/// - Changes of clocks: a local time that is jumped over runs at the moment of the change, one that comes twice runs the first time.
///   Quiet hours go by the clock on the wall, so they may be an hour longer or shorter that night.
/// - A clock that was set back: the last start then lies ahead of `now`. It is believed, so that nothing runs twice, as long as the
///   next run comes no later than the second one that would follow from `now`. A start that lies further ahead was written by a clock
///   that was wrong; then the run is due at once, and its own start puts the record right.
std::chrono::sys_seconds next_run(const Schedule& schedule, std::optional<std::chrono::sys_seconds> last_started, std::chrono::sys_seconds now,
                                  std::optional<std::chrono::sys_seconds> known_since = std::nullopt);

}  // namespace veritag::schedule
