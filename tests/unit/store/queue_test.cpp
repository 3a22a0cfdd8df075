// What is put into the queue, and what it says of itself.
#include "daemon_fixture.h"

namespace veritag::store {
namespace {

using test::info;
using test::must;
using test::put;
using test::scan_of;
using test::sql;
using test::take;
using namespace std::chrono_literals;

class Queue : public test::DaemonTest {
protected:
    std::string leased_order(JobQueue& queue) {
        std::string order;
        while (const auto lease = take(queue)) order += (order.empty() ? "" : " ") + lease->key;
        return order;
    }
};

TEST_F(Queue, AJobIsLeasedAsItWasGivenAfterReopeningToo) {
    std::string payload;
    for (int i = 0; i < 512; ++i) payload += static_cast<char>(i);
    std::int64_t id = 0;
    {
        auto state = open();
        NewJob job = scan_of("r.example/a:1", Priority::on_demand, payload);
        job.most_attempts = 3;
        job.deadline = 90s;
        const Enqueued added = put(state->jobs(), job);
        EXPECT_EQ(added.outcome, EnqueueOutcome::added);
        id = added.id;
    }
    auto state = open();
    EXPECT_EQ(must(state->jobs().find(id))->payload, payload);
    const auto lease = take(state->jobs(), "worker 1", 30s);
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->id, id);
    EXPECT_EQ(lease->kind, "scan");
    EXPECT_EQ(lease->key, "r.example/a:1");
    EXPECT_EQ(lease->payload, payload);
    EXPECT_EQ(lease->priority, Priority::on_demand);
    EXPECT_EQ(lease->attempt, 1);
    EXPECT_EQ(lease->most_attempts, 3);
    EXPECT_EQ(lease->ends, now_ + 30s);
    EXPECT_EQ(lease->deadline, now_ + 90s);
    const JobInfo running = info(state->jobs(), id);
    EXPECT_EQ(running.state, JobState::running);
    EXPECT_EQ(running.worker, "worker 1");
    EXPECT_EQ(running.started, now_);
    EXPECT_FALSE(take(state->jobs())) << "it is on loan";
}

TEST_F(Queue, TheHighestPriorityFirstThenTheOldest) {
    auto state = open();
    for (const auto& [key, priority] : {std::pair{"plan1", Priority::schedule}, {"push1", Priority::push}, {"plan2", Priority::schedule}, {"user1", Priority::on_demand},
                                        {"push2", Priority::push}, {"user2", Priority::on_demand}}) {
        put(state->jobs(), scan_of(key, priority));
        pass(1s);
    }
    EXPECT_EQ(leased_order(state->jobs()), "user1 user2 push1 push2 plan1 plan2");
}

TEST_F(Queue, NothingStarvesBehindAStreamOfUrgentJobs) {
    auto state = open();
    put(state->jobs(), scan_of("plan1", Priority::schedule));
    put(state->jobs(), scan_of("plan2", Priority::schedule));
    put(state->jobs(), scan_of("push1", Priority::push));
    std::string others;
    for (int i = 0; i < 100; ++i) {  // one a 10 s, and always three more wait
        put(state->jobs(), scan_of("user" + std::to_string(i), Priority::on_demand));
        if (i < 3) continue;
        const auto lease = take(state->jobs());
        if (!lease->key.starts_with("user")) others += lease->key + '@' + std::to_string(i * 10) + ' ';
        must(state->jobs().finish(lease->token, ""));
        pass(10s);
    }
    EXPECT_EQ(others, "push1@90 plan1@330 plan2@630 ") << "patience of 60 s and of 300 s, counted from 30 s on";
}

TEST_F(Queue, OnlyTheKindsThatAreAskedFor) {
    auto state = open();
    put(state->jobs(), {.kind = "audit", .key = "r.example"});
    EXPECT_FALSE(take(state->jobs()));
    const std::vector<std::string> both{"scan", "audit"};
    EXPECT_TRUE(must(state->jobs().lease("w", both, 60s)));
    EXPECT_FALSE(must(state->jobs().lease("w", {}, 60s)));
}

TEST_F(Queue, AJobStartsNotBeforeItsTime) {
    auto state = open();
    NewJob job = scan_of("later");
    job.not_before = now_ + 60s;
    const std::int64_t id = put(state->jobs(), job).id;
    NewJob never = scan_of("in a thousand years");
    never.not_before = now_ + std::chrono::hours(24 * 365'000);
    EXPECT_EQ(info(state->jobs(), put(state->jobs(), never).id).ready, now_ + kLongestDelay);
    pass(59s);
    EXPECT_FALSE(take(state->jobs()));
    EXPECT_EQ(must(state->jobs().counts()).oldest_waiting, std::nullopt) << "it waits for its time, not for a worker";
    pass(1s);
    EXPECT_EQ(take(state->jobs())->id, id);
}

// ---- coalescing ----

TEST_F(Queue, TenPushesOfOneTagAreOneJobWithTheLastPayload) {
    auto state = open();
    std::vector<NewJob> jobs;
    for (int i = 0; i < 10; ++i) jobs.push_back(scan_of("r/a:1", Priority::push, "payload " + std::to_string(i)));
    const std::vector<Enqueued> answers = must(state->jobs().enqueue(jobs));
    ASSERT_EQ(answers.size(), 10U);
    EXPECT_EQ(answers[0].outcome, EnqueueOutcome::added);
    for (std::size_t i = 1; i < 10; ++i) EXPECT_EQ(answers[i], (Enqueued{answers[0].id, EnqueueOutcome::joined})) << i;
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->payload, "payload 9");
    EXPECT_FALSE(take(state->jobs()));
}

TEST_F(Queue, AnotherKindIsAnotherJob) {
    auto state = open();
    const Enqueued scan = put(state->jobs(), scan_of("r/a:1"));
    const Enqueued audit = put(state->jobs(), {.kind = "audit", .key = "r/a:1"});
    EXPECT_NE(scan.id, audit.id);
    EXPECT_EQ(audit.outcome, EnqueueOutcome::added);
}

TEST_F(Queue, WhileOneRunsOneMoreWaitsBehindIt) {
    auto state = open();
    const std::int64_t first = put(state->jobs(), scan_of("r/a:1", Priority::push, "1")).id;
    const auto running = take(state->jobs());
    const Enqueued second = put(state->jobs(), scan_of("r/a:1", Priority::push, "2"));
    EXPECT_EQ(second.outcome, EnqueueOutcome::added);
    EXPECT_NE(second.id, first);
    EXPECT_EQ(put(state->jobs(), scan_of("r/a:1", Priority::on_demand, "3")), (Enqueued{second.id, EnqueueOutcome::joined}));
    EXPECT_FALSE(take(state->jobs())) << "never two of one key at once";
    put(state->jobs(), scan_of("r/b:1", Priority::schedule));
    EXPECT_EQ(take(state->jobs())->key, "r/b:1") << "the one behind holds nobody up";
    EXPECT_TRUE(must(state->jobs().finish(running->token, "")));
    const auto next = take(state->jobs());
    ASSERT_TRUE(next);
    EXPECT_EQ(next->id, second.id);
    EXPECT_EQ(next->payload, "3");
    EXPECT_EQ(next->priority, Priority::on_demand);
}

TEST_F(Queue, OneThatFailsGivesWayToTheNewerRequestBehindIt) {
    auto state = open();
    const std::int64_t first = put(state->jobs(), scan_of("r/a:1", Priority::push, "1")).id;
    const auto running = take(state->jobs());
    NewJob newer = scan_of("r/a:1", Priority::push, "2");
    newer.events = {"event 2"};
    const std::int64_t second = put(state->jobs(), newer).id;
    EXPECT_EQ(must(state->jobs().fail(running->token, test::network_error(), {.after = 100s})), JobState::waiting);
    const JobInfo behind = info(state->jobs(), second);
    EXPECT_EQ(behind.state, JobState::superseded);
    EXPECT_EQ(behind.successor, first);
    EXPECT_EQ(put(state->jobs(), newer), (Enqueued{first, EnqueueOutcome::duplicate})) << "its event is the first one's now";
    EXPECT_FALSE(take(state->jobs()));
    pass(100s);
    const auto again = take(state->jobs());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, first);
    EXPECT_EQ(again->payload, "2");
    EXPECT_EQ(again->attempt, 2);
    EXPECT_EQ(again->most_attempts, 6);
}

