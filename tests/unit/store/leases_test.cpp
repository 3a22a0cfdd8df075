// Jobs on loan: renewing, failing, losing, and clocks that jump.
#include "daemon_fixture.h"

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace veritag::store {
namespace {

using test::info;
using test::kScans;
using test::must;
using test::network_error;
using test::put;
using test::scan_of;
using test::sql;
using test::take;
using namespace std::chrono_literals;

class Leases : public test::DaemonTest {
protected:
    /// Enqueues and leases a job in a process that is then killed. Its id.
    std::int64_t leased_by_the_dead(const std::string& key) {
        const pid_t child = fork();
        if (child == 0) {
            auto state = open();
            put(state->jobs(), scan_of(key, Priority::push, "payload"));
            const auto lease = take(state->jobs(), "the dead", 1h);
            state.release();
            _exit(static_cast<int>(lease->id));
        }
        int status = 0;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        return WEXITSTATUS(status);
    }
};

TEST_F(Leases, ALeaseLastsAsLongAsItIsRenewed) {
    auto state = open();
    put(state->jobs(), scan_of("a"));
    const auto lease = take(state->jobs());
    for (int i = 0; i < 10; ++i) {
        pass(59s);
        EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::held);
        EXPECT_FALSE(take(state->jobs()));
    }
    EXPECT_TRUE(must(state->jobs().finish(lease->token, "result")));
    EXPECT_TRUE(must(state->jobs().finish(lease->token, "another"))) << "the answer may have been lost on its way";
    const Job job = *must(state->jobs().find(lease->id));
    EXPECT_EQ(job.info.state, JobState::done);
    EXPECT_EQ(job.result, "result");
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::lost);
    EXPECT_EQ(must(state->jobs().fail(lease->token, network_error(), {})), std::nullopt);
}

TEST_F(Leases, OneThatRanOutGoesToTheNextWorkerWithItsAttemptCounted) {
    auto state = open();
    put(state->jobs(), scan_of("a"));
    const auto first = take(state->jobs());
    pass(60s);
    const auto second = take(state->jobs());
    ASSERT_TRUE(second);
    EXPECT_EQ(second->id, first->id);
    EXPECT_EQ(second->attempt, 2);
    EXPECT_EQ(must(state->jobs().renew(first->token)), LeaseState::lost);
    EXPECT_FALSE(must(state->jobs().finish(first->token, "late")));
    EXPECT_EQ(must(state->jobs().fail(first->token, network_error(), {})), std::nullopt);
    EXPECT_FALSE(must(state->jobs().release(first->token)));
    EXPECT_TRUE(must(state->jobs().finish(second->token, "in time")));
    EXPECT_EQ(must(state->jobs().find(first->id))->result, "in time");
    EXPECT_EQ(info(state->jobs(), first->id).lost, 1);
}

TEST_F(Leases, WorkThatEndsLateIsKeptWhereNobodyElseBegan) {
    auto state = open();
    put(state->jobs(), scan_of("a"));
    const auto lease = take(state->jobs());
    pass(10min);
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::held);
    pass(10min);
    EXPECT_TRUE(must(state->jobs().finish(lease->token, "")));
}

TEST_F(Leases, ATokenIsNotGuessed) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    const std::string waiting = std::to_string(id) + '.';
    for (const std::string& token : {std::string(), std::string("."), std::string("x"), waiting, std::to_string(id), std::string("99999999999999999999.a"), std::string("-1.a")})
        EXPECT_EQ(must(state->jobs().renew(token)), LeaseState::lost) << token;
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->token.size(), waiting.size() + 32);
    EXPECT_EQ(must(state->jobs().renew(waiting)), LeaseState::lost);
    EXPECT_EQ(must(state->jobs().renew(lease->token.substr(0, lease->token.size() - 1))), LeaseState::lost);
    EXPECT_FALSE(must(state->jobs().finish("", "")));
}

// ---- failing ----

