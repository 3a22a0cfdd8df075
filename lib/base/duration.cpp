#include "base/duration.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace veritag {
namespace {

struct Unit {
    char letter;
    std::uint64_t seconds;
};
constexpr std::array kUnits{Unit{'w', 7 * 86400}, Unit{'d', 86400}, Unit{'h', 3600}, Unit{'m', 60}, Unit{'s', 1}};
constexpr std::uint64_t kMostSeconds = 3660ULL * 86400;

Error no_duration(std::string_view text, std::string_view why) {
    return {ErrorCode::config, "read duration", "", "\"" + quote(text) + "\" " + std::string(why), "write it as 90m, 6h or 1d12h"};
}

}  // namespace

Result<std::chrono::seconds> parse_duration(std::string_view text) {
    std::uint64_t total = 0;
    std::size_t next_unit = 0;
    std::string_view rest = text;
    do {
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        const auto number = parse_u64(rest.substr(0, digits));
        if (digits == rest.size() || !number) return no_duration(text, digits == 0 ? "is no duration" : number ? "has no unit" : "is too long");
        while (next_unit < kUnits.size() && kUnits.at(next_unit).letter != rest[digits]) ++next_unit;
        if (next_unit == kUnits.size()) return no_duration(text, "has an unknown unit, or units out of order (w, d, h, m, s)");
        const std::uint64_t unit = kUnits.at(next_unit++).seconds;
        if (*number > kMostSeconds / unit) return no_duration(text, "is too long");
        total += *number * unit;
        if (total > kMostSeconds) return no_duration(text, "is too long");
        rest.remove_prefix(digits + 1);
    } while (!rest.empty());
    return std::chrono::seconds(static_cast<std::int64_t>(total));
}

std::string format_duration(std::chrono::seconds duration) {
    std::string text;
    auto left = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
    for (const Unit& unit : kUnits) {
        if (unit.letter == 'w' || left < unit.seconds) continue;
        text += std::to_string(left / unit.seconds) + unit.letter;
        left %= unit.seconds;
    }
    return text.empty() ? "0s" : text;
}

}  // namespace veritag
