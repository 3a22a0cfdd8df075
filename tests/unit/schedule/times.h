// Moments as tests write them.
#pragma once

#include "base/text.h"

#include <chrono>
#include <cstdio>
#include <string>

namespace veritag::schedule {

/// `2026-03-29 00:30` or `2026-03-29 00:30:15`, UTC.
inline std::chrono::sys_seconds at(const std::string& text) {
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (std::sscanf(text.c_str(), "%d-%u-%u %u:%u:%u", &year, &month, &day, &hour, &minute, &second) < 5) std::abort();
    return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second};
}

/// The reverse, without seconds where they are 0.
inline std::string shown(std::chrono::sys_seconds time) {
    std::string text = rfc3339(time);  // 2026-03-29T00:30:00Z
    text[10] = ' ';
    return text.substr(17, 2) == "00" ? text.substr(0, 16) : text.substr(0, 19);
}

}  // namespace veritag::schedule
