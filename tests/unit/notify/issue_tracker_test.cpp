#include "mock_forge.h"
#include "notices.h"
#include "notify/issue_tracker.h"
#include "notify/text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace veritag::notify {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr Forge kForges[] = {Forge::gitee, Forge::gitcode, Forge::github, Forge::gitlab};
const std::string kA = "aaaaaaaaaaaaaaaa", kB = "bbbbbbbbbbbbbbbb";

class Issues : public testing::TestWithParam<Forge> {
protected:
    Issues() { channel.kind = forge.channel(); }
    std::optional<SendFailure> apply(const Notice& notice) {
        return IssueTracker(channel, memory, [this](const outbound::HttpRequest& request) { return forge.fetch(request); }, now).apply(notice);
    }
    void tell(std::vector<CauseChange> causes) {
        now += 1h;
        const auto failure = apply(notice_of(std::to_string(++run), std::move(causes), now));
        EXPECT_FALSE(failure) << failure->error.message();
    }
    [[nodiscard]] std::vector<KeptIssue> of(const std::string& cause) const {
        std::vector<KeptIssue> found = forge.ours();
        std::erase_if(found, [&](const KeptIssue& each) { return cause_of_body(each.body) != cause; });
        return found;
    }
    [[nodiscard]] KeptIssue only(const std::string& cause) const {
        const std::vector<KeptIssue> found = of(cause);
        EXPECT_EQ(found.size(), 1U) << cause;
        return found.empty() ? KeptIssue{} : found[0];
    }
    static std::optional<Names> listed(const KeptIssue& issue) { return references_of_body(issue.body); }

    SystemTime now = kNoon;
    MockForge forge{GetParam(), &now};
    MapMemory memory;
    Channel channel{.name = "issues"};
    int run = 0;
};
INSTANTIATE_TEST_SUITE_P(Forges, Issues, testing::ValuesIn(kForges), [](const auto& each) { return std::string(to_string(each.param)); });

TEST_P(Issues, OneLife) {
    forge.add("Somebody's", "not ours");
    tell({change_of(kA, {"q/a:1", "q/a:2"}, {}), change_of(kB, {"q/b:1"}, {})});
    EXPECT_EQ(forge.issues.size(), 3U);
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:1", "q/a:2"}));
    EXPECT_EQ(only(kA).labels, "veritag,image check");
    EXPECT_TRUE(only(kA).title.starts_with("[veritag] os-mismatch: The tag claims")) << only(kA).title;
    const std::string number = only(kA).number;

    tell({change_of(kA, {"q/a:3"}, {"q/a:1"}, {"q/a:2"})});
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:2", "q/a:3"}));
    EXPECT_TRUE(only(kA).open);

    tell({change_of(kA, {}, {"q/a:2"})});  // a scan of one image knows nothing of the others
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:3"}));
    EXPECT_TRUE(only(kA).open);
    EXPECT_EQ(only(kA).comments.size(), 0U);

    tell({change_of(kA, {}, {"q/a:3"})});
    EXPECT_FALSE(only(kA).open);
    EXPECT_EQ(listed(only(kA)), Names{});
    ASSERT_EQ(only(kA).comments.size(), 1U);
    EXPECT_EQ(only(kA).comments[0], "Mended: no image has it any more (run `4`, 2026-11-26T16:00:00Z).\n\nhttps://veritag.example/audits/7");

    tell({change_of(kA, {"q/a:9"}, {})});
    EXPECT_TRUE(only(kA).open);
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:9"}));
    ASSERT_EQ(only(kA).comments.size(), 2U);
    EXPECT_TRUE(only(kA).comments[1].starts_with("It is back, in 1 images")) << only(kA).comments[1];

    EXPECT_EQ(only(kA).number, number);
    EXPECT_EQ(listed(only(kB)), (Names{"q/b:1"}));
    EXPECT_TRUE(only(kB).open);
    EXPECT_EQ(forge.issues.size(), 3U);
    EXPECT_EQ(forge.issues[0].title, "Somebody's");
}