TEST_F(Leases, AFailureWaitsLongerEachTimeAndIsADeadLetterAfterTheLast) {
    DaemonStateOptions options;
    options.queue.backoff = 10s;
    auto state = open(options);
    NewJob job = scan_of("a");
    job.most_attempts = 4;
    const std::int64_t id = put(state->jobs(), job).id;
    random_ = 0.5;  // three quarters of each step
    for (const auto wait : {7500ms, 15000ms, 30000ms}) {
        EXPECT_EQ(must(state->jobs().fail(take(state->jobs())->token, network_error(), {})), JobState::waiting);
        EXPECT_EQ(info(state->jobs(), id).ready, now_ + wait);
        pass(wait - 1ms);
        EXPECT_FALSE(take(state->jobs()));
        pass(1ms);
    }
    EXPECT_EQ(must(state->jobs().fail(take(state->jobs())->token, network_error(), {})), JobState::dead);
    EXPECT_EQ(info(state->jobs(), id).attempts, 4);
    EXPECT_EQ(info(state->jobs(), id).failure->code, "network");
    pass(24h);
    EXPECT_FALSE(take(state->jobs()));
}

TEST_F(Leases, AFinalErrorIsADeadLetterAtOnceAndAServersWishIsHonoured) {
    auto state = open();
    put(state->jobs(), scan_of("a"));
    EXPECT_EQ(must(state->jobs().fail(take(state->jobs())->token, network_error(), {.again = false})), JobState::dead);
    const std::int64_t id = put(state->jobs(), scan_of("b")).id;
    EXPECT_EQ(must(state->jobs().fail(take(state->jobs())->token, network_error(), {.after = 20min})), JobState::waiting);
    EXPECT_EQ(info(state->jobs(), id).ready, now_ + 20min);
}

TEST_F(Leases, ALongOrBrokenMessageIsCutToText) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    Error error = network_error();
    error.saw = std::string(4095 - error.message().size() + error.saw.size(), 'x') + "é\xff";
    must(state->jobs().fail(take(state->jobs())->token, error, {}));
    const std::string message = info(state->jobs(), id).failure->message;
    EXPECT_LE(message.size(), 4096U + 2);
    EXPECT_TRUE(message.ends_with("x\xEF\xBF\xBD")) << "half a character is none";
}

TEST_F(Leases, AReleasedJobIsUnharmed) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    EXPECT_TRUE(must(state->jobs().release(take(state->jobs())->token)));
    EXPECT_EQ(info(state->jobs(), id).attempts, 0);
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->attempt, 1);
    must(state->jobs().cancel(id));
    EXPECT_TRUE(must(state->jobs().release(lease->token)));
    EXPECT_EQ(info(state->jobs(), id).state, JobState::cancelled);
}

// ---- cancelling, and deadlines ----

TEST_F(Leases, AWorkerIsToldThatItsJobWasCancelled) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    const auto lease = take(state->jobs());
    EXPECT_EQ(must(state->jobs().cancel(id)), JobState::running);
    EXPECT_TRUE(info(state->jobs(), id).cancel_asked);
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::cancelled);
    EXPECT_FALSE(take(state->jobs())) << "the worker has not stopped yet";
    EXPECT_EQ(must(state->jobs().fail(lease->token, {ErrorCode::cancelled, "scan", "a", "stopped", ""}, {})), JobState::cancelled);
    EXPECT_FALSE(take(state->jobs()));
    EXPECT_EQ(must(state->jobs().cancel(id)), JobState::cancelled);
}

TEST_F(Leases, ACancelledJobWhoseWorkerDiedIsNotBegunAgain) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    take(state->jobs());
    must(state->jobs().cancel(id));
    pass(60s);
    EXPECT_FALSE(take(state->jobs()));
    EXPECT_EQ(info(state->jobs(), id).state, JobState::cancelled);
}

TEST_F(Leases, WhoIsDoneBeforeItIsToldIsDone) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    const auto lease = take(state->jobs());
    must(state->jobs().cancel(id));
    EXPECT_TRUE(must(state->jobs().finish(lease->token, "")));
    EXPECT_EQ(info(state->jobs(), id).state, JobState::done);
}

TEST_F(Leases, NoLeaseIsRenewedPastTheDeadlineOfTheRun) {
    auto state = open();
    NewJob job = scan_of("a");
    job.deadline = 100s;
    put(state->jobs(), job);
    const auto lease = take(state->jobs());
    pass(50s);
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::held);
    pass(49s);
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::held);
    pass(1s);
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::overdue);
    EXPECT_FALSE(take(state->jobs())) << "time to stop";
    pass(59s);
    const auto next = take(state->jobs());
    ASSERT_TRUE(next) << "it did not stop";
    EXPECT_EQ(next->attempt, 2);
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::lost);
    EXPECT_EQ(must(state->jobs().renew(next->token)), LeaseState::held) << "each run has its own deadline";
}

