#include "schedule/schedule.h"

#include "base/digest.h"
#include "base/duration.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace veritag::schedule {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view kWhat = "read schedule";
constexpr seconds kLeastInterval = std::chrono::minutes{1};
constexpr seconds kMostInterval = std::chrono::days{366};
constexpr seconds kMostJitter = std::chrono::days{1};
constexpr std::size_t kMostWindows = 64;
constexpr sys_seconds kLatest{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}};  // no clock is that wrong, and calendars end at 32767

Error wrong(std::string where, std::string saw, std::string hint = {}) { return {ErrorCode::config, std::string(kWhat), std::move(where), std::move(saw), std::move(hint)}; }

// An error of a part, with the field in front.
Error in_field(const Error& error, const std::string& field) {
    return wrong(error.where.empty() ? field : field + ", " + error.where, error.saw, error.hint);
}

Result<seconds> parse_span(const std::string& text, const std::string& field, seconds least, seconds most) {
    const Result<seconds> span = parse_duration(text);
    if (!span) return in_field(span.error(), field);
    if (*span < least || *span > most) return wrong(field, "\"" + quote(text) + "\" is not among " + format_duration(least) + " to " + format_duration(most));
    return *span;
}

// A part of `jitter` that only the seed decides.
seconds spread(seconds jitter, std::string_view seed) {
    if (jitter.count() == 0) return jitter;
    const Digest digest = sha256_of(seed);
    const std::string_view hex = digest.hex().substr(0, 15);
    std::int64_t number = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
    return seconds(number % jitter.count());
}

sys_seconds sane(sys_seconds time) { return std::clamp(time, sys_seconds{}, kLatest); }

// The first run after `time`, quiet hours aside.
sys_seconds first_after(const Schedule& schedule, sys_seconds time) {
    if (schedule.interval) return time + *schedule.interval + schedule.offset;
    const sys_seconds base = time - schedule.offset;
    std::chrono::local_seconds local = schedule.zone.to_local(base);
    while (const auto next = schedule.cron->next_after(local)) {
        const sys_seconds moment = schedule.zone.to_system(*next);
        if (moment > base) return moment + schedule.offset;
        local = *next;  // it comes twice, and this is the second time
    }
    return kLatest;  // parse_cron lets nothing pass that never comes
}

sys_seconds after_quiet_hours(const Schedule& schedule, sys_seconds time) {
    // Minute by minute, since clocks may change on the way. A week is 10,080 of them.
    constexpr int kMostMinutes = 60 * 24 * 60;
    for (int i = 0; i < kMostMinutes; ++i) {
        const std::chrono::local_seconds local = schedule.zone.to_local(time);
        if (!is_quiet(schedule.quiet_hours, local)) return time;
        time += std::chrono::floor<std::chrono::minutes>(local) + std::chrono::minutes{1} - local;
    }
    return time;
}

sys_seconds due_without_quiet_hours(const Schedule& schedule, std::optional<sys_seconds> last_started, sys_seconds now, std::optional<sys_seconds> known_since) {
    if (!last_started && schedule.interval) return known_since && *known_since <= now ? *known_since + schedule.offset : now;
    const sys_seconds since = last_started ? *last_started : known_since.value_or(now);
    const sys_seconds due = first_after(schedule, since);
    if (since > now && due > first_after(schedule, first_after(schedule, now))) return now;
    return due;
}

}  // namespace

Result<Schedule> parse_schedule(const ScheduleText& text) {
    Schedule schedule;
    if (text.interval.empty() == text.cron.empty())
        return wrong("interval", text.cron.empty() ? "neither interval nor cron" : "both an interval and cron", "give one of them, as interval: 6h or cron: \"0 3 * * *\"");
    if (!text.interval.empty()) {
        VERITAG_TRY(schedule.interval, parse_span(text.interval, "interval", kLeastInterval, kMostInterval));
    } else {
        const Result<CronExpression> cron = parse_cron(text.cron);
        if (!cron) return in_field(cron.error(), "cron");
        schedule.cron = *cron;
    }
    if (!text.time_zone.empty()) {
        const Result<Zone> zone = Zone::load(text.time_zone);
        if (!zone) return in_field(zone.error(), "time_zone");
        schedule.zone = *zone;
    }
    if (!text.jitter.empty()) {
        const seconds most = schedule.interval ? std::min(*schedule.interval, kMostJitter) : kMostJitter;
        VERITAG_TRY(const seconds jitter, parse_span(text.jitter, "jitter", seconds{0}, most));
        schedule.offset = spread(jitter, text.seed);
    }
    if (text.quiet_hours.size() > kMostWindows)
        return wrong("quiet_hours", std::to_string(text.quiet_hours.size()) + " windows (limit " + std::to_string(kMostWindows) + ")");
    for (std::size_t i = 0; i < text.quiet_hours.size(); ++i) {
        const Result<QuietWindow> window = parse_quiet_window(text.quiet_hours[i]);
        if (!window) return in_field(window.error(), "quiet_hours[" + std::to_string(i) + "]");
        schedule.quiet_hours.push_back(*window);
    }
    if (is_always_quiet(schedule.quiet_hours)) return wrong("quiet_hours", "they leave no minute of the week", "nothing could ever run");
    return schedule;
}

sys_seconds next_run(const Schedule& schedule, std::optional<sys_seconds> last_started, sys_seconds now, std::optional<sys_seconds> known_since) {
    now = sane(now);
    if (last_started) last_started = sane(*last_started);
    if (known_since) known_since = sane(*known_since);
    const sys_seconds due = due_without_quiet_hours(schedule, last_started, now, known_since);
    return after_quiet_hours(schedule, std::max(due, now));
}

}  // namespace veritag::schedule