TEST_P(Issues, RepeatingANoticeChangesNothing) {
    tell({change_of(kA, {"q/a:1"}, {})});
    const Notice again = notice_of(std::to_string(run), {change_of(kA, {"q/a:1"}, {})}, now);
    const std::size_t before = forge.log.size();
    ASSERT_FALSE(apply(again));
    ASSERT_EQ(forge.log.size(), before + 1);
    EXPECT_TRUE(forge.log.back().starts_with("GET ")) << forge.log.back();
    // A late try of an older notice says nothing any more.
    ASSERT_FALSE(apply(notice_of("0", {change_of(kA, {}, {"q/a:1"})}, now - 1h)));
    EXPECT_TRUE(only(kA).open);
    EXPECT_EQ(forge.log.size(), before + 1);
    for (int i = 0; i < 2; ++i) tell({change_of(kA, {}, {"q/a:1"})});
    EXPECT_FALSE(only(kA).open);
    EXPECT_EQ(only(kA).comments.size(), 1U);
}

TEST_P(Issues, MendedBeforeAnybodyWasTold) {
    tell({change_of(kA, {}, {"q/a:1"})});
    EXPECT_EQ(forge.issues.size(), 0U);
}

TEST_P(Issues, ALostMemoryIsFoundInTheList) {
    tell({change_of(kA, {"q/a:1", "q/a:2"}, {}), change_of(kB, {"q/b:1"}, {})});
    tell({change_of(kB, {}, {"q/b:1"})});
    for (int i = 0; i < 120; ++i) forge.add("other " + std::to_string(i), i % 2 == 0 ? "" : "text", i % 3 != 0, GetParam() == Forge::github && i % 5 == 0);
    memory.values.clear();
    now += 30 * 24h;
    tell({change_of(kA, {}, {"q/a:1"}), change_of(kB, {"q/b:2"}, {})});
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:2"}));
    EXPECT_TRUE(only(kB).open);  // it was closed as mended, and is back
    EXPECT_EQ(listed(only(kB)), (Names{"q/b:2"}));
    memory.values.clear();
    tell({change_of(kA, {}, {"q/a:2"})});
    EXPECT_FALSE(only(kA).open);
    EXPECT_EQ(forge.issues.size(), 122U);
}

TEST_P(Issues, TheListIsReadOnceAndThenItsNewestPart) {
    for (int i = 0; i < 120; ++i) forge.add("other", "");
    now += 10 * 24h;
    tell({change_of(kA, {"q/a:1"}, {})});
    const auto lists = [&] { return std::count_if(forge.log.begin(), forge.log.end(), [](const std::string& line) { return line.find("page=") != std::string::npos; }); };
    EXPECT_EQ(lists(), 3);
    now += 10 * 24h;
    tell({change_of(kB, {"q/b:1"}, {})});
    EXPECT_EQ(lists(), 4);
    tell({change_of(kA, {"q/a:2"}, {}), change_of(kB, {}, {"q/b:1"})});
    EXPECT_EQ(lists(), 4);
}

TEST_P(Issues, PeopleHaveTheirSay) {
    tell({change_of(kA, {"q/a:1"}, {})});
    KeptIssue& issue = forge.issues[0];
    issue.title = "P1: base image";
    issue.body += "\nWe are on it.\n";
    issue.open = false;  // somebody thinks it is done
    tell({change_of(kA, {"q/a:2"}, {}, {"q/a:1"})});
    EXPECT_FALSE(only(kA).open);
    EXPECT_EQ(only(kA).title, "P1: base image");
    EXPECT_EQ(tail_of_body(only(kA).body), "\nWe are on it.\n");
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:1", "q/a:2"}));
    tell({change_of(kA, {}, {"q/a:1", "q/a:2"})});
    EXPECT_EQ(tail_of_body(only(kA).body), "\nWe are on it.\n");
    tell({change_of(kA, {"q/a:1"}, {})});
    EXPECT_TRUE(only(kA).open);
    EXPECT_EQ(tail_of_body(only(kA).body), "\nWe are on it.\n");
}

TEST_P(Issues, ADeletedIssueIsOpenedAnew) {
    tell({change_of(kA, {"q/a:1"}, {})});
    forge.issues.clear();
    tell({change_of(kA, {"q/a:2"}, {}, {"q/a:1"})});
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:1", "q/a:2"}));
    forge.issues.clear();
    tell({change_of(kA, {}, {"q/a:1", "q/a:2"})});
    EXPECT_EQ(forge.issues.size(), 0U);
}

TEST_P(Issues, ACutListIsNeverTakenForAWholeOne) {
    Names many;
    for (int i = 10'000; i < 12'000; ++i) many.push_back("hub.example/openeuler/pytorch:2.1.0-cann8.0.RC1-" + std::to_string(i));
    tell({change_of(kA, many, {})});
    memory.values.clear();
    tell({change_of(kA, {"q/a:1"}, {}, {})});
    tell({change_of(kA, {}, {"q/a:1"}, {})});
    EXPECT_TRUE(only(kA).open);
}