// ---- workers that die ----

TEST_F(Leases, TheLeaseOfADeadProcessIsTakenBackAtOnce) {
    const std::int64_t id = leased_by_the_dead("a");
    auto state = open();
    EXPECT_EQ(info(state->jobs(), id).state, JobState::running);
    const auto lease = take(state->jobs());
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->id, id);
    EXPECT_EQ(lease->payload, "payload");
    EXPECT_EQ(lease->attempt, 2);
}

TEST_F(Leases, TheLeaseOfAProcessThatCannotBeSeenRunsOut) {
    const std::int64_t id = leased_by_the_dead("a");
    sql(path(), "UPDATE jobs SET holder = substr(holder, 1, instr(holder, 'pid:') - 1) || 'pid:[1]'");  // of another container
    auto state = open();
    EXPECT_FALSE(take(state->jobs()));
    pass(1h);
    EXPECT_EQ(take(state->jobs())->id, id);
}

TEST_F(Leases, AKilledDaemonTakesUpItsWorkBeforeAllThatCameLaterEvenAfterTheLastAttempt) {
    const std::int64_t id = leased_by_the_dead("a");
    sql(path(), "UPDATE jobs SET most_attempts = 1");
    pass(10s);
    auto state = open();
    put(state->jobs(), scan_of("b"));
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->id, id) << "to be killed is no failure of the job";
    EXPECT_EQ(must(state->jobs().fail(lease->token, network_error(), {})), JobState::dead) << "that is one";
}

TEST_F(Leases, AJobThatItsWorkersDieOfBecomesADeadLetter) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    take(state->jobs());
    pass(60s);
    EXPECT_TRUE(take(state->jobs())) << "once may be chance";
    pass(60s);
    EXPECT_FALSE(take(state->jobs())) << "twice: it waits first";
    EXPECT_EQ(info(state->jobs(), id).ready, now_ + 5s);
    EXPECT_EQ(info(state->jobs(), id).failure->message, "run job: scan a: its worker died or fell silent");
    pass(5s);
    EXPECT_TRUE(take(state->jobs()));
    pass(60s);
    EXPECT_FALSE(take(state->jobs()));
    const JobInfo dead = info(state->jobs(), id);
    EXPECT_EQ(dead.state, JobState::dead);
    EXPECT_EQ(dead.attempts, 3);
    EXPECT_EQ(dead.lost, 3);
    EXPECT_EQ(dead.failure->code, "worker");
    EXPECT_EQ(dead.failure->message, "run job: scan a: each of the 3 workers that took it died or fell silent; look into the log what it does to them before you retry it");
    must(state->jobs().retry(id));
    EXPECT_EQ(info(state->jobs(), id).lost, 0);
}

TEST_F(Leases, NewerRequestsDoNotHideThatWorkersDieOfIt) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(take(state->jobs())) << i;
        put(state->jobs(), scan_of("a", Priority::push, std::to_string(i)));  // waits behind it
        pass(60s);
        if (i == 1) {
            take(state->jobs());
            pass(5s);
        }
    }
    EXPECT_TRUE(take(state->jobs())) << "the one that waited behind it, once";
    EXPECT_EQ(info(state->jobs(), id).state, JobState::dead);
}

// ---- clocks ----

TEST_F(Leases, AClockThatIsPutBackFreezesNoLease) {
    {
        auto state = open();
        put(state->jobs(), scan_of("a"));
        take(state->jobs());
    }
    now_ -= std::chrono::hours(24 * 365);  // the steady clock goes on, but no longer knows that lease
    auto state = open();
    EXPECT_FALSE(take(state->jobs()));
    pass(59s);
    EXPECT_FALSE(take(state->jobs()));
    pass(1s);
    EXPECT_TRUE(take(state->jobs())) << "after the lease's own length, not after a year";
}

TEST_F(Leases, AClockThatIsPutBackFreezesNoWaitAndNoOrder) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("failed")).id;
    must(state->jobs().fail(take(state->jobs())->token, network_error(), {.after = 30min}));
    put(state->jobs(), scan_of("old"));
    now_ -= std::chrono::hours(24 * 365);
    put(state->jobs(), scan_of("new"));
    EXPECT_EQ(info(state->jobs(), id).ready, now_ + 30min);
    for (const char* key : {"old", "new"}) {
        const auto lease = take(state->jobs());
        EXPECT_EQ(lease->key, key);
        must(state->jobs().finish(lease->token, ""));
    }
    EXPECT_FALSE(take(state->jobs()));
    pass(30min);
    EXPECT_EQ(take(state->jobs())->id, id);
    EXPECT_EQ(must(state->jobs().counts()).oldest_waiting, std::nullopt);
}

