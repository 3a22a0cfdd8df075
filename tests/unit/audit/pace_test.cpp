// How many at a time, how soon after each other; and what a scope says of itself.
#include "audit/pace.h"

#include "audit/reference_list.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace veritag::audit {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(Pace, NoMoreThanSoManyAtATime) {
    Pace pace(2, 0);
    std::atomic<int> now{0}, most{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            const Pace::Turn turn(pace, {});
            const int count = ++now;
            for (int seen = most; count > seen && !most.compare_exchange_weak(seen, count);) {}
            std::this_thread::sleep_for(5ms);
            --now;
        });
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(most, 2);
}

TEST(Pace, OneFollowsAnotherAtTheRate) {
    Pace pace(0, 50);
    const auto begin = Clock::now();
    for (int i = 0; i < 6; ++i) const Pace::Turn turn(pace, {});
    EXPECT_GE(Clock::now() - begin, 95ms) << "five times 20 ms, less what a clock rounds";
}

TEST(Pace, WhoIsStoppedDoesNotWait) {
    Pace pace(1, 0.01);  // the second would wait for a hundred seconds
    std::stop_source stop;
    const Pace::Turn first(pace, stop.get_token());
    std::thread ender([&] {
        std::this_thread::sleep_for(20ms);
        stop.request_stop();
    });
    const auto begin = Clock::now();
    { const Pace::Turn second(pace, stop.get_token()); }
    EXPECT_LT(Clock::now() - begin, 10s);
    ender.join();
}

TEST(Scope, SaysWhatOfItsTargetsItLeavesOut) {
    Scope scope;
    EXPECT_EQ(part_of(scope), "");
    scope.filter.tags = {"*-oe2403*"};
    scope.filter.not_repositories = {"x/**"};
    scope.wanted.platforms = {{.os = "linux", .architecture = "arm64", .variant = ""}};
    scope.wanted.created_since = std::chrono::sys_days(std::chrono::year{2026} / 1 / 31);
    EXPECT_EQ(part_of(scope), "--not-repository x/** --tag *-oe2403* --platform linux/arm64 --created-since 2026-01-31T00:00:00Z");
}

TEST(KnownReferences, PlatformsAreThoseOfTheLastEntryThatNamesATag) {
    Scope scope;
    scope.entries = {{"r.example", "a", {}, {"linux/arm64"}, 1}, {"r.example", "a", {"2"}, {"linux/amd64"}, 2}, {"r.example", "a", {"3"}, {}, 3}};
    std::vector<store::TagDigest> known;
    for (const char* tag : {"1", "2", "3"}) known.push_back({{"r.example", "a", tag}, sha256_of(tag), {}, {}});
    const ReferenceList list = list_known_references(scope, known);
    ASSERT_EQ(list.references.size(), 3U);
    const auto platform = [&](const char* tag) {
        const auto found = list.platforms.find({"r.example", "a", tag});
        return found == list.platforms.end() ? std::string("all") : found->second.at(0).str();
    };
    EXPECT_EQ(platform("1"), "linux/arm64");
    EXPECT_EQ(platform("2"), "linux/amd64");
    EXPECT_EQ(platform("3"), "all");
    scope.wanted.platforms = {{.os = "linux", .architecture = "riscv64", .variant = ""}};
    EXPECT_TRUE(list_known_references(scope, known).platforms.empty()) << "the command line comes first";
}

}  // namespace
}  // namespace veritag::audit
