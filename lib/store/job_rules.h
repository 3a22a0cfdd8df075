// What decides in the queue: pure functions, no clock and no database.
#pragma once

#include "store/queue.h"

namespace veritag::store {

/// What of a waiting job changes when another joins it.
struct Waiting {
    Priority priority = Priority::push;      ///< of the most urgent that asked for it
    Priority least_urgent = Priority::push;  ///< of the least urgent
    TimePoint since;  ///< from then on it waits for its turn
    TimePoint ready;  ///< it does not start before
    int attempts = 0;
    int most_attempts = 0;
    std::chrono::milliseconds deadline{0};
};

/// The first with the newcomer in it.
Waiting join(const Waiting& first, const Waiting& newcomer);

/// How long a job waits after its `attempts`-th attempt; `random` in [0, 1).
std::chrono::milliseconds retry_delay(const QueueOptions& options, int attempts, double random, std::optional<std::chrono::milliseconds> asked_for);

/// What of a priority could start now.
struct Turn {
    std::optional<TimePoint> oldest;  ///< since when its oldest job could have started
    TimePoint last_lease;
};

/// Whose turn it is. nullopt: nobody waits.
std::optional<Priority> next_turn(const QueueOptions& options, const std::array<Turn, kPriorities>& turns, TimePoint now);

/// `over_limit` or `usage` where a job cannot be kept as it is.
Result<void> check_job(const NewJob& job);

}  // namespace veritag::store