TEST_F(Leases, AClockThatIsPutBackALittleMakesAWaitAtMostThatMuchLonger) {
    auto state = open();
    put(state->jobs(), scan_of("failed"));
    must(state->jobs().fail(take(state->jobs())->token, network_error(), {.after = 30min}));
    pass(20min);
    now_ -= 15min;
    pass(25min - 1ms);
    EXPECT_FALSE(take(state->jobs()));
    pass(1ms);
    EXPECT_TRUE(take(state->jobs()));
}

TEST_F(Leases, AClockThatIsPutBackRemembersEventsAndDoesNotStarve) {
    auto state = open();
    NewJob job = scan_of("a", Priority::schedule);
    job.events = {"e"};
    put(state->jobs(), job);
    must(state->jobs().finish(take(state->jobs())->token, ""));
    now_ -= std::chrono::hours(24 * 365);
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::duplicate);
    pass(10min);
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::added) << "not remembered for a year";
    put(state->jobs(), scan_of("b", Priority::on_demand));
    pass(5min);
    EXPECT_EQ(take(state->jobs())->key, "a") << "the last lease of the schedule is not in the future";
    EXPECT_EQ(must(state->jobs().prune(1h, 1h)), 0U);
    pass(1h + 1ms);
    EXPECT_EQ(must(state->jobs().prune(1h, 1h)), 1U);
}

TEST_F(Leases, AClockThatIsPutForwardEndsNoLeaseOfThisProcess) {
    auto state = open();
    NewJob job = scan_of("a");
    put(state->jobs(), job);
    const auto lease = take(state->jobs());
    now_ += std::chrono::hours(24 * 365 * 56);  // a board without a battery has learnt what time it is
    EXPECT_FALSE(take(state->jobs())) << "it would run twice";
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::held) << "nor has its deadline passed";
    pass(59s);
    EXPECT_FALSE(take(state->jobs()));
    auto stranger = open();
    EXPECT_FALSE(take(stranger->jobs())) << "others read it in the row";
    pass(1s);
    EXPECT_TRUE(take(state->jobs())) << "it ran out by the clock that counts";
}

// ---- several at once ----

TEST_F(Leases, TwoQueuesOnOneFileNeverRunOneKeyTwiceAtOnce) {
    constexpr int kKeys = 7;
    constexpr int kJobs = 30;
    auto one = open();
    auto other = open();
    std::mutex mutex;
    std::set<std::string> running;
    std::map<std::int64_t, int> finished;
    std::map<std::int64_t, int> asked;
    std::atomic<int> twice{0};
    std::atomic<int> enqueuing{2};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            JobQueue& queue = t == 0 ? one->jobs() : other->jobs();
            for (int i = 0; i < kJobs; ++i) {
                const std::int64_t id = put(queue, scan_of(std::to_string(i % kKeys), static_cast<Priority>(i % 3))).id;
                const std::lock_guard lock(mutex);
                ++asked[id];
            }
            --enqueuing;
        });
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            JobQueue& queue = t % 2 == 0 ? one->jobs() : other->jobs();
            for (;;) {
                const bool last = enqueuing == 0;
                const auto lease = take(queue, std::to_string(t));
                if (!lease && last && must(queue.counts()).of(JobState::waiting) == 0) return;
                if (!lease) {
                    std::this_thread::yield();
                    continue;
                }
                {
                    const std::lock_guard lock(mutex);
                    if (!running.insert(lease->key).second) ++twice;
                }
                std::this_thread::yield();
                const std::lock_guard lock(mutex);  // before the job ends in the queue
                running.erase(lease->key);
                ++finished[lease->id];
                EXPECT_TRUE(must(queue.finish(lease->token, "")));
            }
        });
    threads.clear();
    EXPECT_EQ(twice, 0);
    for (const auto& [id, count] : asked) EXPECT_EQ(finished[id], 1) << "job " << id;
    EXPECT_EQ(finished.size(), asked.size());
}

}  // namespace
}  // namespace veritag::store