TEST_P(Issues, RefusalsSayWhatToDo) {
    auto& kind = std::get<IssueChannel>(channel.kind);
    kind.token = "wrong";
    auto failure = apply(notice_of("1", {change_of(kA, {"q/a:1"}, {})}));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->error.code, ErrorCode::auth);
    EXPECT_FALSE(failure->again);
    EXPECT_EQ(failure->error.message(), "list issues: " + std::string(to_string(GetParam())) + " " + kind.repository + ": HTTP 401: \"no\"; check the token and what it may do");
    kind.token = MockForge::kToken;
    tell({change_of(kA, {"q/a:1"}, {})});
    EXPECT_EQ(forge.issues.size(), 1U);
}

TEST_P(Issues, ARefusedOpeningIsNotWaitedFor) {
    bool refuse = true;
    const auto fetch = [&](const outbound::HttpRequest& request) -> Result<outbound::HttpReply> {
        if (request.method == "POST" && std::exchange(refuse, false)) return outbound::HttpReply{429, {{"Retry-After", "7"}}, ""};
        return forge.fetch(request);
    };
    const Notice notice = notice_of("1", {change_of(kA, {"q/a:1"}, {})});
    const auto failure = IssueTracker(channel, memory, fetch, now).apply(notice);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->error.code, ErrorCode::rate_limited);
    EXPECT_EQ(failure->retry_after, 7s);
    now += 7s;
    EXPECT_FALSE(IssueTracker(channel, memory, fetch, now).apply(notice));
    EXPECT_EQ(forge.issues.size(), 1U);
}

TEST_P(Issues, AnAnswerThatGotLostIsWaitedFor) {
    forge.list_lag = 8min;
    bool lose = true;
    const auto fetch = [&](const outbound::HttpRequest& request) -> Result<outbound::HttpReply> {
        auto reply = forge.fetch(request);
        if (request.method == "POST" && std::exchange(lose, false)) return Error{ErrorCode::timeout, "send request", "", "no answer in time", ""};
        return reply;
    };
    const Notice notice = notice_of("1", {change_of(kA, {"q/a:1"}, {})});
    auto failure = IssueTracker(channel, memory, fetch, now).apply(notice);
    ASSERT_TRUE(failure && failure->again);
    now += 1min;  // not listed yet
    failure = IssueTracker(channel, memory, fetch, now).apply(notice);
    ASSERT_TRUE(failure && failure->again);
    EXPECT_EQ(failure->retry_after, 9min);
    now += *failure->retry_after;
    EXPECT_FALSE(IssueTracker(channel, memory, fetch, now).apply(notice));
    EXPECT_EQ(forge.issues.size(), 1U);
}

TEST_P(Issues, DamagedMemoryIsLookedUp) {
    tell({change_of(kA, {"q/a:1"}, {})});
    now += 30 * 24h;
    for (auto& [key, value] : memory.values)
        if (key.starts_with("issue/")) value = "damaged";
    tell({change_of(kA, {"q/a:2"}, {})});
    EXPECT_EQ(listed(only(kA)), (Names{"q/a:1", "q/a:2"}));
}

TEST(IssueRecords, ComeBackAsTheyWereAndStaySmall) {
    IssueRecord record{.state = IssueRecord::State::closed, .number = "I6X1", .since = kNoon, .told = kNoon + 1h, .owed = IssueRecord::Owed::back, .more = true};
    record.references = {"", "a", "ab", "abc", "b", "b"};
    const std::string bytes = serialise(record);
    const auto back = deserialise_issue_record(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, record);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(deserialise_issue_record(std::string_view(bytes).substr(0, size))) << size;
    EXPECT_FALSE(deserialise_issue_record(bytes + "x"));
    // A reference that shares more than there is before it: the first one's number is 16 bytes before the last text's end.
    IssueRecord one{.references = {"a"}};
    std::string wrong = serialise(one);
    wrong[wrong.size() - 17] = 1;
    EXPECT_FALSE(deserialise_issue_record(wrong));

    record.references.clear();
    for (int i = 10'000; i < 16'000; ++i) record.references.push_back("hub.oepkgs.net/openeuler/pytorch:2.1.0-cann8.0.RC1.alpha002-oe2203sp4-" + std::to_string(i));
    EXPECT_LT(serialise(record).size(), 256U << 10);
    EXPECT_EQ(deserialise_issue_record(serialise(record))->references, record.references);
}

// ---- crashes ----

struct Crash {};