// ---- events ----

TEST_F(Queue, AnEventIsNotDoneTwice) {
    auto state = open();
    NewJob job = scan_of("r/a:1");
    job.events = {"e1", std::string("e\0two", 5)};
    const std::int64_t id = put(state->jobs(), job).id;
    const Enqueued duplicate{id, EnqueueOutcome::duplicate};
    EXPECT_EQ(put(state->jobs(), job), duplicate) << "it waits";
    const auto lease = take(state->jobs());
    EXPECT_EQ(put(state->jobs(), job), duplicate) << "it runs, and began after the event";
    must(state->jobs().finish(lease->token, ""));
    EXPECT_EQ(put(state->jobs(), job), duplicate) << "it is done";
    job.events = {std::string("e\0two", 5)};
    EXPECT_EQ(put(state->jobs(), job), duplicate) << "each of its events";
    job.events = {std::string("e\0three", 7)};
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::added);
    job.events = {"e1", "e4"};
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::joined) << "one is new";
}

TEST_F(Queue, AnEventIsForgottenAfterItsWindow) {
    auto state = open();
    NewJob job = scan_of("r/a:1");
    job.events = {"e1"};
    put(state->jobs(), job);
    must(state->jobs().finish(take(state->jobs())->token, ""));
    pass(10min - 1ms);
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::duplicate);
    pass(1ms);
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::added);
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM job_events"), "1");
}

