// Schedules as tests write them.
#pragma once

#include "schedule/schedule.h"
#include "times.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace veritag::schedule {

inline Schedule make(const ScheduleText& text) {
    Result<Schedule> schedule = parse_schedule(text);
    if (!schedule) ADD_FAILURE() << schedule.error().message();
    return schedule ? *schedule : Schedule{.interval = std::chrono::hours{1}, .cron = std::nullopt, .zone = {}, .quiet_hours = {}};
}
inline ScheduleText cron(std::string expression, std::string zone = "") { return {.interval = "", .cron = std::move(expression), .time_zone = std::move(zone), .jitter = "", .quiet_hours = {}, .seed = ""}; }
inline ScheduleText every(std::string interval) { return {.interval = std::move(interval), .cron = "", .time_zone = "", .jitter = "", .quiet_hours = {}, .seed = ""}; }
inline ScheduleText quiet(ScheduleText text, std::vector<std::string> windows) {
    text.quiet_hours = std::move(windows);
    return text;
}
inline ScheduleText jitter(ScheduleText text, std::string span, std::string seed) {
    text.jitter = std::move(span);
    text.seed = std::move(seed);
    return text;
}

}  // namespace veritag::schedule