// Fails at its nth step, requests and changes of memory counted together.
struct Faults {
    enum class Kind { crash_before, crash_after, lost_before, lost_after, busy_before, busy_after, store_fails };
    Kind kind = Kind::crash_before;
    int at = -1;
    int step = 0;
    [[nodiscard]] bool now() { return step++ == at; }
};

class CrashingMemory : public MapMemory {
public:
    explicit CrashingMemory(Faults& faults) : faults_(faults) {}
    Result<void> put(std::string_view key, std::string_view value) override {
        return change([&] { return MapMemory::put(key, value); });
    }
    Result<void> remove(std::string_view key) override {
        return change([&] { return MapMemory::remove(key); });
    }

private:
    template <class Do>
    Result<void> change(Do what) {
        if (!faults_.now()) return what();
        switch (faults_.kind) {
            case Faults::Kind::crash_before: throw Crash{};
            case Faults::Kind::crash_after: (void)what(); throw Crash{};
            case Faults::Kind::store_fails: return Error{ErrorCode::io, "write", "", "disk full", ""};
            default: return what();
        }
    }
    Faults& faults_;
};

TEST_P(Issues, EveryCrashAndEveryLostAnswerOnce) {
    int runs = 0;
    for (int kind = 0; kind <= static_cast<int>(Faults::Kind::store_fails); ++kind) {
        for (int at = 0;; ++at) {
            SystemTime clock = kNoon;
            MockForge mock(GetParam(), &clock);
            mock.add("other", "");
            Faults faults{static_cast<Faults::Kind>(kind), at};
            CrashingMemory kept(faults);
            const auto fetch = [&](const outbound::HttpRequest& request) -> Result<outbound::HttpReply> {
                if (!faults.now()) return mock.fetch(request);
                using Kind = Faults::Kind;
                if (faults.kind == Kind::crash_before) throw Crash{};
                if (faults.kind == Kind::lost_before) return Error{ErrorCode::network, "send request", "", "cut", ""};
                if (faults.kind == Kind::busy_before) return outbound::HttpReply{503, {}, ""};
                auto reply = mock.fetch(request);
                if (faults.kind == Kind::crash_after) throw Crash{};
                if (faults.kind == Kind::lost_after) return Error{ErrorCode::timeout, "send request", "", "no answer in time", ""};
                if (faults.kind == Kind::busy_after) return outbound::HttpReply{502, {}, ""};
                return reply;
            };
            const std::vector<std::vector<CauseChange>> script{{change_of(kA, {"q/a:1", "q/a:2"}, {}), change_of(kB, {"q/b:1"}, {})},
                                                               {change_of(kA, {"q/a:3"}, {"q/a:1"}, {"q/a:2"})},
                                                               {change_of(kA, {}, {"q/a:2", "q/a:3"}), change_of(kB, {}, {"q/b:1"})},
                                                               {change_of(kA, {"q/a:1"}, {})}};
            const auto until_done = [&](const Notice& notice) {
                for (int tries = 0; tries < 5; ++tries) {
                    try {
                        const auto failure = IssueTracker(channel, kept, fetch, clock).apply(notice);
                        if (!failure) return true;
                        EXPECT_TRUE(failure->again) << failure->error.message();
                        clock += failure->retry_after.value_or(30s);
                    } catch (const Crash&) {
                        clock += 30s;
                    }
                }
                return false;
            };
            for (std::size_t i = 0; i < script.size(); ++i) {
                clock += 1h;
                ASSERT_TRUE(until_done(notice_of(std::to_string(i), script[i], clock))) << kind << " at " << at;
            }
            const auto ours = mock.ours();
            ASSERT_EQ(ours.size(), 2U) << kind << " at " << at;
            EXPECT_EQ(mock.issues.size(), 3U);
            for (const KeptIssue& each : ours) {
                const bool a = cause_of_body(each.body) == kA;
                EXPECT_EQ(each.open, a) << kind << " at " << at;
                EXPECT_EQ(references_of_body(each.body), a ? Names{"q/a:1"} : Names{}) << kind << " at " << at;
                const std::size_t least = a ? 2 : 1;
                EXPECT_GE(each.comments.size(), least) << kind << " at " << at;
                EXPECT_LE(each.comments.size(), least + 1) << kind << " at " << at;  // one may come twice
            }
            ++runs;
            if (faults.step <= at) break;  // the script has no such step
        }
    }
    EXPECT_GT(runs, 7 * 20);
}

}  // namespace
}  // namespace veritag::notify