TEST_F(Queue, AnEventWhoseJobCameToNothingCountsAgain) {
    auto state = open();
    NewJob job = scan_of("r/a:1");
    job.events = {"e1"};
    const std::int64_t first = put(state->jobs(), job).id;
    must(state->jobs().cancel(first));
    const Enqueued second = put(state->jobs(), job);
    EXPECT_EQ(second.outcome, EnqueueOutcome::added);
    must(state->jobs().fail(take(state->jobs())->token, test::network_error(), {.again = false}));
    EXPECT_EQ(info(state->jobs(), second.id).state, JobState::dead);
    EXPECT_EQ(put(state->jobs(), job).outcome, EnqueueOutcome::added);
}

TEST_F(Queue, TheSameEventTwiceInOneCall) {
    auto state = open();
    NewJob job = scan_of("r/a:1");
    job.events = {"e1"};
    const std::vector<NewJob> jobs{job, job};
    const auto answers = must(state->jobs().enqueue(jobs));
    EXPECT_EQ(answers[1], (Enqueued{answers[0].id, EnqueueOutcome::duplicate}));
}

// ---- limits ----

TEST_F(Queue, AFullQueueRefusesWithAnErrorOfItsOwn) {
    DaemonStateOptions options;
    options.queue.most_waiting = 3;
    auto state = open(options);
    put(state->jobs(), scan_of("a"));
    put(state->jobs(), scan_of("b"));
    const std::vector<NewJob> two{scan_of("c"), scan_of("d")};
    const EnqueueAnswer refused = state->jobs().enqueue(two);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().message(), "enqueue job: the queue is full: 3 jobs wait; try again later, or let more of them wait");
    EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), 2U) << "all or none";
    put(state->jobs(), scan_of("c"));
    EXPECT_EQ(put(state->jobs(), scan_of("a")).outcome, EnqueueOutcome::joined) << "that takes no more room";
    EXPECT_FALSE(state->jobs().enqueue(std::span(two).subspan(1)));
    take(state->jobs());
    EXPECT_TRUE(state->jobs().enqueue(std::span(two).subspan(1))) << "one runs, so there is room";
}

TEST_F(Queue, EachGroupIsWholeOrHasAnErrorOfItsOwn) {
    DaemonStateOptions options;
    options.queue.most_waiting = 3;
    auto state = open(options);
    const std::vector<NewJob> one{scan_of("a"), scan_of("b")};
    const std::vector<NewJob> bad{scan_of("c"), scan_of("")};
    const std::vector<NewJob> many{scan_of("d"), scan_of("e")};
    const std::vector<NewJob> fits{scan_of("f")};
    const std::vector<std::span<const NewJob>> groups{one, bad, many, fits, {}};
    const auto answers = must(state->jobs().enqueue_groups(groups));
    ASSERT_EQ(answers.size(), 5U);
    EXPECT_EQ(answers[0]->size(), 2U);
    EXPECT_EQ(answers[1].error().code, ErrorCode::usage);
    EXPECT_EQ(answers[2].error().code, ErrorCode::rate_limited);
    EXPECT_EQ(answers[3]->size(), 1U);
    EXPECT_TRUE(answers[4]->empty());
    EXPECT_EQ(leased_order(state->jobs()), "a b f");
}

TEST_F(Queue, ALargePayloadComesBackAndATooLargeOneIsRefused) {
    auto state = open();
    const std::string most(kMostJobBytes, 'x');
    put(state->jobs(), scan_of("a", Priority::push, most));
    const NewJob more = scan_of("b", Priority::push, most + 'x');
    EXPECT_EQ(state->jobs().enqueue(std::span(&more, 1)).error().code, ErrorCode::over_limit);
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->payload, most);
    EXPECT_EQ(state->jobs().finish(lease->token, most + 'x').error().code, ErrorCode::over_limit);
    EXPECT_TRUE(must(state->jobs().finish(lease->token, most)));
    EXPECT_EQ(must(state->jobs().find(lease->id))->result, most);
    EXPECT_EQ(info(state->jobs(), lease->id).short_result, "") << "a list of thousands has no room for it";
    const std::string short_one(kMostShortResult, 'y');
    put(state->jobs(), scan_of("c"));
    must(state->jobs().finish(take(state->jobs())->token, short_one));
    EXPECT_EQ(must(state->jobs().list({}, std::nullopt, 1)).jobs.at(0).short_result, short_one);
}

