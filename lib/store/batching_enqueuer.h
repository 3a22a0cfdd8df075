// Many callers, one commit: a disk that syncs fifty times a second still takes a thousand jobs a second.
#pragma once

#include "store/queue.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace veritag::store {

struct BatchLimits {
    std::size_t pending_jobs = 10'000;       ///< that wait for a commit; with more, callers are refused
    std::size_t pending_bytes = 64U << 20;   ///< of memory that they take
    std::size_t batch_jobs = 1'000;          ///< of one commit, so that no other user of the store waits for long
    std::size_t batch_bytes = 8U << 20;
};

/// Thread-safe. One thread of its own commits what came while the last commit went on.
class BatchingEnqueuer {
public:
    using Done = std::function<void(EnqueueAnswer)>;

    /// `queue` outlives it.
    explicit BatchingEnqueuer(JobQueue& queue, BatchLimits limits = {});
    /// As stop().
    ~BatchingEnqueuer();
    BatchingEnqueuer(const BatchingEnqueuer&) = delete;
    BatchingEnqueuer& operator=(const BatchingEnqueuer&) = delete;

    /// Calls `done` once, as soon as these jobs are durable or will never be: from the thread that commits, so it only passes the answer
    /// on, or at once from the caller's where nothing more is taken (`rate_limited`: too much waits for the disk; `cancelled`: stopped).
    /// The jobs of one call are kept all or none.
    void enqueue(std::vector<NewJob> jobs, Done done);
    /// The same, and waits for the answer.
    EnqueueAnswer enqueue(std::vector<NewJob> jobs);
    /// Commits and answers what was taken, then takes nothing more.
    void stop();

private:
    struct Group {
        std::vector<NewJob> jobs;
        std::size_t bytes = 0;
        Done done;
    };

    std::optional<Error> take(Group& group);
    void run();
    std::vector<Group> next_batch();  // empty: stopped
    void commit(std::vector<Group>& batch);

    JobQueue& queue_;
    const BatchLimits limits_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Group> pending_;
    std::size_t pending_jobs_ = 0;
    std::size_t pending_bytes_ = 0;
    bool stopped_ = false;
    std::once_flag joined_;
    std::thread thread_;  // last: it uses all above
};

}  // namespace veritag::store
