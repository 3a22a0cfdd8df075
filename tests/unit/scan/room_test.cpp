#include "scan/room.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace veritag::scan {
namespace {

TEST(Room, WhatFitsGoesSideBySide) {
    Room room(10);
    std::latch both_inside(2);
    const auto work = [&](std::uint64_t bytes) {
        const Room::Share share(room, bytes);
        both_inside.arrive_and_wait();
    };
    std::jthread other(work, 4);
    work(6);
}

TEST(Room, NeverMoreThanThereIsUnlessOneIsAlone) {
    Room room(10);
    std::atomic<std::uint64_t> inside = 0, most = 0;
    std::atomic<bool> alone = true;
    const auto work = [&](std::uint64_t bytes) {
        for (int i = 0; i < 200; ++i) {
            const Room::Share share(room, bytes);
            const std::uint64_t now = inside += bytes;
            if (bytes > 10 && now != bytes) alone = false;
            if (now <= 10 || now != bytes)
                for (std::uint64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                }
            std::this_thread::yield();
            inside -= bytes;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (const std::uint64_t bytes : {3U, 4U, 6U, 11U, 30U}) threads.emplace_back(work, bytes);
    }
    EXPECT_LE(most, 10U);
    EXPECT_TRUE(alone);
}

}  // namespace
}  // namespace veritag::scan
