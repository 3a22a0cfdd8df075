#include "notify/rate.h"

#include "base/text.h"
#include "notify/kept_time.h"

#include <algorithm>
#include <string>

namespace veritag::notify {
namespace {

std::string key_of(std::string_view channel) { return "sent/" + std::string(channel); }

}  // namespace

SystemTime when_to_send(const RateLimit& limit, std::span<const SystemTime> history, SystemTime now) {
    const std::size_t most = std::max<std::size_t>(limit.sends, 1);
    if (history.size() < most) return now;
    // The oldest of the last `most` sends must leave the window before there may be another one.
    const SystemTime oldest = std::min(history[history.size() - most], now);
    return std::max(now, oldest + limit.window);
}

Result<std::vector<SystemTime>> sends_of(NoticeMemory& memory, std::string_view channel) {
    VERITAG_TRY(const std::optional<std::string> kept, memory.get(key_of(channel)));
    std::vector<SystemTime> history;
    if (!kept) return history;
    for (const std::string_view each : split(*kept, ' ')) {
        const auto second = parse_u64(each);
        if (!second || *second > static_cast<std::uint64_t>(kLastSecond)) return std::vector<SystemTime>();
        history.emplace_back(std::chrono::seconds(*second));
    }
    std::sort(history.begin(), history.end());
    return history;
}

Result<void> note_send(NoticeMemory& memory, std::string_view channel, const RateLimit& limit, SystemTime now) {
    VERITAG_TRY(std::vector<SystemTime> history, sends_of(memory, channel));
    for (SystemTime& each : history) each = std::min(each, now);
    history.push_back(now);
    const std::size_t kept = std::min(history.size(), std::max<std::size_t>(limit.sends, 1));
    std::string text;
    for (auto each = history.end() - static_cast<std::ptrdiff_t>(kept); each != history.end(); ++each)
        text += (text.empty() ? "" : " ") + std::to_string(each->time_since_epoch().count());
    return memory.put(key_of(channel), text);
}

}  // namespace veritag::notify
