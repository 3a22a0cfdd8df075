// When something runs next: intervals, time zones, changes of clocks, quiet hours, missed runs, clocks that were set.
#include "schedule/schedule.h"

#include "base/text.h"
#include "schedules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace veritag::schedule {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// ---- series of runs, each started when it was due ----

struct SeriesCase {
    const char* name;
    ScheduleText text;
    const char* from;  // UTC; started last at that time
    const char* runs;  // UTC
};
void PrintTo(const SeriesCase& c, std::ostream* out) { *out << c.name; }

class Series : public testing::TestWithParam<SeriesCase> {};

TEST_P(Series, RunsAt) {
    const Schedule schedule = make(GetParam().text);
    sys_seconds last = at(GetParam().from);
    for (const std::string_view wanted : split(GetParam().runs, ',')) {
        const sys_seconds next = next_run(schedule, last, last);
        EXPECT_EQ(shown(next), trim(wanted));
        // The answer stays the same until then, and it is due from then on.
        EXPECT_EQ(next_run(schedule, last, next - seconds{1}), next);
        EXPECT_EQ(next_run(schedule, last, next), next);
        last = next;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Plain, Series,
    testing::Values(
        SeriesCase{"Interval", every("6h"), "2026-08-22 10:00:05", "2026-08-22 16:00:05, 2026-08-22 22:00:05, 2026-08-23 04:00:05"},
        SeriesCase{"IntervalOfADay", every("1d"), "2026-03-28 10:00", "2026-03-29 10:00, 2026-03-30 10:00"},
        SeriesCase{"CronInUtc", cron("0 3 * * *"), "2026-08-22 10:00", "2026-08-23 03:00, 2026-08-24 03:00"},
        SeriesCase{"Shanghai", cron("0 3 * * *", "Asia/Shanghai"), "2026-03-28 10:00", "2026-03-28 19:00, 2026-03-29 19:00, 2026-03-30 19:00"},
        SeriesCase{"ShanghaiInAutumn", cron("30 2 * * *", "Asia/Shanghai"), "2026-10-24 00:00", "2026-10-24 18:30, 2026-10-25 18:30"},
        SeriesCase{"ShanghaiByWeekday", cron("0 1 * * mon", "Asia/Shanghai"), "2026-08-22 00:00", "2026-08-23 17:00, 2026-08-30 17:00"},
        SeriesCase{"HalfHours", cron("0 9 * * *", "Asia/Kolkata"), "2026-08-22 00:00", "2026-08-22 03:30, 2026-08-23 03:30"},
        SeriesCase{"LeapDay", cron("0 0 29 2 *", "Europe/Berlin"), "2026-08-22 00:00", "2028-02-28 23:00, 2032-02-28 23:00"},
        SeriesCase{"Year2045", cron("0 12 * * *", "Europe/Berlin"), "2045-03-25 00:00", "2045-03-25 11:00, 2045-03-26 10:00, 2045-03-27 10:00"}),
    [](const testing::TestParamInfo<SeriesCase>& c) { return c.param.name; });

// 29 March 2026: 01:59:59 +01:00 is followed by 03:00:00 +02:00 (01:00 UTC).
// 25 October 2026: 02:59:59 +02:00 is followed by 02:00:00 +01:00 (01:00 UTC).
INSTANTIATE_TEST_SUITE_P(
    ChangesOfClocks, Series,
    testing::Values(
        SeriesCase{"GapRunsAtItsEnd", cron("30 2 * * *", "Europe/Berlin"), "2026-03-27 12:00", "2026-03-28 01:30, 2026-03-29 01:00, 2026-03-30 00:30"},
        SeriesCase{"BeginningOfTheGap", cron("0 2 * * *", "Europe/Berlin"), "2026-03-28 12:00", "2026-03-29 01:00, 2026-03-30 00:00"},
        SeriesCase{"EndOfTheGap", cron("0 3 * * *", "Europe/Berlin"), "2026-03-28 12:00", "2026-03-29 01:00, 2026-03-30 01:00"},
        SeriesCase{"GapAndItsEndAreOne", cron("30 2,3 * * *", "Europe/Berlin"), "2026-03-29 00:00", "2026-03-29 01:00, 2026-03-29 01:30, 2026-03-30 00:30"},
        SeriesCase{"QuartersAcrossTheGap", cron("*/15 * * * *", "Europe/Berlin"), "2026-03-29 00:30", "2026-03-29 00:45, 2026-03-29 01:00, 2026-03-29 01:15"},
        SeriesCase{"OverlapRunsOnce", cron("30 2 * * *", "Europe/Berlin"), "2026-10-24 12:00", "2026-10-25 00:30, 2026-10-26 01:30"},
        SeriesCase{"EndOfTheOverlap", cron("0 3 * * *", "Europe/Berlin"), "2026-10-24 12:00", "2026-10-25 02:00, 2026-10-26 02:00"},
        SeriesCase{"HourlyAcrossTheOverlap", cron("0 * * * *", "Europe/Berlin"), "2026-10-24 23:00", "2026-10-25 00:00, 2026-10-25 02:00, 2026-10-25 03:00"},
        SeriesCase{"FromWithinTheSecondPass", cron("45 2 * * *", "Europe/Berlin"), "2026-10-25 01:10", "2026-10-26 01:45"},
        SeriesCase{"SamoaSkippedADay", cron("0 12 30 12 *", "Pacific/Apia"), "2011-12-01 00:00", "2011-12-30 10:00, 2012-12-29 22:00"},
        SeriesCase{"LordHoweMovesByHalfAnHour", cron("15 2 * * *", "Australia/Lord_Howe"), "2026-10-03 00:00", "2026-10-03 15:30, 2026-10-04 15:15"},
        SeriesCase{"IntervalsDoNotCare", every("1h"), "2026-10-25 00:00", "2026-10-25 01:00, 2026-10-25 02:00"}),
    [](const testing::TestParamInfo<SeriesCase>& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    QuietHours, Series,
    testing::Values(
        SeriesCase{"PutOffToTheEnd", quiet(cron("0 3 * * *"), {"01:00-05:30"}), "2026-08-22 10:00", "2026-08-23 05:30, 2026-08-24 05:30"},
        SeriesCase{"SeveralBecomeOne", quiet(cron("0 * * * *"), {"22:00-06:00"}), "2026-08-22 20:30", "2026-08-22 21:00, 2026-08-23 06:00, 2026-08-23 07:00"},
        SeriesCase{"BeginIsQuiet", quiet(cron("0 22 * * *"), {"22:00-06:00"}), "2026-08-22 20:30", "2026-08-23 06:00, 2026-08-24 06:00"},
        SeriesCase{"EndIsNot", quiet(cron("0 6 * * *"), {"22:00-06:00"}), "2026-08-22 20:30", "2026-08-23 06:00, 2026-08-24 06:00"},
        SeriesCase{"Interval", quiet(every("8h"), {"08:00-18:00"}), "2026-08-22 06:00", "2026-08-22 18:00, 2026-08-23 02:00, 2026-08-23 18:00"},
        SeriesCase{"Working", quiet(cron("0 */6 * * *"), {"mon-fri 08:00-18:00"}), "2026-08-21 07:00",
                   "2026-08-21 18:00, 2026-08-22 00:00, 2026-08-22 06:00, 2026-08-22 12:00, 2026-08-22 18:00, 2026-08-23 00:00"},  // a Friday
        SeriesCase{"StartsOnThatDay", quiet(cron("0 */3 * * *"), {"fri 22:00-04:00"}), "2026-08-21 20:00",
                   "2026-08-21 21:00, 2026-08-22 04:00, 2026-08-22 06:00"},
        SeriesCase{"NotOnTheDayBefore", quiet(cron("0 3 * * *"), {"sat 22:00-04:00"}), "2026-08-21 20:00", "2026-08-22 03:00, 2026-08-23 04:00, 2026-08-24 03:00"},
        SeriesCase{"WholeDays", quiet(cron("0 12 * * *"), {"sat,sun 00:00-24:00"}), "2026-08-20 13:00", "2026-08-21 12:00, 2026-08-24 00:00, 2026-08-24 12:00"},
        SeriesCase{"Neighbours", quiet(cron("0 1 * * *"), {"00:00-02:00", "02:00-03:00", "02:30-04:15"}), "2026-08-22 10:00", "2026-08-23 04:15"},
        SeriesCase{"LocalTime", quiet(cron("0 3 * * *", "Asia/Shanghai"), {"02:00-04:00"}), "2026-08-22 00:00", "2026-08-22 20:00"},
        SeriesCase{"EndInTheGap", quiet(cron("0 1 * * *", "Europe/Berlin"), {"00:30-02:30"}), "2026-03-28 12:00", "2026-03-29 01:00, 2026-03-30 00:30"},
        SeriesCase{"EndInTheOverlap", quiet(cron("0 1 * * *", "Europe/Berlin"), {"00:30-02:30"}), "2026-10-24 12:00", "2026-10-25 00:30, 2026-10-26 01:30"},
        SeriesCase{"SecondPassIsQuietToo", quiet(every("75m"), {"00:30-02:30"}), "2026-10-25 00:00", "2026-10-25 02:30"}),
    [](const testing::TestParamInfo<SeriesCase>& c) { return c.param.name; });

TEST(QuietHours, GoByTheWallEvenWhereItRepeatsItself) {
    const Schedule schedule = make(quiet(cron("*/10 * * * *", "Europe/Berlin"), {"02:00-02:30"}));
    // 02:30 has been, and at 02:00 it is quiet again.
    EXPECT_EQ(shown(next_run(schedule, at("2026-10-25 00:30"), at("2026-10-25 01:05"))), "2026-10-25 01:30");
}

// ---- first runs, missed runs, clocks ----

struct StateCase {
    const char* name;
    ScheduleText text;
    const char* last;   // empty: never
    const char* now;
    const char* since;  // empty: not known
    const char* next;
};
void PrintTo(const StateCase& c, std::ostream* out) { *out << c.name; }

class State : public testing::TestWithParam<StateCase> {};

TEST_P(State, GivesTheNextRun) {
    const StateCase& c = GetParam();
    const auto maybe = [](const char* text) { return *text == '\0' ? std::nullopt : std::optional(at(text)); };
    EXPECT_EQ(shown(next_run(make(c.text), maybe(c.last), at(c.now), maybe(c.since))), c.next);
}

INSTANTIATE_TEST_SUITE_P(
    First, State,
    testing::Values(
        StateCase{"IntervalAtOnce", every("6h"), "", "2026-08-22 10:00:07", "", "2026-08-22 10:00:07"},
        StateCase{"IntervalSinceKnown", every("6h"), "", "2026-08-22 10:00", "2026-08-22 09:00", "2026-08-22 10:00"},
        StateCase{"CronAfterNow", cron("0 3 * * *"), "", "2026-08-22 10:00", "", "2026-08-23 03:00"},
        StateCase{"CronSinceKnown", cron("0 3 * * *"), "", "2026-08-23 03:00:02", "2026-08-22 10:00", "2026-08-23 03:00:02"},
        StateCase{"CronKnownToday", cron("0 3 * * *"), "", "2026-08-22 11:00", "2026-08-22 10:00", "2026-08-23 03:00"},
        StateCase{"FirstInQuietHours", quiet(every("6h"), {"09:00-11:00"}), "", "2026-08-22 10:00:07", "", "2026-08-22 11:00"}),
    [](const testing::TestParamInfo<StateCase>& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Missed, State,
    testing::Values(
        StateCase{"Interval", every("6h"), "2026-08-20 10:00", "2026-08-22 10:00:07", "", "2026-08-22 10:00:07"},
        StateCase{"Cron", cron("0 3 * * *"), "2026-08-19 03:00", "2026-08-22 10:00:07", "", "2026-08-22 10:00:07"},
        StateCase{"OnlyOnce", cron("0 3 * * *"), "2026-08-22 10:00:07", "2026-08-22 10:00:08", "", "2026-08-23 03:00"},
        StateCase{"NothingMissed", cron("0 3 * * *"), "2026-08-22 03:00:01", "2026-08-22 10:00", "", "2026-08-23 03:00"},
        StateCase{"InQuietHours", quiet(cron("0 3 * * *"), {"09:00-12:00"}), "2026-08-19 03:00", "2026-08-22 10:00:07", "", "2026-08-22 12:00"},
        StateCase{"ByASecond", cron("0 3 * * *"), "2026-08-21 03:00", "2026-08-22 03:00:01", "", "2026-08-22 03:00:01"}),
    [](const testing::TestParamInfo<StateCase>& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    ClockSetBack, State,
    testing::Values(
        // Ran at 03:00, then the clock went back to 02:50: not again at 03:00.
        StateCase{"CronNotTwice", cron("0 3 * * *"), "2026-08-22 03:00", "2026-08-22 02:50", "", "2026-08-23 03:00"},
        StateCase{"CronBeforeTheRun", cron("0 3 * * *"), "2026-08-22 02:00", "2026-08-22 01:00", "", "2026-08-22 03:00"},
        StateCase{"CronByDays", cron("0 3 * * *"), "2026-08-22 03:00", "2026-08-19 12:00", "", "2026-08-19 12:00"},
        StateCase{"CronOneRunAhead", cron("0 3 * * *"), "2026-08-22 03:00", "2026-08-21 12:00", "", "2026-08-23 03:00"},
        StateCase{"CronTwoRunsAhead", cron("0 3 * * *"), "2026-08-22 03:00", "2026-08-21 02:59:59", "", "2026-08-21 02:59:59"},
        StateCase{"CronByYears", cron("0 3 * * *"), "2030-01-01 00:00", "2026-08-22 10:00", "", "2026-08-22 10:00"},
        StateCase{"IntervalNotTwice", every("6h"), "2026-08-22 10:00", "2026-08-22 09:00", "", "2026-08-22 16:00"},
        StateCase{"IntervalByOne", every("6h"), "2026-08-22 10:00", "2026-08-22 04:00", "", "2026-08-22 16:00"},
        StateCase{"IntervalByMore", every("6h"), "2026-08-22 10:00", "2026-08-22 03:59:59", "", "2026-08-22 03:59:59"},
        StateCase{"IntervalByYears", every("6h"), "2038-01-19 03:14:07", "2026-08-22 10:00", "", "2026-08-22 10:00"},
        StateCase{"KnownSinceTomorrow", every("6h"), "", "2026-08-22 10:00", "2026-08-23 10:00", "2026-08-22 10:00"},
        StateCase{"CronKnownSinceNextYear", cron("0 3 * * *"), "", "2026-08-22 10:00", "2027-08-22 10:00", "2026-08-22 10:00"},
        StateCase{"InQuietHours", quiet(every("6h"), {"09:00-11:00"}), "2038-01-19 03:14:07", "2026-08-22 10:00", "", "2026-08-22 11:00"}),
    [](const testing::TestParamInfo<StateCase>& c) { return c.param.name; });

TEST(Clock, OutOfAllBoundsIsHarmless) {
    const sys_seconds now = at("2026-08-22 10:00");
    for (const Schedule& schedule : {make(every("366d")), make(quiet(cron("0 0 29 2 *", "Europe/Berlin"), {"fri 22:00-06:00"}))}) {
        for (const sys_seconds odd : {sys_seconds::min(), sys_seconds::max(), sys_seconds{seconds{-1}}}) {
            EXPECT_GE(next_run(schedule, odd, now), now);
            EXPECT_LE(next_run(schedule, odd, now), now + std::chrono::years{8});
            EXPECT_GE(next_run(schedule, now, odd), std::min(odd, now));
            EXPECT_GE(next_run(schedule, std::nullopt, now, odd), now);
        }
    }
}

// A day of runs with a clock that goes back by some minutes now and then: as many runs as without.
TEST(Clock, SetBackManyTimesRunsNothingTwice) {
    const Schedule schedule = make(cron("0 * * * *"));
    std::optional<sys_seconds> last;
    const sys_seconds since = at("2026-08-22 00:30");
    sys_seconds clock = since;
    std::set<std::string> slots;
    std::size_t runs = 0;
    for (int minute = 0; minute < 24 * 60; ++minute) {
        clock += minute % 97 == 96 ? minutes{-10} : minutes{1};
        if (next_run(schedule, last, clock, since) > clock) continue;
        ++runs;
        slots.insert(shown(std::chrono::floor<hours>(clock)));
        last = clock;
    }
    EXPECT_EQ(runs, slots.size());
    EXPECT_GE(runs, 20U);
}

// ---- jitter ----

TEST(Jitter, IsTheSameForOneSeedAndSpreadOverMany) {
    std::set<seconds> offsets;
    for (int i = 0; i < 200; ++i) {
        const ScheduleText text = jitter(cron("0 3 * * *"), "30m", "target-" + std::to_string(i));
        const Schedule schedule = make(text);
        EXPECT_GE(schedule.offset, seconds{0});
        EXPECT_LT(schedule.offset, minutes{30});
        EXPECT_EQ(make(text).offset, schedule.offset);
        offsets.insert(schedule.offset);
        EXPECT_EQ(next_run(schedule, at("2026-08-22 12:00"), at("2026-08-22 12:00")), at("2026-08-23 03:00") + schedule.offset);
    }
    EXPECT_GT(offsets.size(), 170U);
    EXPECT_LT(*offsets.begin(), minutes{2});
    EXPECT_GT(*offsets.rbegin(), minutes{28});
}

TEST(Jitter, MovesEveryRunByTheSame) {
    const Schedule schedule = make(jitter(every("6h"), "1h", "a"));
    ASSERT_GT(schedule.offset, seconds{0});
    const sys_seconds now = at("2026-08-22 10:00");
    EXPECT_EQ(next_run(schedule, now, now), now + hours{6} + schedule.offset);
    EXPECT_EQ(next_run(schedule, std::nullopt, now, now), now + schedule.offset);
    EXPECT_EQ(next_run(schedule, std::nullopt, now + minutes{1}, now), std::max(now + schedule.offset, now + minutes{1}));
}

TEST(Jitter, LongerThanTheGapBetweenRunsLosesNone) {
    const Schedule schedule = make(jitter(cron("*/10 * * * *"), "1d", "a"));
    sys_seconds last = at("2026-08-22 10:00") + schedule.offset;
    for (int i = 0; i < 20; ++i) {
        const sys_seconds next = next_run(schedule, last, last);
        EXPECT_EQ(next, last + minutes{10});
        last = next;
    }
}

TEST(Jitter, DoesNotReachIntoQuietHours) {
    const Schedule schedule = make(quiet(jitter(cron("0 3 * * *"), "1d", "b"), {"00:00-23:00"}));
    const sys_seconds next = next_run(schedule, at("2026-08-22 03:00"), at("2026-08-22 03:00"));
    EXPECT_FALSE(is_quiet(schedule.quiet_hours, schedule.zone.to_local(next)));
}

// ---- errors ----

struct BadSchedule {
    const char* name;
    ScheduleText text;
    const char* message;
};
void PrintTo(const BadSchedule& c, std::ostream* out) { *out << c.name; }

class ScheduleErrors : public testing::TestWithParam<BadSchedule> {};

TEST_P(ScheduleErrors, NameTheFieldAndTheValue) {
    const Result<Schedule> schedule = parse_schedule(GetParam().text);
    ASSERT_FALSE(schedule);
    EXPECT_EQ(schedule.error().message(), "read schedule: " + std::string(GetParam().message));
    EXPECT_EQ(schedule.error().code, ErrorCode::config);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ScheduleErrors,
    testing::Values(
        BadSchedule{"Nothing", {}, "interval: neither interval nor cron; give one of them, as interval: 6h or cron: \"0 3 * * *\""},
        BadSchedule{"Both", {"6h", "0 3 * * *", "", "", {}, ""}, "interval: both an interval and cron; give one of them, as interval: 6h or cron: \"0 3 * * *\""},
        BadSchedule{"Interval", every("6 hours"), "interval: \"6 hours\" has an unknown unit, or units out of order (w, d, h, m, s); write it as 90m, 6h or 1d12h"},
        BadSchedule{"ShortInterval", every("59s"), "interval: \"59s\" is not among 1m to 366d"},
        BadSchedule{"LongInterval", every("367d"), "interval: \"367d\" is not among 1m to 366d"},
        BadSchedule{"Minute", cron("61 * * * *"), "cron, minute: \"61\" is not among 0 to 59"},
        BadSchedule{"Never", cron("0 0 30 2 *"), "cron: \"0 0 30 2 *\" never comes; there is no such day in these months"},
        BadSchedule{"Zone", cron("@daily", "Europe/Berln"),
                    "time_zone: \"Europe/Berln\" is no time zone that the system's tzdata knows; name one as Asia/Shanghai, Europe/Berlin or UTC; the package tzdata must be installed"},
        BadSchedule{"Jitter", jitter(every("6h"), "7h", ""), "jitter: \"7h\" is not among 0s to 6h"},
        BadSchedule{"JitterOfCron", jitter(cron("@weekly"), "2d", ""), "jitter: \"2d\" is not among 0s to 1d"},
        BadSchedule{"JitterNegative", jitter(every("6h"), "-1m", ""), "jitter: \"-1m\" is no duration; write it as 90m, 6h or 1d12h"},
        BadSchedule{"Quiet", quiet(every("6h"), {"22:00-06:00", "22-6"}), "quiet_hours[1]: \"22-6\" is no span of two times HH:MM; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietHour", quiet(every("6h"), {"25:00-06:00"}), "quiet_hours[0]: \"25:00-06:00\" is no span of two times HH:MM; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietMinute", quiet(every("6h"), {"22:60-06:00"}), "quiet_hours[0]: \"22:60-06:00\" is no span of two times HH:MM; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietAfterMidnight", quiet(every("6h"), {"22:00-24:01"}), "quiet_hours[0]: \"22:00-24:01\" is no span of two times HH:MM; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietFrom24", quiet(every("6h"), {"24:00-06:00"}), "quiet_hours[0]: \"24:00-06:00\" is no span of two times HH:MM; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietNothing", quiet(every("6h"), {"06:00-06:00"}),
                    "quiet_hours[0]: \"06:00-06:00\" begins and ends at one time: a whole day is 00:00-24:00; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietDay", quiet(every("6h"), {"mo 22:00-06:00"}),
                    "quiet_hours[0]: \"mo 22:00-06:00\" does not begin with days of the week: \"mo\" is not among 0 to 7 or sun to sat; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
        BadSchedule{"QuietForEver", quiet(every("6h"), {"mon-fri 00:00-24:00", "fri 23:00-12:00", "sat 12:00-00:00", "sun 00:00-24:00"}),
                    "quiet_hours: they leave no minute of the week; nothing could ever run"},
        BadSchedule{"QuietTooMany", quiet(every("6h"), std::vector<std::string>(65, "22:00-06:00")), "quiet_hours: 65 windows (limit 64)"}),
    [](const testing::TestParamInfo<BadSchedule>& c) { return c.param.name; });

TEST(Zone, ReadsNoFilesButZones) {
    for (const char* name : {"", "/etc/passwd", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "Europe/../UTC", "localtime", "Europe", "zone.tab", "Europe/Berlin ", "Europe/Berlin\n", "Fixed/UTC+05:00:00"})
        EXPECT_FALSE(Zone::load(name)) << name;
    EXPECT_FALSE(Zone::load(std::string(65, 'a')));
    for (const char* name : {"UTC", "Etc/UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "US/Pacific"}) EXPECT_TRUE(Zone::load(name)) << name;
    EXPECT_EQ(Zone().name(), "UTC");
}

TEST(Zone, LaterLocalTimesAreNeverEarlier) {
    for (const char* name : {"Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Shanghai", "Africa/Casablanca", "Asia/Gaza"}) {
        const Zone zone = Zone::load(name).value();
        sys_seconds before{};
        for (sys_seconds t = at("2011-12-01 00:00"); t < at("2012-12-01 00:00"); t += minutes{17}) {
            const std::chrono::local_seconds local{t.time_since_epoch()};
            const sys_seconds moment = zone.to_system(local);
            EXPECT_GE(moment, before);
            EXPECT_GE(zone.to_local(moment), local) << name;  // the same, or the end of a gap
            before = moment;
        }
    }
}

}  // namespace
}  // namespace veritag::schedule
