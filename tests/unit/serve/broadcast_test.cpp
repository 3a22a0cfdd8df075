// Who listens hears everything, in order, until he wants no more.
#include "serve/broadcast.h"

#include "base/limits.h"
#include "oci/json.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace veritag::serve {
namespace {

const JobName kJob{7, "audit", "fleet \"x\"\n"};

rapidjson::Document parse(const Happening& happening) {
    Result<rapidjson::Document> json = oci::parse_json("read event", "", happening.data, Limits{});
    EXPECT_TRUE(json);
    return json ? std::move(*json) : rapidjson::Document();
}

TEST(Happening, SaysWhichJobAndWhat) {
    const rapidjson::Document start = parse(began(kJob, 2));
    EXPECT_EQ(began(kJob, 2).event, "began");
    EXPECT_EQ(oci::json_string(start, "about"), kJob.about);
    EXPECT_EQ(start["job"].GetInt(), 7);
    EXPECT_EQ(start["attempt"].GetInt(), 2);
    const rapidjson::Document progress = parse(progressed(kJob, 1600, 12));
    EXPECT_EQ(progressed(kJob, 1600, 12).event, "progress");
    EXPECT_EQ(progress["listed"].GetInt(), 1600);
    EXPECT_EQ(progress["done"].GetInt(), 12);
    const rapidjson::Document end = parse(ended(kJob, "given back"));
    EXPECT_EQ(ended(kJob, "done").event, "ended");
    EXPECT_EQ(oci::json_string(end, "result"), "given back");
    EXPECT_NE(ended(kJob, "done").data.back(), '\n');  // it would be a line of the event
}

TEST(Broadcaster, TellsEveryoneInOrder) {
    Broadcaster broadcaster;
    std::vector<std::string> first, second;
    broadcaster.add([&](const Happening& each) { return first.emplace_back(each.event), true; });
    const std::uint64_t number = broadcaster.add([&](const Happening& each) { return second.emplace_back(each.event), true; });
    broadcaster.tell(began(kJob, 1));
    broadcaster.tell(progressed(kJob, 2, 1));
    broadcaster.remove(number);
    broadcaster.tell(ended(kJob, "done"));
    EXPECT_EQ(first, (std::vector<std::string>{"began", "progress", "ended"}));
    EXPECT_EQ(second, (std::vector<std::string>{"began", "progress"}));
    EXPECT_EQ(broadcaster.listeners(), 1U);
    broadcaster.remove(number);  // once more does no harm
}

TEST(Broadcaster, ForgetsWhoWantsNoMore) {
    Broadcaster broadcaster;
    int heard = 0;
    broadcaster.add([&](const Happening&) { return ++heard < 2; });
    for (int i = 0; i < 5; ++i) broadcaster.tell(began(kJob, 1));
    EXPECT_EQ(heard, 2);
    EXPECT_EQ(broadcaster.listeners(), 0U);
}

TEST(Broadcaster, BearsManyAtOnce) {
    Broadcaster broadcaster;
    std::atomic<int> heard{0};
    broadcaster.add([&](const Happening&) { return ++heard, true; });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int each = 0; each < 100; ++each) {
                const std::uint64_t number = broadcaster.add([](const Happening&) { return true; });
                broadcaster.tell(progressed(kJob, 100, 1));
                broadcaster.remove(number);
            }
        });
    threads.clear();
    EXPECT_EQ(heard, 400);
    EXPECT_EQ(broadcaster.listeners(), 1U);
}

}  // namespace
}  // namespace veritag::serve
