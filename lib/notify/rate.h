// How often a channel may be used.
#pragma once

#include "base/times.h"
#include "notify/memory.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace veritag::notify {

/// At most `sends` within any span of `window`.
struct RateLimit {
    std::size_t sends = 6;  ///< at least 1
    std::chrono::seconds window{3600};
};

/// The earliest time, `now` or later, at which one more send keeps the limit. `history` is in rising order; times after `now` (the clock was
/// set back) count as now, so that nobody waits longer than a window.
SystemTime when_to_send(const RateLimit& limit, std::span<const SystemTime> history, SystemTime now);

/// The last sends of a channel, as far as its limit asks for them; note_send() adds one. A value that is no list of times is an empty history.
Result<std::vector<SystemTime>> sends_of(NoticeMemory& memory, std::string_view channel);
Result<void> note_send(NoticeMemory& memory, std::string_view channel, const RateLimit& limit, SystemTime now);

}  // namespace veritag::notify
