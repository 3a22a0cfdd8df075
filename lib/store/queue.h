// The queue of what the daemon has to do. A job that was acknowledged is kept through any restart; it runs at least once, and never two
// of one key at a time. Fit for several workers on a server database: all that is promised here holds between processes, too.
#pragma once

#include "base/result.h"
#include "store/clocks.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::store {

/// What goes first. The numbers are kept in the store.
enum class Priority : int { on_demand = 0, push = 1, schedule = 2 };
inline constexpr std::size_t kPriorities = 3;

/// The numbers are kept in the store. lib/README.md draws how one leads to another.
enum class JobState : int {
    waiting = 0,
    running = 1,
    done = 2,
    dead = 3,        ///< a dead letter: its last attempt failed, or its error was final, or its workers died of it
    cancelled = 4,
    superseded = 5,  ///< another job of its key, `successor`, does what it was for
};
inline constexpr std::size_t kJobStates = 6;

std::string_view to_string(Priority priority) noexcept;  ///< `on-demand`, `push`, `schedule`
std::string_view to_string(JobState state) noexcept;     ///< as the enumerators
std::optional<JobState> parse_job_state(std::string_view text) noexcept;

/// Limits on what is enqueued; passing one is an `over_limit` error.
inline constexpr std::size_t kMostJobBytes = 1U << 20;  ///< of a payload, and of a result
inline constexpr std::size_t kMostShortResult = 8192;   ///< of a result that a list of jobs has room for
inline constexpr std::size_t kMostJobKindBytes = 64;
inline constexpr std::size_t kMostJobKeyBytes = 2048;
inline constexpr std::size_t kMostJobEvents = 256;
inline constexpr int kMostJobAttempts = 100;
inline constexpr std::chrono::seconds kLongestJob{7 * 24 * 3600};
inline constexpr std::chrono::milliseconds kLongestDelay = std::chrono::hours(24 * 31);  ///< a later `not_before` is cut to it
inline constexpr std::chrono::milliseconds kLongestLease = std::chrono::hours(1);

struct NewJob {
    std::string kind;     ///< which worker does it, as `scan`
    std::string key;      ///< what it is about; jobs of one kind and key coalesce
    std::string payload;  ///< any bytes
    Priority priority = Priority::push;
    std::optional<TimePoint> not_before = {};
    int most_attempts = 5;
    std::chrono::seconds deadline{3600};    ///< for one run
    std::vector<std::string> events = {};  ///< ids of the events that ask for it: one that was seen already is not done again
};

enum class EnqueueOutcome {
    added,
    joined,     ///< a job of its kind and key waits already: that one now has this payload
    duplicate,  ///< each of its events was seen: `id` is a job that waits, runs or is done because of them
};

struct Enqueued {
    std::int64_t id = 0;
    EnqueueOutcome outcome = EnqueueOutcome::added;
    friend bool operator==(const Enqueued&, const Enqueued&) = default;
};

/// One a job, in their order.
using EnqueueAnswer = Result<std::vector<Enqueued>>;

/// Why a job failed last, or why it is a dead letter.
struct JobFailure {
    std::string code;     ///< the name of an ErrorCode
    std::string message;  ///< cut to 4096 bytes
    friend bool operator==(const JobFailure&, const JobFailure&) = default;
};

struct JobInfo {
    std::int64_t id = 0;
    std::string kind;
    std::string key;
    Priority priority = Priority::push;      ///< of the most urgent that asked for it
    Priority least_urgent = Priority::push;  ///< of the least urgent: on demand where nobody else asked
    JobState state = JobState::waiting;
    int attempts = 0;  ///< runs that were begun
    int most_attempts = 0;
    int lost = 0;      ///< runs whose worker died or fell silent
    std::chrono::seconds deadline{0};
    TimePoint enqueued;
    TimePoint ready;    ///< it does not start before
    TimePoint changed;  ///< when it came to its state, or was last heard of
    std::optional<TimePoint> started = {};  ///< its last run
    std::string worker;           ///< who did that
    bool cancel_asked = false;
    std::optional<JobFailure> failure = {};
    std::int64_t successor = 0;   ///< of a superseded job
    std::string short_result;     ///< Job::result, where it has at most kMostShortResult bytes
};

struct Job {
    JobInfo info;
    std::string payload;
    std::string result;  ///< what finish() was given
};

/// A job to do now, on loan.
struct Lease {
    std::int64_t id = 0;
    std::string kind;
    std::string key;
    std::string payload;
    Priority priority = Priority::push;
    int attempt = 0;      ///< from 1
    int most_attempts = 0;
    std::string token;    ///< proves that the lease is ours
    TimePoint ends;       ///< renewed before, well before
    TimePoint deadline;   ///< of the run: later there is no renewal
};

enum class LeaseState {
    held,
    cancelled,  ///< somebody asked for that: stop, then fail()
    overdue,    ///< its deadline passed: stop, then fail(); the lease is not renewed and will run out
    lost,       ///< it ran out, and the job is somebody else's: stop, there is nobody to tell
};

