// The queue's rules, without a queue.
#include "store/job_rules.h"

#include <gtest/gtest.h>

namespace veritag::store {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow{std::chrono::seconds(1'750'000'000)};

// ---- joining ----

struct JoinCase {
    const char* name;
    Waiting first;
    Waiting newcomer;
    Waiting both;
};
void PrintTo(const JoinCase& c, std::ostream* out) { *out << c.name; }

std::string text_of(const Waiting& w) {
    return std::string(to_string(w.priority)) + " and " + std::string(to_string(w.least_urgent)) + " since " + std::to_string((w.since - kNow) / 1s) + " ready " + std::to_string((w.ready - kNow) / 1s) + " attempts " +
           std::to_string(w.attempts) + '/' + std::to_string(w.most_attempts) + " deadline " + std::to_string(w.deadline / 1s);
}

Waiting waiting(Priority priority, std::chrono::seconds since, std::chrono::seconds ready, int attempts, int most, std::chrono::seconds deadline = 60s) {
    return {priority, priority, kNow + since, kNow + ready, attempts, most, deadline};
}
Waiting also_for(Priority least_urgent, Waiting of) {
    of.least_urgent = least_urgent;
    return of;
}

class JobJoin : public testing::TestWithParam<JoinCase> {};
TEST_P(JobJoin, KeepsThePlaceAndTakesTheHigherPriority) {
    const JoinCase& c = GetParam();
    EXPECT_EQ(text_of(join(c.first, c.newcomer)), text_of(c.both));
}
constexpr Priority kUser = Priority::on_demand;
constexpr Priority kPush = Priority::push;
constexpr Priority kPlan = Priority::schedule;
INSTANTIATE_TEST_SUITE_P(Rows, JobJoin, testing::Values(
    JoinCase{"Equal", waiting(kPush, -9s, -9s, 0, 5), waiting(kPush, 0s, 0s, 0, 5), waiting(kPush, -9s, -9s, 0, 5)},
    JoinCase{"Raised", waiting(kPlan, -9s, -9s, 0, 5), waiting(kUser, 0s, 0s, 0, 2), also_for(kPlan, waiting(kUser, -9s, -9s, 0, 5))},
    JoinCase{"NeverLowered", waiting(kUser, -9s, -9s, 0, 5), waiting(kPlan, 0s, 0s, 0, 7), also_for(kPlan, waiting(kUser, -9s, -9s, 0, 7))},
    JoinCase{"APlannedOneIsWantedNow", waiting(kPlan, 3600s, 3600s, 0, 5), waiting(kPlan, 0s, 0s, 0, 5), waiting(kPlan, 0s, 0s, 0, 5)},
    JoinCase{"TheLaterPlanDoesNotDelay", waiting(kPlan, 0s, 0s, 0, 5), waiting(kPlan, 3600s, 3600s, 0, 5), waiting(kPlan, 0s, 0s, 0, 5)},
    JoinCase{"TheWaitAfterAFailureHolds", waiting(kPush, 300s, 300s, 2, 5), waiting(kPush, 0s, 0s, 0, 5), waiting(kPush, 0s, 300s, 2, 7)},
    JoinCase{"SomebodyMoreUrgentEndsIt", waiting(kPush, 300s, 300s, 2, 5), waiting(kUser, 0s, 0s, 0, 5), also_for(kPush, waiting(kUser, 0s, 0s, 2, 7))},
    JoinCase{"ButNotASecondTime", waiting(kUser, 300s, 300s, 3, 7), waiting(kUser, 0s, 0s, 0, 1), waiting(kUser, 0s, 300s, 3, 7)},
    JoinCase{"TheLongerDeadline", waiting(kPush, 0s, 0s, 0, 5, 60s), waiting(kPush, 0s, 0s, 0, 5, 90s), waiting(kPush, 0s, 0s, 0, 5, 90s)}),
    [](const auto& each) { return each.param.name; });

// ---- the wait after a failure ----

TEST(JobRetryDelay, DoublesUpToItsCapWithJitterInTheUpperHalf) {
    QueueOptions options;
    options.backoff = 10s;
    options.backoff_cap = 60s;
    const auto wait = [&](int attempts, double random) { return retry_delay(options, attempts, random, std::nullopt); };
    EXPECT_EQ(wait(1, 0), 5s);
    EXPECT_EQ(wait(1, 0.5), 7500ms);
    EXPECT_EQ(wait(2, 0), 10s);
    EXPECT_EQ(wait(3, 0), 20s);
    EXPECT_EQ(wait(4, 0), 30s);
    EXPECT_EQ(wait(100, 0), 30s) << "no overflow on the way to the cap";
    EXPECT_LT(wait(100, 0.999999), 60s);
    EXPECT_EQ(wait(0, 0), 5s);
    options.backoff = 2h;
    EXPECT_EQ(wait(1, 0), 30s) << "the cap is the cap";
}

TEST(JobRetryDelay, IsNeverShorterThanAServerAskedFor) {
    QueueOptions options;
    options.longest_retry_after = 1h;
    EXPECT_EQ(retry_delay(options, 1, 0, 40s), 40s);
    EXPECT_EQ(retry_delay(options, 1, 0, 1s), 5s);
    EXPECT_EQ(retry_delay(options, 1, 0, 24h * 365), 1h);
    EXPECT_EQ(retry_delay(options, 1, 0, -5s), 5s);
}

// ---- whose turn it is ----

struct TurnCase {
    const char* name;
    std::array<int, kPriorities> oldest;  ///< how many seconds its oldest job waits; -1: none does
    std::array<int, kPriorities> leased;  ///< how many seconds ago one was leased
    int next;                             ///< -1: nobody
};
void PrintTo(const TurnCase& c, std::ostream* out) { *out << c.name; }

class JobTurn : public testing::TestWithParam<TurnCase> {};
TEST_P(JobTurn, GoesByPriorityAndStarvesNobody) {
    const TurnCase& c = GetParam();
    std::array<Turn, kPriorities> turns;
    for (std::size_t i = 0; i < kPriorities; ++i) {
        if (c.oldest[i] >= 0) turns[i].oldest = kNow - std::chrono::seconds(c.oldest[i]);
        turns[i].last_lease = kNow - std::chrono::seconds(c.leased[i]);
    }
    const std::optional<Priority> next = next_turn({}, turns, kNow);  // patience: 60 s for a push, 300 s for the schedule
    EXPECT_EQ(next ? static_cast<int>(*next) : -1, c.next);
}
INSTANTIATE_TEST_SUITE_P(Rows, JobTurn, testing::Values(
    TurnCase{"Nobody", {-1, -1, -1}, {0, 0, 0}, -1},
    TurnCase{"TheHighestFirst", {0, 50, 200}, {0, 0, 0}, 0},
    TurnCase{"ThenPushes", {-1, 0, 200}, {0, 0, 0}, 1},
    TurnCase{"ThenTheSchedule", {-1, -1, 0}, {0, 0, 0}, 2},
    TurnCase{"APushThatStarves", {500, 61, -1}, {0, 61, 0}, 1},
    TurnCase{"NotYet", {500, 59, -1}, {0, 61, 0}, 0},
    TurnCase{"OneALeaseAgoIsEnough", {500, 5000, -1}, {0, 59, 0}, 0},
    TurnCase{"TheScheduleThatStarves", {500, 0, 301}, {0, 0, 301}, 2},
    TurnCase{"BothStarveTheOneLeasedLongerAgoIsNext", {500, 400, 400}, {0, 350, 340}, 1},
    TurnCase{"AndTheOther", {500, 400, 400}, {0, 340, 350}, 2},
    TurnCase{"AUserNeverNeedsThat", {9999, -1, -1}, {9999, 0, 0}, 0}),
    [](const auto& each) { return each.param.name; });

// ---- what is no job ----

TEST(JobCheck, RefusesWhatPassesALimitAndSaysWhich) {
    const auto saw = [](auto change) {
        NewJob job{.kind = "scan", .key = "r/a:1", .payload = "p"};
        change(job);
        const Result<void> result = check_job(job);
        return result ? std::string() : result.error().saw;
    };
    EXPECT_EQ(saw([](NewJob&) {}), "");
    EXPECT_EQ(saw([](NewJob& job) { job.kind.clear(); }), "its kind or its key is empty");
    EXPECT_EQ(saw([](NewJob& job) { job.key.clear(); }), "its kind or its key is empty");
    EXPECT_EQ(saw([](NewJob& job) { job.kind.assign(65, 'k'); }), "a kind of 65 bytes (limit 64)");
    EXPECT_EQ(saw([](NewJob& job) { job.key.assign(2049, 'k'); }), "a key of 2049 bytes (limit 2048)");
    EXPECT_EQ(saw([](NewJob& job) { job.payload.assign(kMostJobBytes, 'k'); }), "");
    EXPECT_EQ(saw([](NewJob& job) { job.payload.assign(kMostJobBytes + 1, 'k'); }), "a payload of 1048577 bytes (limit 1048576)");
    EXPECT_EQ(saw([](NewJob& job) { job.events.resize(257); }), "257 events (limit 256)");
    EXPECT_EQ(saw([](NewJob& job) { job.most_attempts = 0; }), "0 attempts (1 to 100)");
    EXPECT_EQ(saw([](NewJob& job) { job.most_attempts = 101; }), "101 attempts (1 to 100)");
    EXPECT_EQ(saw([](NewJob& job) { job.deadline = 0s; }), "a deadline of 0 s (1 to 604800)");
    EXPECT_EQ(saw([](NewJob& job) { job.deadline = kLongestJob + 1s; }), "a deadline of 604801 s (1 to 604800)");
}

TEST(JobNames, AreReadBack) {
    for (int i = 0; i < static_cast<int>(kJobStates); ++i) EXPECT_EQ(parse_job_state(to_string(static_cast<JobState>(i))), static_cast<JobState>(i));
    EXPECT_EQ(parse_job_state("finished"), std::nullopt);
    EXPECT_EQ(to_string(Priority::on_demand), "on-demand");
}

}  // namespace
}  // namespace veritag::store
