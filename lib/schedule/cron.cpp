#include "schedule/cron.h"

#include "base/text.h"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace veritag::schedule {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::year_month_day;

constexpr std::size_t kMostBytes = 256;
constexpr std::chrono::years kFarAhead{40};  // 29 February falls on one and the same weekday every 28 years, and every 40 around 2100

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
    std::string_view name;
    unsigned least;
    unsigned most;
    std::span<const std::string_view> names;  // of the values from `least` on
};
constexpr Field kMinute{"minute", 0, 59, {}};
constexpr Field kHour{"hour", 0, 23, {}};
constexpr Field kDay{"day of the month", 1, 31, {}};
constexpr Field kMonth{"month", 1, 12, kMonths};
constexpr Field kWeekday{"day of the week", 0, 7, kWeekdays};

Error wrong(const Field& field, std::string_view text, std::string_view why, std::string hint = {}) {
    return {ErrorCode::config, "read cron expression", std::string(field.name), "\"" + quote(text) + "\" " + std::string(why), std::move(hint)};
}

Result<unsigned> parse_value(const Field& field, std::string_view text) {
    for (unsigned i = 0; i < field.names.size(); ++i)
        if (equals_ignoring_case(text, field.names[i])) return field.least + i;
    const auto number = parse_u64(text);
    if (!number || *number < field.least || *number > field.most)
        return wrong(field, text, "is not among " + std::to_string(field.least) + " to " + std::to_string(field.most) +
                                      (field.names.empty() ? "" : " or " + std::string(field.names.front()) + " to " + std::string(field.names.back())));
    return static_cast<unsigned>(*number);
}

struct Range {
    unsigned first = 0;
    unsigned last = 0;
    bool stepable = true;
};

Result<Range> parse_range(const Field& field, std::string_view text) {
    if (text == "*") return Range{field.least, &field == &kWeekday ? 6U : field.most};
    const auto ends = split_once(text, '-');
    VERITAG_TRY(const unsigned first, parse_value(field, ends ? ends->first : text));
    if (!ends) return Range{first, first, false};
    VERITAG_TRY(unsigned last, parse_value(field, ends->second));
    if (&field == &kWeekday && last == 0 && first > 0) last = 7;  // sat-sun
    if (first > last) return wrong(field, text, "runs backwards", "write two ranges with a comma between");
    return Range{first, last};
}

Result<std::bitset<64>> parse_field(const Field& field, std::string_view text) {
    std::bitset<64> set;
    for (const std::string_view part : split(text, ',')) {
        const auto step_parts = split_once(part, '/');
        VERITAG_TRY(const Range range, parse_range(field, step_parts ? step_parts->first : part));
        std::uint64_t step = 1;
        if (step_parts) {
            if (!range.stepable) return wrong(field, part, "has a step behind a single value", "write a range, as " + std::to_string(range.first) + "-" + std::to_string(field.most) + "/2");
            const auto number = parse_u64(step_parts->second);
            if (!number || *number == 0 || *number > field.most) return wrong(field, part, "has no step of 1 to " + std::to_string(field.most));
            step = *number;
        }
        for (std::uint64_t value = range.first; value <= range.last; value += step) set.set(value);
    }
    if (&field == &kWeekday && set.test(7)) set.reset(7).set(0);
    return set;
}

std::string_view expanded(std::string_view name) noexcept {
    struct Name {
        std::string_view name;
        std::string_view fields;
    };
    static constexpr std::array kNames{Name{"@yearly", "0 0 1 1 *"}, Name{"@annually", "0 0 1 1 *"}, Name{"@monthly", "0 0 1 * *"}, Name{"@weekly", "0 0 * * 0"},
                                       Name{"@daily", "0 0 * * *"},  Name{"@midnight", "0 0 * * *"}, Name{"@hourly", "0 * * * *"}};
    for (const Name& each : kNames)
        if (equals_ignoring_case(name, each.name)) return each.fields;
    return {};
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (;;) {
        text = trim(text);
        if (text.empty()) return words;
        const std::size_t end = text.find_first_of(" \t");
        words.push_back(text.substr(0, end));
        text.remove_prefix(words.back().size());
    }
}

}  // namespace

bool CronExpression::matches(year_month_day date) const noexcept {
    if (!months.test(static_cast<unsigned>(date.month()))) return false;
    const bool day = days.test(static_cast<unsigned>(date.day()));
    const bool weekday = weekdays.test(std::chrono::weekday{local_days{date}}.c_encoding());
    return any_day || any_weekday ? day && weekday : day || weekday;
}

std::optional<local_seconds> CronExpression::next_after(local_seconds time) const {
    const local_seconds from = std::chrono::floor<std::chrono::minutes>(time) + std::chrono::minutes{1};
    local_days day = std::chrono::floor<std::chrono::days>(from);
    auto first_minute = static_cast<std::size_t>(std::chrono::floor<std::chrono::minutes>(from - day).count());
    const local_days end = local_days{year_month_day{day} + kFarAhead + std::chrono::months{1}};
    for (; day < end; day += std::chrono::days{1}, first_minute = 0) {
        if (!matches(year_month_day{day})) continue;
        for (std::size_t minute = first_minute; minute < 24 * 60;) {
            if (!hours.test(minute / 60))
                minute = (minute / 60 + 1) * 60;
            else if (!minutes.test(minute % 60))
                ++minute;
            else
                return local_seconds{day} + std::chrono::minutes{minute};
        }
    }
    return std::nullopt;
}

Result<CronExpression> parse_cron(std::string_view text) {
    const auto refuse = [&](std::string saw, std::string hint) { return Error{ErrorCode::config, "read cron expression", "", "\"" + quote(text) + "\" " + std::move(saw), std::move(hint)}; };
    if (text.size() > kMostBytes) return refuse("has " + std::to_string(text.size()) + " bytes (limit " + std::to_string(kMostBytes) + ")", "");
    std::vector<std::string_view> words = words_of(text);
    if (words.size() == 1 && words.front().starts_with('@')) {
        words = words_of(expanded(words.front()));
        if (words.empty()) return refuse("is unknown (known: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly)", "for a span between runs use an interval");
    }
    if (words.size() != 5) return refuse("has " + std::to_string(words.size()) + " fields", "five are wanted: minute, hour, day of the month, month, day of the week");
    CronExpression cron;
    VERITAG_TRY(cron.minutes, parse_field(kMinute, words[0]));
    VERITAG_TRY(cron.hours, parse_field(kHour, words[1]));
    VERITAG_TRY(cron.days, parse_field(kDay, words[2]));
    VERITAG_TRY(cron.months, parse_field(kMonth, words[3]));
    VERITAG_TRY(cron.weekdays, parse_field(kWeekday, words[4]));
    cron.any_day = words[2].starts_with('*');
    cron.any_weekday = words[4].starts_with('*');
    if (!cron.next_after(local_days{std::chrono::year{2000} / 1 / 1})) return refuse("never comes", "there is no such day in these months");
    return cron;
}

Result<std::bitset<64>> parse_weekdays(std::string_view text) {
    if (text.size() > kMostBytes) return wrong(kWeekday, text, "is too long");
    return parse_field(kWeekday, text);
}

}  // namespace veritag::schedule