/// What shall follow on a failure.
struct Retry {
    bool again = true;  ///< false: the error is final
    std::optional<std::chrono::milliseconds> after = {};  ///< what a server asked for; the wait is never shorter, and is cut to QueueOptions::longest_retry_after
};

struct JobFilter {
    std::optional<JobState> state = {};
    std::optional<std::string> kind = {};
};

struct JobPage {
    std::vector<JobInfo> jobs;  ///< newest first
    std::optional<std::int64_t> next = {};  ///< the cursor of the next page
};

struct QueueCounts {
    std::array<std::array<std::uint64_t, kPriorities>, kJobStates> jobs{};  ///< by state and priority
    /// How long that job has been waiting that could have started first. nullopt: none could.
    std::optional<std::chrono::milliseconds> oldest_waiting = {};
    [[nodiscard]] std::uint64_t of(JobState state) const noexcept;
};

/// Thread-safe. All calls block, those that change something until it is on the disk, and fail with `io` where the store does: nothing
/// was changed then, and the next call may succeed.
class JobQueue {
public:
    virtual ~JobQueue() = default;

    /// All of them or, with an error, none, in one durable transaction. `rate_limited`, and nothing else is: the queue is full.
    ///
    /// While a job of the same kind and key waits, an enqueue joins it: the newer payload and the higher of the priorities hold, and the
    /// newcomer's attempts are added. One that waits after a failure goes on waiting, unless the newcomer's priority is higher.
    /// While one runs, one more waits behind it.
    EnqueueAnswer enqueue(std::span<const NewJob> jobs);
    /// The same for several callers at once in one transaction: each group is whole or has an error of its own.
    virtual Result<std::vector<EnqueueAnswer>> enqueue_groups(std::span<const std::span<const NewJob>> groups) = 0;

    /// The next job of these kinds: the highest priority first, in it the one that has waited longest. So that nothing starves, a lower
    /// priority comes first once its oldest job and its last lease are both QueueOptions::push_patience (schedule_patience) ago.
    ///
    /// Before that, leases are taken back: those that ran out, and at once those of processes of this machine that have ended. The job
    /// waits again, with its attempt counted; when that was its QueueOptions::most_lost-th, it is a dead letter.
    /// A lease of this process ends by the steady clock, so a calendar that is put forward ends none of them.
    virtual Result<std::optional<Lease>> lease(std::string_view worker, std::span<const std::string> kinds, std::chrono::milliseconds lease_time) = 0;
    virtual Result<LeaseState> renew(std::string_view token) = 0;
    /// False: the lease was lost, and the result is not kept. Again after success: true, and nothing changes.
    virtual Result<bool> finish(std::string_view token, std::string_view result) = 0;
    /// What became of the job: it waits, or is dead, or cancelled if that was asked for. nullopt: the lease was lost.
    virtual Result<std::optional<JobState>> fail(std::string_view token, const Error& error, const Retry& retry) = 0;
    /// Gives the job back unharmed, as a daemon does that ends: the attempt is not counted. False: the lease was lost.
    virtual Result<bool> release(std::string_view token) = 0;

    /// The state it has now: `cancelled`, or `running` where its worker was asked to stop, or how it had ended before. `not_found`.
    virtual Result<JobState> cancel(std::int64_t id) = 0;
    /// A dead or cancelled job waits again with all its attempts, or is superseded by one of its key that waits. nullopt: it is neither.
    virtual Result<std::optional<Enqueued>> retry(std::int64_t id) = 0;

    virtual Result<std::optional<Job>> find(std::int64_t id) = 0;
    /// Newest first, up to `limit` (1 to 1000). A cursor stays right whatever happens between two pages.
    virtual Result<JobPage> list(const JobFilter& filter, std::optional<std::int64_t> cursor, std::size_t limit) = 0;
    virtual Result<QueueCounts> counts() = 0;
    /// Drops what ended longer ago: dead letters after `dead_age`, all else after `age`. How many.
    virtual Result<std::uint64_t> prune(std::chrono::milliseconds age, std::chrono::milliseconds dead_age) = 0;
};

struct QueueOptions {
    std::size_t most_waiting = 10'000;
    /// How long an event is remembered.
    std::chrono::milliseconds event_window = std::chrono::minutes(10);
    /// A job of that priority starts at least so often, whatever else waits.
    std::chrono::milliseconds push_patience = std::chrono::minutes(1);
    std::chrono::milliseconds schedule_patience = std::chrono::minutes(5);
    /// The wait after the n-th attempt: from half of backoff * 2^(n-1) to all of it, at most `backoff_cap`.
    std::chrono::milliseconds backoff = std::chrono::seconds(10);
    std::chrono::milliseconds backoff_cap = std::chrono::hours(1);
    std::chrono::milliseconds longest_retry_after = std::chrono::hours(24);
    /// A job whose workers died or fell silent so often is taken for what kills them.
    int most_lost = 3;
    /// In [0, 1), for the jitter.
    std::function<double()> random = {};  ///< not set: a generator of the queue's own
};

}  // namespace veritag::store
