// Callers that share commits.
#include "store/batching_enqueuer.h"

#include "daemon_fixture.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace veritag::store {
namespace {

using test::must;
using test::scan_of;

/// A queue whose commits take as long as the test says.
class SlowQueue final : public JobQueue {
public:
    explicit SlowQueue(JobQueue& queue) : queue_(queue) {}
    Result<std::vector<EnqueueAnswer>> enqueue_groups(std::span<const std::span<const NewJob>> groups) override {
        std::unique_lock lock(mutex_);
        commits_.push_back(groups.size());
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        if (throws_) throw std::runtime_error("no memory is left");
        if (error_) return *error_;
        return queue_.enqueue_groups(groups);
    }
    void let_go() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void hold() {
        const std::lock_guard lock(mutex_);
        open_ = false;
    }
    void wait_for_commits(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return commits_.size() >= count; });
    }
    void fail_with(std::optional<Error> error, bool throws = false) {
        const std::lock_guard lock(mutex_);
        error_ = std::move(error);
        throws_ = throws;
    }
    std::vector<std::size_t> commits() {
        const std::lock_guard lock(mutex_);
        return commits_;
    }

    // What nobody here calls.
    Result<std::optional<Lease>> lease(std::string_view, std::span<const std::string>, std::chrono::milliseconds) override { return Error{}; }
    Result<LeaseState> renew(std::string_view) override { return Error{}; }
    Result<bool> finish(std::string_view, std::string_view) override { return Error{}; }
    Result<std::optional<JobState>> fail(std::string_view, const Error&, const Retry&) override { return Error{}; }
    Result<bool> release(std::string_view) override { return Error{}; }
    Result<JobState> cancel(std::int64_t) override { return Error{}; }
    Result<std::optional<Enqueued>> retry(std::int64_t) override { return Error{}; }
    Result<std::optional<Job>> find(std::int64_t) override { return Error{}; }
    Result<JobPage> list(const JobFilter&, std::optional<std::int64_t>, std::size_t) override { return Error{}; }
    Result<QueueCounts> counts() override { return Error{}; }
    Result<std::uint64_t> prune(std::chrono::milliseconds, std::chrono::milliseconds) override { return Error{}; }

private:
    JobQueue& queue_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::size_t> commits_;  // how many callers each was for
    bool open_ = true;
    bool throws_ = false;
    std::optional<Error> error_;
};

