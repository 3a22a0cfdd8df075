#include "schedule/quiet.h"

#include "base/text.h"
#include "schedule/cron.h"

#include <algorithm>
#include <optional>

namespace veritag::schedule {
namespace {

constexpr unsigned kDay = 24 * 60;
constexpr std::size_t kMostBytes = 256;

std::optional<unsigned> parse_clock(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hours = parse_u64(text.substr(0, 2));
    const auto minutes = parse_u64(text.substr(3));
    if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > kDay) return std::nullopt;
    return static_cast<unsigned>(*hours * 60 + *minutes);
}

bool covers(const QuietWindow& window, unsigned weekday, unsigned minute) noexcept {
    const bool today = window.weekdays.test(weekday);
    if (window.start < window.end) return today && window.start <= minute && minute < window.end;
    const bool since_yesterday = window.weekdays.test((weekday + 6) % 7) && minute < window.end;
    return since_yesterday || (today && window.start <= minute);
}

}  // namespace

Result<QuietWindow> parse_quiet_window(std::string_view text) {
    const auto refuse = [&](std::string_view why) {
        return Error{ErrorCode::config, "read quiet hours", "", "\"" + quote(text) + "\" " + std::string(why), "write them as 22:00-06:00 or mon-fri 08:00-18:00"};
    };
    if (text.size() > kMostBytes) return refuse("is too long");
    QuietWindow window;
    std::string_view times = trim(text);
    if (const std::size_t blank = times.find_first_of(" \t"); blank != std::string_view::npos) {
        const Result<std::bitset<64>> weekdays = parse_weekdays(times.substr(0, blank));
        if (!weekdays) return refuse("does not begin with days of the week: " + weekdays.error().saw);
        window.weekdays = *weekdays;
        times = trim(times.substr(blank));
    }
    const auto ends = split_once(times, '-');
    const auto start = ends ? parse_clock(trim(ends->first)) : std::nullopt;
    const auto end = ends ? parse_clock(trim(ends->second)) : std::nullopt;
    if (!start || !end || *start == kDay) return refuse("is no span of two times HH:MM");
    if (*start == *end) return refuse("begins and ends at one time: a whole day is 00:00-24:00");
    window.start = *start;
    window.end = *end;
    return window;
}

bool is_quiet(const std::vector<QuietWindow>& windows, std::chrono::local_seconds time) noexcept {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto minute = static_cast<unsigned>(std::chrono::floor<std::chrono::minutes>(time - day).count());
    const unsigned weekday = std::chrono::weekday{day}.c_encoding();
    return std::any_of(windows.begin(), windows.end(), [&](const QuietWindow& window) { return covers(window, weekday, minute); });
}

bool is_always_quiet(const std::vector<QuietWindow>& windows) noexcept {
    for (unsigned weekday = 0; weekday < 7; ++weekday)
        for (unsigned minute = 0; minute < kDay; ++minute)
            if (std::none_of(windows.begin(), windows.end(), [&](const QuietWindow& window) { return covers(window, weekday, minute); })) return false;
    return true;
}

}  // namespace veritag::schedule
