// What holds for every schedule: found by a search without shortcuts, and over random schedules with a fixed seed.
#include "schedules.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace veritag::schedule {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

std::string pick(std::mt19937& random, const std::vector<std::string>& from) { return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)]; }

// Against a search that knows no shortcuts: minute by minute, the first of which the clock on the wall shows a wanted time for the first
// time, or at which it jumps over one.
sys_seconds searched(const Schedule& schedule, sys_seconds since) {
    const auto wanted = [&](std::chrono::local_seconds local) {
        const auto day = std::chrono::floor<std::chrono::days>(local);
        const auto minute = static_cast<std::size_t>(std::chrono::floor<minutes>(local - day).count());
        return schedule.cron->matches(std::chrono::year_month_day{day}) && schedule.cron->hours.test(minute / 60) && schedule.cron->minutes.test(minute % 60);
    };
    std::chrono::local_seconds highest = schedule.zone.to_local(since);
    // What the wall has shown before `since`, on a first pass, does not count again.
    for (sys_seconds t = since - hours{3}; t <= since; t += minutes{1}) highest = std::max(highest, schedule.zone.to_local(t));
    highest = std::chrono::floor<minutes>(highest);
    for (sys_seconds t = std::chrono::floor<minutes>(since) + minutes{1};; t += minutes{1})
        for (const std::chrono::local_seconds shown = schedule.zone.to_local(t); highest < shown;)
            if (highest += minutes{1}; wanted(highest)) return t;
}

TEST(Property, CronIsWhatASearchFinds) {
    std::mt19937 random(20260822);  // NOLINT: the same every time on purpose
    for (int round = 0; round < 3000; ++round) {
        const std::string expression = pick(random, {"*", "0", "30", "*/7", "15,45", "59"}) + " " + pick(random, {"*", "2", "1-3", "0", "*/5", "23"}) + " " +
                                       pick(random, {"*", "*", "25", "1,29", "*/2"}) + " * " + pick(random, {"*", "*", "sun", "mon-fri", "0"});
        const Schedule schedule = make(cron(expression, pick(random, {"Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Asia/Shanghai", "UTC"})));
        const sys_seconds base = at(pick(random, {"2026-03-28 20:00", "2026-10-24 20:00", "2026-03-07 20:00", "2026-10-31 20:00", "2026-10-03 08:00", "2026-04-04 08:00", "2028-02-28 20:00"}));
        const sys_seconds last = base + seconds{std::uniform_int_distribution<int>(0, 20 * 3600)(random)};
        ASSERT_EQ(shown(next_run(schedule, last, last)), shown(searched(schedule, last))) << expression << " in " << schedule.zone.name() << " after " << shown(last);
    }
}

TEST(Property, NeverQuietNeverInThePastAndStable) {
    std::mt19937 random(7);  // NOLINT: the same every time on purpose
    const auto number = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
    const auto clock = [&] { return std::string(1, static_cast<char>('0' + number(0, 1))) + std::to_string(number(0, 9)) + ":" + std::to_string(number(1, 5)) + std::to_string(number(0, 9)); };
    std::size_t tried = 0;
    for (int round = 0; round < 4000; ++round) {
        ScheduleText text = round % 2 == 0 ? every(std::to_string(number(1, 3000)) + "m") : cron(pick(random, {"@hourly", "@daily", "*/5 * * * *", "30 2 * * *", "0 4 1 * mon", "0 0 29 2 *"}));
        text.time_zone = pick(random, {"Europe/Berlin", "Asia/Shanghai", "America/New_York", "Pacific/Apia", "UTC"});
        if (number(0, 1) == 1) text.jitter = "1m";
        for (int i = number(0, 3); i > 0; --i) text.quiet_hours.push_back(pick(random, {"", "", "mon-fri ", "sun ", "sat,sun "}) + clock() + "-" + clock());
        text.seed = std::to_string(round);
        const Result<Schedule> schedule = parse_schedule(text);
        if (!schedule) continue;  // two equal times, or nothing left of the week
        ++tried;
        const sys_seconds now = at("2026-01-01 00:00") + minutes{number(0, 1'000'000)} + seconds{number(0, 59)};
        const auto last = number(0, 4) == 0 ? std::nullopt : std::optional(now + minutes{number(-200'000, 20'000)});
        const sys_seconds next = next_run(*schedule, last, now);
        ASSERT_GE(next, now);
        ASSERT_FALSE(is_quiet(schedule->quiet_hours, schedule->zone.to_local(next)));
        if (last && *last <= now) {
            ASSERT_EQ(next_run(*schedule, last, next), next) << "what is due stays due";
            ASSERT_EQ(next_run(*schedule, last, now + (next - now) / 2), next);
        } else if (last) {
            const sys_seconds first = next_run(*schedule, now, now);
            ASSERT_LE(next, next_run(*schedule, first, first)) << "a clock that was set back blocks for two runs at most";
        }
        // A run at that time makes the next one come later.
        ASSERT_GT(next_run(*schedule, next, next), next);
    }
    EXPECT_GT(tried, 3000U);
}

}  // namespace
}  // namespace veritag::schedule
