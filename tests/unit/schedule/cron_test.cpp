// Cron expressions: what they mean, and what is refused with which words.
#include "schedule/cron.h"

#include "base/text.h"
#include "times.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::schedule {
namespace {

std::chrono::local_seconds local(const std::string& text) { return std::chrono::local_seconds{at(text).time_since_epoch()}; }
std::string shown(std::chrono::local_seconds time) { return schedule::shown(std::chrono::sys_seconds{time.time_since_epoch()}); }

struct CronCase {
    const char* name;
    const char* expression;
    const char* after;
    const char* next;  // several, with commas
};
void PrintTo(const CronCase& c, std::ostream* out) { *out << c.name; }

class Cron : public testing::TestWithParam<CronCase> {};

TEST_P(Cron, ComesNext) {
    const Result<CronExpression> cron = parse_cron(GetParam().expression);
    ASSERT_TRUE(cron) << cron.error().message();
    std::chrono::local_seconds time = local(GetParam().after);
    for (const std::string_view wanted : split(GetParam().next, ',')) {
        const auto next = cron->next_after(time);
        ASSERT_TRUE(next);
        EXPECT_EQ(shown(*next), trim(wanted));
        time = *next;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Expressions, Cron,
    testing::Values(
        CronCase{"EveryMinute", "* * * * *", "2026-08-22 10:00", "2026-08-22 10:01, 2026-08-22 10:02"},
        CronCase{"WithinAMinute", "* * * * *", "2026-08-22 10:00:59", "2026-08-22 10:01"},
        CronCase{"Daily", "0 3 * * *", "2026-08-22 10:00", "2026-08-23 03:00, 2026-08-24 03:00"},
        CronCase{"AtTheTimeItself", "0 3 * * *", "2026-08-22 03:00", "2026-08-23 03:00"},
        CronCase{"JustBefore", "0 3 * * *", "2026-08-22 02:59:59", "2026-08-22 03:00"},
        CronCase{"Steps", "*/20 8-10/2 * * *", "2026-08-22 08:10", "2026-08-22 08:20, 2026-08-22 08:40, 2026-08-22 10:00, 2026-08-22 10:20, 2026-08-22 10:40, 2026-08-23 08:00"},
        CronCase{"StepThatDoesNotFit", "*/25 0 * * *", "2026-08-22 00:00", "2026-08-22 00:25, 2026-08-22 00:50, 2026-08-23 00:00"},
        CronCase{"RangeWithStep", "5-20/7 0 * * *", "2026-08-22 00:00", "2026-08-22 00:05, 2026-08-22 00:12, 2026-08-22 00:19, 2026-08-23 00:05"},
        CronCase{"List", "30,0,15 23 * * *", "2026-08-22 23:05", "2026-08-22 23:15, 2026-08-22 23:30, 2026-08-23 23:00"},
        CronCase{"Names", "0 0 1 FEB,nov *", "2026-08-22 10:00", "2026-11-01 00:00, 2027-02-01 00:00, 2027-11-01 00:00"},
        CronCase{"RangeOfMonths", "0 0 1 nov-dec *", "2026-08-22 10:00", "2026-11-01 00:00, 2026-12-01 00:00, 2027-11-01 00:00"},
        CronCase{"Weekdays", "0 9 * * mon-fri", "2026-08-21 09:00", "2026-08-24 09:00, 2026-08-25 09:00"},  // a Friday
        CronCase{"SundayIsZero", "0 0 * * 0", "2026-08-22 10:00", "2026-08-23 00:00, 2026-08-30 00:00"},
        CronCase{"SundayIsSeven", "0 0 * * 7", "2026-08-22 10:00", "2026-08-23 00:00, 2026-08-30 00:00"},
        CronCase{"SaturdayToSunday", "0 0 * * sat-sun", "2026-08-21 10:00", "2026-08-22 00:00, 2026-08-23 00:00, 2026-08-29 00:00"},
        CronCase{"FiveToSeven", "0 0 * * 5-7", "2026-08-20 10:00", "2026-08-21 00:00, 2026-08-22 00:00, 2026-08-23 00:00, 2026-08-28 00:00"},
        CronCase{"EitherDay", "30 4 1,15 * 5", "2026-08-10 00:00", "2026-08-14 04:30, 2026-08-15 04:30, 2026-08-21 04:30, 2026-08-28 04:30, 2026-09-01 04:30"},
        CronCase{"BothDaysBehindAStar", "0 0 */2 * mon", "2026-08-01 00:00", "2026-08-03 00:00, 2026-08-17 00:00, 2026-08-31 00:00, 2026-09-07 00:00"},
        CronCase{"LastOfTheMonths", "0 0 31 * *", "2026-08-31 00:00", "2026-10-31 00:00, 2026-12-31 00:00, 2027-01-31 00:00, 2027-03-31 00:00"},
        CronCase{"LeapDay", "0 12 29 2 *", "2026-01-01 00:00", "2028-02-29 12:00, 2032-02-29 12:00"},
        CronCase{"LeapDayAcross2100", "0 12 29 2 *", "2096-02-29 12:00", "2104-02-29 12:00"},
        CronCase{"FirstOfFebruaryOnAMonday", "0 0 */31 2 1", "2089-01-01 00:00", "2094-02-01 00:00, 2100-02-01 00:00, 2106-02-01 00:00"},
        CronCase{"EndOfTheYear", "59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"},
        CronCase{"Yearly", "@yearly", "2026-08-22 10:00", "2027-01-01 00:00"}, CronCase{"Annually", "@annually", "2026-08-22 10:00", "2027-01-01 00:00"},
        CronCase{"Monthly", "@monthly", "2026-08-22 10:00", "2026-09-01 00:00"}, CronCase{"Weekly", "@weekly", "2026-08-22 10:00", "2026-08-23 00:00"},
        CronCase{"DailyByName", "@daily", "2026-08-22 10:00", "2026-08-23 00:00"}, CronCase{"Midnight", " @Midnight ", "2026-08-22 10:00", "2026-08-23 00:00"},
        CronCase{"Hourly", "@hourly", "2026-08-22 10:00", "2026-08-22 11:00"},
        CronCase{"Blanks", "\t0  3\t* *   * ", "2026-08-22 10:00", "2026-08-23 03:00"}),
    [](const testing::TestParamInfo<CronCase>& c) { return c.param.name; });

struct BadCron {
    const char* expression;
    const char* message;  // without the action in front
};

TEST(CronErrors, NameTheFieldAndTheValue) {
    for (const auto& [expression, message] : {
             BadCron{"60 * * * *", "minute: \"60\" is not among 0 to 59"},
             BadCron{"-1 * * * *", "minute: \"\" is not among 0 to 59"},
             BadCron{"* 24 * * *", "hour: \"24\" is not among 0 to 23"},
             BadCron{"* * 0 * *", "day of the month: \"0\" is not among 1 to 31"},
             BadCron{"* * 32 * *", "day of the month: \"32\" is not among 1 to 31"},
             BadCron{"* * * 13 *", "month: \"13\" is not among 1 to 12 or jan to dec"},
             BadCron{"* * * january *", "month: \"january\" is not among 1 to 12 or jan to dec"},
             BadCron{"* * * * 8", "day of the week: \"8\" is not among 0 to 7 or sun to sat"},
             BadCron{"* * * * L", "day of the week: \"L\" is not among 0 to 7 or sun to sat"},
             BadCron{"* * ? * *", "day of the month: \"?\" is not among 1 to 31"},
             BadCron{"1, * * * *", "minute: \"\" is not among 0 to 59"},
             BadCron{"1,,2 * * * *", "minute: \"\" is not among 0 to 59"},
             BadCron{"5-1 * * * *", "minute: \"5-1\" runs backwards; write two ranges with a comma between"},
             BadCron{"* 22-6 * * *", "hour: \"22-6\" runs backwards; write two ranges with a comma between"},
             BadCron{"* * * * fri-mon", "day of the week: \"fri-mon\" runs backwards; write two ranges with a comma between"},
             BadCron{"1-2-3 * * * *", "minute: \"2-3\" is not among 0 to 59"},
             BadCron{"5/10 * * * *", "minute: \"5/10\" has a step behind a single value; write a range, as 5-59/2"},
             BadCron{"*/0 * * * *", "minute: \"*/0\" has no step of 1 to 59"},
             BadCron{"*/60 * * * *", "minute: \"*/60\" has no step of 1 to 59"},
             BadCron{"*/x * * * *", "minute: \"*/x\" has no step of 1 to 59"},
             BadCron{"*/2/3 * * * *", "minute: \"*/2/3\" has no step of 1 to 59"},
             BadCron{"0 0 30 2 *", "\"0 0 30 2 *\" never comes; there is no such day in these months"},
             BadCron{"0 0 31 2,4,6,9,11 *", "\"0 0 31 2,4,6,9,11 *\" never comes; there is no such day in these months"},
             BadCron{"* * * *", "\"* * * *\" has 4 fields; five are wanted: minute, hour, day of the month, month, day of the week"},
             BadCron{"0 0 3 * * *", "\"0 0 3 * * *\" has 6 fields; five are wanted: minute, hour, day of the month, month, day of the week"},
             BadCron{"", "\"\" has 0 fields; five are wanted: minute, hour, day of the month, month, day of the week"},
             BadCron{"@reboot", "\"@reboot\" is unknown (known: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly); for a span between runs use an interval"},
             BadCron{"TZ=UTC 0 3 * * *", "\"TZ=UTC 0 3 * * *\" has 6 fields; five are wanted: minute, hour, day of the month, month, day of the week"},
         }) {
        const Result<CronExpression> cron = parse_cron(expression);
        ASSERT_FALSE(cron) << expression;
        EXPECT_EQ(cron.error().message(), "read cron expression: " + std::string(message));
        EXPECT_EQ(cron.error().code, ErrorCode::config);
    }
    EXPECT_FALSE(parse_cron(std::string(257, '*')));
    EXPECT_FALSE(parse_cron("0 0 * * " + std::string(300, '1')));
}

// A day of the month that never comes is no obstacle where the day of the week is enough.
TEST(Cron, NeedsOneOfTwoDays) {
    const Result<CronExpression> cron = parse_cron("0 0 30 2 mon");
    ASSERT_TRUE(cron);
    EXPECT_EQ(shown(*cron->next_after(local("2026-01-01 00:00"))), "2026-02-02 00:00");
}

TEST(Cron, EveryPrefixIsReadOrRefused) {
    const std::string text = "*/15,3 8-18/2 1,15 jan-mar mon-fri";
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
        const Result<CronExpression> cron = parse_cron(text.substr(0, cut));
        EXPECT_TRUE(!cron || cut > text.find("mon")) << text.substr(0, cut);
    }
    EXPECT_TRUE(parse_cron(text));
}

TEST(Weekdays, AreASetOfTheirOwn) {
    EXPECT_EQ(parse_weekdays("mon-fri")->to_ulong(), 0b0111110U);
    EXPECT_EQ(parse_weekdays("SAT,sun")->to_ulong(), 0b1000001U);
    EXPECT_EQ(parse_weekdays("*")->to_ulong(), 0b1111111U);
    EXPECT_EQ(parse_weekdays("0-7")->to_ulong(), 0b1111111U);
    EXPECT_FALSE(parse_weekdays("mo"));
    EXPECT_FALSE(parse_weekdays(""));
}

}  // namespace
}  // namespace veritag::schedule
