#include "store/batching_enqueuer.h"

#include <exception>
#include <future>
#include <utility>

namespace veritag::store {
namespace {

std::size_t bytes_of(const std::vector<NewJob>& jobs) {
    std::size_t bytes = 0;
    for (const NewJob& job : jobs) {
        bytes += sizeof job + job.kind.size() + job.key.size() + job.payload.size();
        for (const std::string& event : job.events) bytes += sizeof event + event.size();
    }
    return bytes;
}

}  // namespace

BatchingEnqueuer::BatchingEnqueuer(JobQueue& queue, BatchLimits limits) : queue_(queue), limits_(limits), thread_([this] { run(); }) {}

BatchingEnqueuer::~BatchingEnqueuer() { stop(); }

void BatchingEnqueuer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
    std::call_once(joined_, [this] { thread_.join(); });
}

void BatchingEnqueuer::enqueue(std::vector<NewJob> jobs, Done done) {
    const std::size_t bytes = bytes_of(jobs);
    Group group{.jobs = std::move(jobs), .bytes = bytes, .done = std::move(done)};
    if (const std::optional<Error> refused = take(group)) return group.done(*refused);
    changed_.notify_one();
}

// Leaves the group as it is where it gives an error.
std::optional<Error> BatchingEnqueuer::take(Group& group) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Error{ErrorCode::cancelled, "enqueue job", "", "the queue takes no more jobs since veritag ends", "try again when it is back"};
    if (pending_jobs_ + group.jobs.size() > limits_.pending_jobs || pending_bytes_ + group.bytes > limits_.pending_bytes)
        return Error{ErrorCode::rate_limited, "enqueue job", "", std::to_string(pending_jobs_) + " jobs wait for the disk", "try again later"};
    pending_jobs_ += group.jobs.size();
    pending_bytes_ += group.bytes;
    pending_.push_back(std::move(group));
    return std::nullopt;
}

EnqueueAnswer BatchingEnqueuer::enqueue(std::vector<NewJob> jobs) {
    std::promise<EnqueueAnswer> promise;
    std::future<EnqueueAnswer> answer = promise.get_future();
    enqueue(std::move(jobs), [&promise](EnqueueAnswer given) { promise.set_value(std::move(given)); });
    return answer.get();
}

void BatchingEnqueuer::run() {
    for (;;) {
        std::vector<Group> batch = next_batch();
        if (batch.empty()) return;
        commit(batch);
    }
}

std::vector<BatchingEnqueuer::Group> BatchingEnqueuer::next_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !pending_.empty(); });
    std::vector<Group> batch;
    std::size_t jobs = 0;
    std::size_t bytes = 0;
    while (!pending_.empty()) {
        const Group& next = pending_.front();
        // A first one is taken whatever its size, or it would never be.
        if (!batch.empty() && (jobs + next.jobs.size() > limits_.batch_jobs || bytes + next.bytes > limits_.batch_bytes)) break;
        jobs += next.jobs.size();
        bytes += next.bytes;
        batch.push_back(std::move(pending_.front()));
        pending_.pop_front();
    }
    pending_jobs_ -= jobs;
    pending_bytes_ -= bytes;
    return batch;
}

void BatchingEnqueuer::commit(std::vector<Group>& batch) {
    Result<std::vector<EnqueueAnswer>> answers = Error{};
    try {
        std::vector<std::span<const NewJob>> groups;
        for (const Group& group : batch) groups.emplace_back(group.jobs);
        answers = queue_.enqueue_groups(groups);
    } catch (const std::exception& failure) {  // memory ran out; an exception would end the program
        answers = Error{ErrorCode::internal, "enqueue jobs", "", failure.what(), ""};
    }
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(answers ? std::move((*answers)[i]) : EnqueueAnswer(answers.error()));
}

}  // namespace veritag::store
