#include "scan/crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>

namespace veritag::scan {
namespace {

TEST(Crew, DoesEveryPieceOnce) {
    for (const std::size_t helpers : {0U, 1U, 7U}) {
        Crew crew(helpers);
        std::vector<std::atomic<int>> done(100);
        for (const std::size_t count : {0U, 1U, 100U}) crew.run(count, [&](std::size_t i) { ++done[i]; });
        EXPECT_EQ(done[0], 2) << helpers;
        EXPECT_TRUE(std::all_of(done.begin() + 1, done.end(), [](const auto& each) { return each == 1; })) << helpers;
    }
}

TEST(Crew, WorksSideBySide) {
    Crew crew(2);
    std::latch all_there(3);
    crew.run(3, [&](std::size_t) { all_there.arrive_and_wait(); });
}

TEST(Crew, NeverMoreThanTheHelpersAndTheCaller) {
    Crew crew(2);
    std::atomic<int> now = 0, most = 0;
    crew.run(50, [&](std::size_t) {
        const int here = ++now;
        for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
        }
        --now;
    });
    EXPECT_LE(most, 3);
}

// Every helper, and the caller, has pieces of its own to bring: nobody is free to do them but who brought them.
TEST(Crew, WorkInsideOfWorkWaitsForNobody) {
    Crew crew(1);
    std::latch both_there(2);
    std::atomic<int> done = 0;
    crew.run(2, [&](std::size_t) {
        both_there.arrive_and_wait();
        crew.run(5, [&](std::size_t) { ++done; });
    });
    EXPECT_EQ(done, 10);
}

TEST(Crew, WhatIsThrownReachesTheCallerAfterTheOthersHaveEnded) {
    for (const std::size_t helpers : {0U, 2U}) {
        Crew crew(helpers);
        std::atomic<int> done = 0;
        std::string thrown;
        try {
            crew.run(10, [&](std::size_t i) {
                if (i == 3) throw std::runtime_error("piece 3");
                ++done;
            });
        } catch (const std::runtime_error& error) {
            thrown = error.what();
        }
        EXPECT_EQ(thrown, "piece 3");
        EXPECT_EQ(done, 9);
    }
}

}  // namespace
}  // namespace veritag::scan
