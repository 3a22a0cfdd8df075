// modules: schedule
// Schedules as an operator may mistype them: interval, cron, time zone, jitter, seed and quiet hours, a line each.
#include "base/text.h"
#include "schedule/schedule.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace veritag;
using namespace veritag::schedule;

namespace {

void check_runs(const Schedule& schedule) {
    using std::chrono::sys_seconds;
    // Around changes of clocks of the north and the south, a leap day, and far away.
    for (const std::int64_t start : {1774744200LL, 1792885800LL, 1759588200LL, 1835395200LL, 4102444740LL, 0LL}) {
        sys_seconds last{std::chrono::seconds{start}};
        for (int i = 0; i < 3; ++i) {
            const sys_seconds next = next_run(schedule, last, last);
            VERITAG_ASSERT(next > last && next < last + std::chrono::years{41});
            VERITAG_ASSERT(!is_quiet(schedule.quiet_hours, schedule.zone.to_local(next)));
            VERITAG_ASSERT(next_run(schedule, last, next) == next);
            VERITAG_ASSERT(next_run(schedule, last + std::chrono::years{50}, last) >= last);
            last = next;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::string_view> lines = split({reinterpret_cast<const char*>(data), size}, '\n');
    ScheduleText text;
    const std::array<std::string*, 5> fields{&text.interval, &text.cron, &text.time_zone, &text.jitter, &text.seed};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i < fields.size())
            *fields.at(i) = lines[i];
        else if (!lines[i].empty())
            text.quiet_hours.emplace_back(lines[i]);
    }
    const Result<Schedule> schedule = parse_schedule(text);
    if (schedule) {
        check_runs(*schedule);
    } else {
        VERITAG_ASSERT(schedule.error().code == ErrorCode::config && !schedule.error().where.empty());
        VERITAG_ASSERT(is_valid_utf8(schedule.error().message()) && schedule.error().message().size() < 1000);
    }
    return 0;
}
