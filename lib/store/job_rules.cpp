#include "store/job_rules.h"

#include "base/text.h"

#include <algorithm>
#include <numeric>

namespace veritag::store {

using std::chrono::milliseconds;

namespace {

constexpr std::array<std::string_view, kPriorities> kPriorityNames{"on-demand", "push", "schedule"};
constexpr std::array<std::string_view, kJobStates> kStateNames{"waiting", "running", "done", "dead", "cancelled", "superseded"};

Error too_much(const NewJob& job, const std::string& saw) {
    return {ErrorCode::over_limit, "enqueue job", quote(job.kind) + ' ' + quote(job.key), saw, ""};
}

Error too_long(const NewJob& job, const std::string& what, std::size_t bytes, std::size_t limit) {
    return too_much(job, what + " of " + std::to_string(bytes) + " bytes (limit " + std::to_string(limit) + ')');
}

}  // namespace

std::string_view to_string(Priority priority) noexcept { return kPriorityNames[static_cast<std::size_t>(priority)]; }
std::string_view to_string(JobState state) noexcept { return kStateNames[static_cast<std::size_t>(state)]; }

std::optional<JobState> parse_job_state(std::string_view text) noexcept {
    const auto* const found = std::find(kStateNames.begin(), kStateNames.end(), text);
    if (found == kStateNames.end()) return std::nullopt;
    return static_cast<JobState>(found - kStateNames.begin());
}

std::uint64_t QueueCounts::of(JobState state) const noexcept {
    const auto& row = jobs[static_cast<std::size_t>(state)];
    return std::accumulate(row.begin(), row.end(), std::uint64_t{0});
}

EnqueueAnswer JobQueue::enqueue(std::span<const NewJob> jobs) {
    const std::array<std::span<const NewJob>, 1> groups{jobs};
    VERITAG_TRY(std::vector<EnqueueAnswer> answers, enqueue_groups(groups));
    return std::move(answers.front());
}

Waiting join(const Waiting& first, const Waiting& newcomer) {
    Waiting both = first;
    both.priority = std::min(first.priority, newcomer.priority);
    both.least_urgent = std::max(first.least_urgent, newcomer.least_urgent);
    both.since = std::min(first.since, newcomer.since);
    // After a failure the wait is there to spare a registry. Only who is more urgent than all before may end it, so that happens twice at most.
    if (first.attempts == 0 || newcomer.priority < first.priority) both.ready = std::min(first.ready, newcomer.ready);
    both.most_attempts = std::max(first.most_attempts, first.attempts + newcomer.most_attempts);
    both.deadline = std::max(first.deadline, newcomer.deadline);
    return both;
}

milliseconds retry_delay(const QueueOptions& options, int attempts, double random, std::optional<milliseconds> asked_for) {
    milliseconds step = std::min(options.backoff, options.backoff_cap);
    for (int i = 1; i < attempts && step < options.backoff_cap; ++i) step = std::min(step * 2, options.backoff_cap);
    const auto half = static_cast<double>(step.count()) / 2;
    const milliseconds wait{static_cast<milliseconds::rep>(half + half * random)};
    return asked_for ? std::max(wait, std::min(*asked_for, options.longest_retry_after)) : wait;
}

std::optional<Priority> next_turn(const QueueOptions& options, const std::array<Turn, kPriorities>& turns, TimePoint now) {
    const std::array<milliseconds, kPriorities> patience{milliseconds::max(), options.push_patience, options.schedule_patience};
    std::optional<std::size_t> next;
    for (std::size_t i = kPriorities; i-- > 0;)
        if (turns[i].oldest) next = i;
    std::optional<std::size_t> starving;
    for (std::size_t i = 1; i < kPriorities; ++i) {
        const Turn& turn = turns[i];
        if (!turn.oldest || now - *turn.oldest < patience[i] || now - turn.last_lease < patience[i]) continue;
        if (!starving || turn.last_lease < turns[*starving].last_lease) starving = i;
    }
    if (starving) next = starving;
    if (!next) return std::nullopt;
    return static_cast<Priority>(*next);
}

Result<void> check_job(const NewJob& job) {
    if (job.kind.empty() || job.key.empty()) return Error{ErrorCode::usage, "enqueue job", quote(job.kind) + ' ' + quote(job.key), "its kind or its key is empty", ""};
    if (job.kind.size() > kMostJobKindBytes) return too_long(job, "a kind", job.kind.size(), kMostJobKindBytes);
    if (job.key.size() > kMostJobKeyBytes) return too_long(job, "a key", job.key.size(), kMostJobKeyBytes);
    if (job.payload.size() > kMostJobBytes) return too_long(job, "a payload", job.payload.size(), kMostJobBytes);
    if (job.events.size() > kMostJobEvents) return too_much(job, std::to_string(job.events.size()) + " events (limit " + std::to_string(kMostJobEvents) + ')');
    if (job.most_attempts < 1 || job.most_attempts > kMostJobAttempts)
        return too_much(job, std::to_string(job.most_attempts) + " attempts (1 to " + std::to_string(kMostJobAttempts) + ')');
    if (job.deadline < std::chrono::seconds(1) || job.deadline > kLongestJob)
        return too_much(job, "a deadline of " + std::to_string(job.deadline.count()) + " s (1 to " + std::to_string(kLongestJob.count()) + ')');
    return ok();
}

}  // namespace veritag::store