class Batching : public test::DaemonTest {
protected:
    /// Asks without waiting.
    std::future<EnqueueAnswer> ask(BatchingEnqueuer& enqueuer, std::vector<NewJob> jobs) {
        auto promise = std::make_shared<std::promise<EnqueueAnswer>>();
        std::future<EnqueueAnswer> answer = promise->get_future();
        enqueuer.enqueue(std::move(jobs), [promise](EnqueueAnswer given) { promise->set_value(std::move(given)); });
        return answer;
    }
    static bool is_answered(const std::future<EnqueueAnswer>& answer) { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

    DaemonStateOptions options_;
    std::unique_ptr<DaemonState> state_ = open([this] {
        options_.queue.most_waiting = 60;
        return options_;
    }());
    SlowQueue queue_{state_->jobs()};
};

TEST_F(Batching, WhoComesWhileOneCommitsSharesTheNextCommit) {
    BatchingEnqueuer enqueuer(queue_);
    queue_.hold();
    std::vector<std::future<EnqueueAnswer>> answers;
    answers.push_back(ask(enqueuer, {scan_of("first")}));
    queue_.wait_for_commits(1);
    for (int i = 0; i < 50; ++i) answers.push_back(ask(enqueuer, {scan_of(std::to_string(i))}));
    for (const auto& answer : answers) EXPECT_FALSE(is_answered(answer)) << "nothing is durable yet";
    queue_.let_go();
    std::set<std::int64_t> ids;
    for (auto& answer : answers) ids.insert(must(answer.get()).at(0).id);
    EXPECT_EQ(ids.size(), 51U);
    EXPECT_EQ(queue_.commits(), (std::vector<std::size_t>{1, 50}));
}

TEST_F(Batching, EachHasItsOwnAnswer) {
    BatchingEnqueuer enqueuer(queue_);
    queue_.hold();
    auto first = ask(enqueuer, {scan_of("a")});
    queue_.wait_for_commits(1);
    auto joins = ask(enqueuer, {scan_of("a"), scan_of("b")});
    auto bad = ask(enqueuer, {scan_of("")});
    auto none = ask(enqueuer, {});
    std::vector<NewJob> many;
    for (int i = 0; i < 59; ++i) many.push_back(scan_of(std::to_string(i)));
    auto full = ask(enqueuer, many);
    auto fits = ask(enqueuer, {scan_of("c")});
    queue_.let_go();
    const std::int64_t id = must(first.get()).at(0).id;
    EXPECT_EQ(must(joins.get()).at(0), (Enqueued{id, EnqueueOutcome::joined}));
    EXPECT_EQ(bad.get().error().code, ErrorCode::usage);
    EXPECT_TRUE(must(none.get()).empty());
    EXPECT_EQ(full.get().error().code, ErrorCode::rate_limited);
    EXPECT_EQ(must(fits.get()).size(), 1U);
}

TEST_F(Batching, AFailedCommitIsToldToAllOfItAndTheNextOneWorks) {
    BatchingEnqueuer enqueuer(queue_);
    queue_.fail_with(Error{ErrorCode::io, "enqueue jobs", "store", "disk is full", ""});
    EXPECT_EQ(enqueuer.enqueue({scan_of("a")}).error().message(), "enqueue jobs: store: disk is full");
    queue_.fail_with({}, true);
    EXPECT_EQ(enqueuer.enqueue({scan_of("a")}).error().message(), "enqueue jobs: no memory is left");
    queue_.fail_with({});
    EXPECT_EQ(must(enqueuer.enqueue({scan_of("a")})).size(), 1U);
}

TEST_F(Batching, TooMuchThatWaitsForTheDiskIsRefusedAtOnce) {
    BatchLimits limits;
    limits.pending_jobs = 3;
    limits.pending_bytes = 10'000;
    BatchingEnqueuer enqueuer(queue_, limits);
    queue_.hold();
    auto first = ask(enqueuer, {scan_of("first")});
    queue_.wait_for_commits(1);
    auto two = ask(enqueuer, {scan_of("a"), scan_of("b")});
    auto over = ask(enqueuer, {scan_of("c"), scan_of("d")});
    ASSERT_TRUE(is_answered(over));
    const Error error = over.get().error();
    EXPECT_EQ(error.code, ErrorCode::rate_limited);
    EXPECT_EQ(error.message(), "enqueue job: 2 jobs wait for the disk; try again later");
    EXPECT_TRUE(is_answered(ask(enqueuer, {scan_of("large", Priority::push, std::string(10'000, 'x'))})));
    auto third = ask(enqueuer, {scan_of("e")});
    EXPECT_FALSE(is_answered(third));
    queue_.let_go();
    EXPECT_TRUE(two.get());
    EXPECT_TRUE(third.get());
    EXPECT_EQ(queue_.commits(), (std::vector<std::size_t>{1, 2}));
}

TEST_F(Batching, OneCommitHasItsBoundsAndALargeOneGoesAlone) {
    BatchLimits limits;
    limits.batch_jobs = 4;
    limits.batch_bytes = 5'000;
    BatchingEnqueuer enqueuer(queue_, limits);
    queue_.hold();
    std::vector<std::future<EnqueueAnswer>> answers;
    answers.push_back(ask(enqueuer, {scan_of("first")}));
    queue_.wait_for_commits(1);
    for (int i = 0; i < 6; ++i) answers.push_back(ask(enqueuer, {scan_of(std::to_string(i))}));
    answers.push_back(ask(enqueuer, {scan_of("large", Priority::push, std::string(20'000, 'x'))}));
    std::vector<NewJob> many;
    for (int i = 0; i < 6; ++i) many.push_back(scan_of("many " + std::to_string(i)));
    answers.push_back(ask(enqueuer, many));
    answers.push_back(ask(enqueuer, {scan_of("last")}));
    queue_.let_go();
    for (auto& answer : answers) EXPECT_TRUE(answer.get());
    EXPECT_EQ(queue_.commits(), (std::vector<std::size_t>{1, 4, 2, 1, 1, 1}));
}

TEST_F(Batching, StoppingAnswersWhatWasTakenAndThenTakesNothing) {
    BatchingEnqueuer enqueuer(queue_);
    queue_.hold();
    auto first = ask(enqueuer, {scan_of("first")});
    queue_.wait_for_commits(1);
    auto second = ask(enqueuer, {scan_of("second")});
    std::thread stopper([&] { enqueuer.stop(); });
    queue_.let_go();
    stopper.join();
    enqueuer.stop();
    ASSERT_TRUE(is_answered(first));
    ASSERT_TRUE(is_answered(second));
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_EQ(enqueuer.enqueue({scan_of("third")}).error().code, ErrorCode::cancelled);
    EXPECT_EQ(must(state_->jobs().counts()).of(JobState::waiting), 2U);
}

TEST_F(Batching, WhatIsAnsweredIsSeenByEverybody) {
    DaemonStateOptions options;
    auto state = open(options);
    auto other = open();
    BatchingEnqueuer enqueuer(state->jobs());
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const std::int64_t id = must(enqueuer.enqueue({scan_of(std::to_string(t) + '/' + std::to_string(i))})).at(0).id;
                const auto found = must(other->jobs().find(id));
                ASSERT_TRUE(found);
                EXPECT_EQ(found->info.key, std::to_string(t) + '/' + std::to_string(i));
            }
        });
    threads.clear();
    EXPECT_EQ(must(other->jobs().counts()).of(JobState::waiting), 400U);
}

}  // namespace
}  // namespace veritag::store
