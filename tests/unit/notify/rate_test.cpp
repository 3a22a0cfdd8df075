#include "notices.h"
#include "notify/rate.h"

#include <gtest/gtest.h>

#include <random>

namespace veritag::notify {
namespace {

using namespace std::chrono_literals;

struct RateCase {
    const char* name;
    std::size_t sends;
    std::vector<int> history;  // minutes before or after noon
    int wait;                  // minutes from noon
};
void PrintTo(const RateCase& c, std::ostream* out) { *out << c.name; }
class Rates : public testing::TestWithParam<RateCase> {};
TEST_P(Rates, Decide) {
    std::vector<SystemTime> history;
    for (const int minute : GetParam().history) history.push_back(kNoon + std::chrono::minutes(minute));
    EXPECT_EQ(when_to_send({GetParam().sends, 1h}, history, kNoon), kNoon + std::chrono::minutes(GetParam().wait));
}
INSTANTIATE_TEST_SUITE_P(Table, Rates,
                         testing::Values(RateCase{"Never", 2, {}, 0}, RateCase{"Once", 2, {-1}, 0}, RateCase{"Full", 2, {-50, -1}, 10}, RateCase{"OldOnesDoNotCount", 2, {-200, -90, -1}, 0},
                                         RateCase{"EdgeOfTheWindow", 2, {-60, -1}, 0}, RateCase{"One", 1, {-1}, 59}, RateCase{"ClockSetBack", 1, {500}, 60},
                                         RateCase{"ClockSetBackForSome", 2, {-10, 500}, 50}, RateCase{"NoneIsOne", 0, {-1}, 59}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Rate, HoldsInEveryWindow) {
    std::mt19937 random(7);
    MapMemory memory;
    const RateLimit limit{3, 100s};
    std::vector<SystemTime> sent;
    SystemTime now = kNoon;
    for (int i = 0; i < 2000; ++i) {
        now += std::chrono::seconds(random() % 40);
        const auto history = sends_of(memory, "ops");
        ASSERT_TRUE(history);
        ASSERT_LE(history->size(), 3U);
        const SystemTime when = when_to_send(limit, *history, now);
        ASSERT_GE(when, now);
        ASSERT_LE(when, now + limit.window);
        if (when > now) continue;
        ASSERT_TRUE(note_send(memory, "ops", limit, now));
        sent.push_back(now);
    }
    EXPECT_GT(sent.size(), 500U);
    for (std::size_t i = 3; i < sent.size(); ++i) ASSERT_GE(sent[i] - sent[i - 3], limit.window);
}

TEST(Rate, ChannelsAreApartAndNonsenseIsForgotten) {
    MapMemory memory;
    ASSERT_TRUE(note_send(memory, "a", {5, 1h}, kNoon));
    EXPECT_EQ(sends_of(memory, "a")->size(), 1U);
    EXPECT_EQ(sends_of(memory, "b")->size(), 0U);
    for (auto& [key, value] : memory.values) value = "12 x";
    EXPECT_EQ(sends_of(memory, "a")->size(), 0U);
    for (auto& [key, value] : memory.values) value = "99999999999999999999";
    EXPECT_EQ(sends_of(memory, "a")->size(), 0U);
}

}  // namespace
}  // namespace veritag::notify