// ---- looking, cancelling, retrying, pruning ----

TEST_F(Queue, ListsPageByAStableCursor) {
    auto state = open();
    for (int i = 0; i < 5; ++i) put(state->jobs(), scan_of(std::to_string(i)));
    put(state->jobs(), {.kind = "audit", .key = "r"});
    JobPage page = must(state->jobs().list({.kind = "scan"}, {}, 2));
    std::string keys = page.jobs[0].key + page.jobs[1].key;
    for (int i = 5; i < 8; ++i) put(state->jobs(), scan_of(std::to_string(i)));  // meanwhile more come, and one ends
    must(state->jobs().cancel(page.jobs[1].id));
    while (page.next) {
        page = must(state->jobs().list({.kind = "scan"}, page.next, 2));
        for (const JobInfo& job : page.jobs) keys += job.key;
    }
    EXPECT_EQ(keys, "43210");
    page = must(state->jobs().list({.state = JobState::cancelled}, {}, 10));
    ASSERT_EQ(page.jobs.size(), 1U);
    EXPECT_EQ(page.jobs[0].key, "3");
    EXPECT_FALSE(page.next);
    EXPECT_EQ(must(state->jobs().list({}, {}, 0)).jobs.size(), 1U);
    EXPECT_EQ(must(state->jobs().list({}, {}, 9)).next, std::nullopt) << "a page that is just full is the last one";
    EXPECT_FALSE(must(state->jobs().find(1000)));
}

TEST_F(Queue, CountsByStateAndPriority) {
    auto state = open();
    put(state->jobs(), scan_of("a", Priority::push));
    pass(30s);
    put(state->jobs(), scan_of("b", Priority::push));
    put(state->jobs(), scan_of("c", Priority::schedule));
    pass(12s);
    must(state->jobs().finish(take(state->jobs())->token, ""));
    const QueueCounts counts = must(state->jobs().counts());
    EXPECT_EQ(counts.jobs[0][1], 1U);
    EXPECT_EQ(counts.jobs[0][2], 1U);
    EXPECT_EQ(counts.of(JobState::waiting), 2U);
    EXPECT_EQ(counts.of(JobState::running), 0U);
    EXPECT_EQ(counts.of(JobState::done), 1U);
    EXPECT_EQ(counts.oldest_waiting, 12s);
}

TEST_F(Queue, AWaitingJobIsCancelledAtOnceAndCanBeRetried) {
    auto state = open();
    const std::int64_t id = put(state->jobs(), scan_of("a", Priority::push, "p")).id;
    EXPECT_EQ(must(state->jobs().cancel(id)), JobState::cancelled);
    EXPECT_EQ(must(state->jobs().cancel(id)), JobState::cancelled);
    EXPECT_FALSE(take(state->jobs()));
    EXPECT_EQ(state->jobs().cancel(99).error().code, ErrorCode::not_found);
    EXPECT_EQ(must(state->jobs().retry(id)), (Enqueued{id, EnqueueOutcome::added}));
    EXPECT_EQ(must(state->jobs().retry(id)), std::nullopt) << "it waits";
    EXPECT_EQ(must(state->jobs().retry(99)), std::nullopt);
    EXPECT_EQ(take(state->jobs())->payload, "p");
}

TEST_F(Queue, ADeadLetterIsRetriedWithAllItsAttempts) {
    auto state = open();
    NewJob job = scan_of("a");
    job.most_attempts = 1;
    const std::int64_t id = put(state->jobs(), job).id;
    EXPECT_EQ(must(state->jobs().fail(take(state->jobs())->token, test::network_error(), {})), JobState::dead);
    const JobInfo dead = info(state->jobs(), id);
    ASSERT_TRUE(dead.failure);
    EXPECT_EQ(dead.failure->code, "network");
    EXPECT_EQ(dead.failure->message, "fetch manifest: r.example/a:1: connection refused");
    pass(1h);
    EXPECT_TRUE(must(state->jobs().retry(id)));
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->id, id);
    EXPECT_EQ(lease->attempt, 1);
    EXPECT_EQ(must(state->jobs().retry(id)), std::nullopt) << "it runs";
    must(state->jobs().finish(lease->token, "result"));
    EXPECT_FALSE(info(state->jobs(), id).failure) << "it went well in the end";
}

// By it is told who may cancel a job.
TEST_F(Queue, RemembersTheLeastUrgentThatAsked) {
    auto state = open();
    const std::int64_t own = put(state->jobs(), scan_of("own", Priority::on_demand)).id;
    EXPECT_EQ(info(state->jobs(), own).least_urgent, Priority::on_demand);
    const std::int64_t pushed = put(state->jobs(), scan_of("pushed", Priority::push)).id;
    EXPECT_EQ(put(state->jobs(), scan_of("pushed", Priority::on_demand)).id, pushed);
    EXPECT_EQ(info(state->jobs(), pushed).priority, Priority::on_demand);
    EXPECT_EQ(info(state->jobs(), pushed).least_urgent, Priority::push) << "a push asked for it, too";
    // What was called off takes its askers along to the one that waits by then.
    must(state->jobs().cancel(pushed));
    const std::int64_t ordered = put(state->jobs(), scan_of("pushed", Priority::on_demand)).id;
    EXPECT_EQ(info(state->jobs(), ordered).least_urgent, Priority::on_demand);
    must(state->jobs().retry(pushed));
    EXPECT_EQ(info(state->jobs(), ordered).least_urgent, Priority::push);
    // So does one that runs, fails, and finds another waiting behind it.
    put(state->jobs(), scan_of("running", Priority::schedule));
    while (const auto lease = take(state->jobs())) {
        if (lease->key != "running") {
            must(state->jobs().finish(lease->token, ""));
            continue;
        }
        const std::int64_t behind = put(state->jobs(), scan_of("running", Priority::on_demand)).id;
        must(state->jobs().fail(lease->token, test::network_error(), {.again = true}));
        const JobInfo left = info(state->jobs(), behind);
        EXPECT_EQ(left.state == JobState::superseded ? info(state->jobs(), left.successor).least_urgent : left.least_urgent, Priority::schedule);
        break;
    }
}

TEST_F(Queue, ARetryJoinsTheOneThatWaits) {
    DaemonStateOptions options;
    options.queue.most_waiting = 1;
    auto state = open(options);
    const std::int64_t old = put(state->jobs(), scan_of("a", Priority::push, "old")).id;
    must(state->jobs().cancel(old));
    const std::int64_t fresh = put(state->jobs(), scan_of("a", Priority::push, "new")).id;
    EXPECT_EQ(must(state->jobs().retry(old)), (Enqueued{fresh, EnqueueOutcome::joined}));
    EXPECT_EQ(info(state->jobs(), old).state, JobState::superseded);
    EXPECT_EQ(info(state->jobs(), old).successor, fresh);
    EXPECT_EQ(info(state->jobs(), fresh).least_urgent, Priority::push);
    const auto lease = take(state->jobs());
    EXPECT_EQ(lease->payload, "new");
    must(state->jobs().fail(lease->token, test::network_error(), {.again = false}));
    put(state->jobs(), scan_of("b"));
    EXPECT_EQ(state->jobs().retry(fresh).error().code, ErrorCode::rate_limited) << "full";
}

TEST_F(Queue, WhatEndedLongAgoIsPrunedAndWhatHasNotEndedStays) {
    auto state = open();
    NewJob old = scan_of("done");
    old.events = {"e"};
    put(state->jobs(), old);
    must(state->jobs().finish(take(state->jobs())->token, ""));
    must(state->jobs().cancel(put(state->jobs(), scan_of("cancelled")).id));
    const std::int64_t dead = put(state->jobs(), scan_of("dead")).id;
    must(state->jobs().fail(take(state->jobs())->token, test::network_error(), {.again = false}));
    put(state->jobs(), scan_of("runs"));
    take(state->jobs(), "w", 1h);
    put(state->jobs(), scan_of("waits"));
    for (int i = 0; i < 450; ++i) must(state->jobs().cancel(put(state->jobs(), scan_of("many")).id));
    EXPECT_EQ(must(state->jobs().prune(1h, 24h)), 0U);
    pass(1h + 1ms);
    EXPECT_EQ(must(state->jobs().prune(1h, 24h)), 452U);
    EXPECT_EQ(info(state->jobs(), dead).state, JobState::dead);
    pass(24h);
    EXPECT_EQ(must(state->jobs().prune(1h, 24h)), 1U);
    EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), 1U);
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM jobs"), "2");
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM job_bodies"), "2");
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM job_events"), "0");
}

}  // namespace
}  // namespace veritag::store
