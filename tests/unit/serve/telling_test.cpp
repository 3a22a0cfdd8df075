// Notices between a run and its receiver: written down once, sent once, merged while they wait.
#include "serve/telling.h"

#include "daemon_fixture.h"
#include "serve/orders.h"
#include "store/compression.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace veritag::serve {
namespace {

ImageReport image(const std::string& tag, bool wrong) {
    ImageReport report{.reference = "r.example/a:" + tag, .registry = "r.example", .repository = "a", .tag = tag, .digest = sha256_of(tag).str(), .platform = "linux/arm64"};
    report.verdict = wrong ? Verdict::fail : Verdict::pass;
    if (wrong) report.findings.push_back({.code = "os-mismatch", .severity = Severity::error, .component = "openeuler", .claimed = "22.03-LTS-SP4", .observed = "22.03-LTS-SP3", .message = "It is SP3."});
    return report;
}

class TellingTest : public test::DaemonTest {
protected:
    TellingTest() : state_(open()), telling_(*state_) {
        notify::Channel channel{.name = "ops", .language = report::Language::en, .filter = {}, .limit = {.sends = 1, .window = std::chrono::seconds(3600)}, .kind = {}};
        channel.kind = notify::WebhookChannel{.url = "http://127.0.0.1:1/nobody", .allow_internal = true};
        settings_.channels.push_back(channel);
    }
    static audit::AuditOutcome run(std::int64_t number, std::vector<ImageReport> now, std::vector<ImageReport> before) {
        audit::AuditOutcome outcome{.report = {}, .audit = number, .whole = true, .earlier = {}};
        outcome.report.images = std::move(now);
        outcome.earlier.images = std::move(before);
        return outcome;
    }
    void note(const audit::AuditOutcome& outcome, std::vector<std::string> channels = {}) {
        test::must(telling_.note(settings_, {.target = "fleet", .channels = std::move(channels), .outcome = outcome, .when = std::chrono::floor<std::chrono::seconds>(now_), .first_look = false}));
    }
    std::size_t kept(std::string_view prefix) { return test::must(state_->values().list(prefix)).size(); }

    std::unique_ptr<store::DaemonState> state_;
    Telling telling_;
    config::Settings settings_;
};

TEST_F(TellingTest, NothingNewIsNothingToTell) {
    note(run(1, {image("1", true)}, {image("1", true)}));
    note(run(2, {image("1", false)}, {image("1", false)}));
    EXPECT_EQ(kept("notice/"), 0U);
    test::must(telling_.enqueue_all());
    EXPECT_EQ(test::must(state_->jobs().list({}, std::nullopt, 10)).jobs.size(), 0U);
}

TEST_F(TellingTest, TheSameRunAgainChangesNothing) {
    const audit::AuditOutcome outcome = run(1, {image("1", true)}, {});
    note(outcome);
    const auto first = test::must(state_->values().list("notice/pending/"));
    note(outcome);  // killed before its findings were kept, it ran again
    const auto second = test::must(state_->values().list("notice/pending/"));
    ASSERT_EQ(first.size(), 1U);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(first[0].value.value, second[0].value.value);
    test::must(telling_.enqueue_all());
    test::must(telling_.enqueue_all());
    EXPECT_EQ(test::must(state_->jobs().list({}, std::nullopt, 10)).jobs.size(), 1U) << "one job however often it is asked for";
}

TEST_F(TellingTest, WhatIsMendedBeforeItWasToldIsNotTold) {
    note(run(1, {image("1", true)}, {image("1", false)}));
    EXPECT_EQ(kept("notice/pending/"), 1U);
    note(run(2, {image("1", false)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/pending/"), 0U);
}

TEST_F(TellingTest, OtherChannelsAreNotTold) {
    note(run(1, {image("1", true)}, {}), {"somebody-else"});
    EXPECT_EQ(kept("notice/"), 0U);
    settings_.channels[0].filter.codes = {"sdk-*"};
    note(run(1, {image("1", true)}, {}));
    EXPECT_EQ(kept("notice/"), 0U);
}

TEST_F(TellingTest, ADryRunIsShownAndNotSent) {
    const auto now = std::chrono::floor<std::chrono::seconds>(now_);
    EXPECT_EQ(test::must(telling_.send(settings_, "ops", "fleet", now, {})).outcome, Telling::Outcome::nothing) << "nothing waits";
    note(run(1, {image("1", true)}, {}));
    settings_.dry_run.insert("ops");
    const Telling::Sent shown = test::must(telling_.send(settings_, "ops", "fleet", now, {}));
    EXPECT_FALSE(shown.failure);
    EXPECT_EQ(shown.outcome, Telling::Outcome::shown);
    EXPECT_EQ(kept("notice/"), 0U) << "and no send is noted, which would make the first real one wait";
}

// One waiver for all that image() has, good through today.
waivers::WaiverFile waivers(std::chrono::sys_days last_day) {
    waivers::Waiver waiver{.target = "r.example/**:*", .code = "os-mismatch", .component = "", .waived = {"known", "ops", "some day"}, .last_day = last_day, .line = 2};
    return {"waivers.yml", {waiver}};
}

TEST_F(TellingTest, WhatIsWaivedIsToldOnceItIsWaivedNoMore) {
    const auto today = std::chrono::floor<std::chrono::days>(now_);
    settings_.waivers = waivers(today);
    note(run(1, {image("1", true)}, {image("1", false)}));
    EXPECT_EQ(kept("notice/pending/"), 0U) << "it is waived";
    note(run(2, {image("1", true)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/pending/"), 0U) << "it still is";
    ImageReport unread = image("1", false);
    unread.error = Error{ErrorCode::network, "w", "h", "s", ""};
    note(run(3, {unread}, {image("1", true)}));
    now_ += std::chrono::hours(24);
    note(run(4, {image("1", true)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/pending/"), 1U) << "it is not any more";
    EXPECT_EQ(kept("notice/withheld/"), 0U);
    note(run(5, {image("1", false)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/pending/"), 0U) << "told or not, it is mended";
}

TEST_F(TellingTest, WhatWasWaivedUntilItWasMendedIsNeverTold) {
    settings_.waivers = waivers(std::chrono::floor<std::chrono::days>(now_));
    note(run(1, {image("1", true)}, {image("1", false)}));
    EXPECT_EQ(kept("notice/withheld/"), 1U);
    note(run(2, {image("1", false)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/"), 0U);
}

TEST_F(TellingTest, WhatWasToldBeforeItWasWaivedIsToldWhenItIsMended) {
    note(run(1, {image("1", true)}, {image("1", false)}));
    for (const store::StateEntry& each : test::must(state_->values().list("notice/pending/"))) test::must(state_->values().remove(each.key));  // told
    settings_.waivers = waivers(std::chrono::floor<std::chrono::days>(now_));
    note(run(2, {image("1", true)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/"), 0U);
    note(run(3, {image("1", false)}, {image("1", true)}));
    EXPECT_EQ(kept("notice/pending/"), 1U) << "its issue is to be closed";
}

TEST_F(TellingTest, AFailedTryKeepsItAndTheNextOneSendsTheSame) {
    note(run(1, {image("1", true)}, {}));
    const auto now = std::chrono::floor<std::chrono::seconds>(now_);
    for (int i = 0; i < 2; ++i) {
        const Telling::Sent sent = test::must(telling_.send(settings_, "ops", "fleet", now, {}));
        ASSERT_TRUE(sent.failure) << "nobody listens there";
        EXPECT_TRUE(sent.failure->again);
        EXPECT_EQ(kept("notice/sending/"), 1U);
        EXPECT_EQ(kept("notice/pending/"), 0U);
    }
    note(run(2, {image("2", true)}, {}));  // waits behind the one under way
    EXPECT_EQ(kept("notice/pending/"), 1U);
    settings_.channels.clear();
    const Telling::Sent dropped = test::must(telling_.send(settings_, "ops", "fleet", now, {}));
    EXPECT_FALSE(dropped.failure);
    EXPECT_EQ(kept("notice/"), 0U) << "a channel that is no longer configured is owed nothing";
}

// A state in which something else happens right after the first call about what waits.
class Interrupted final : public store::DaemonState, private store::StateStore {
public:
    Interrupted(store::DaemonState& state, std::function<void()> happens) : state_(state), happens_(std::move(happens)) {}
    store::JobQueue& jobs() noexcept override { return state_.jobs(); }
    store::TokenStore& tokens() noexcept override { return state_.tokens(); }
    store::StateStore& values() noexcept override { return *this; }
    [[nodiscard]] std::uint64_t failures() const noexcept override { return state_.failures(); }

private:
    template <typename T>
    T then(std::string_view key, T result) {
        if (key.starts_with("notice/pending/")) std::exchange(happens_, [] {})();
        return result;
    }
    Result<std::optional<store::StateValue>> get(std::string_view key) override { return then(key, state_.values().get(key)); }
    Result<void> put(std::string_view key, std::string_view value) override { return then(key, state_.values().put(key, value)); }
    Result<bool> remove(std::string_view key) override { return then(key, state_.values().remove(key)); }
    Result<std::vector<store::StateEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override { return state_.values().list(prefix, after, limit); }
    Result<bool> replace(std::string_view key, const std::optional<std::string>& expected, const std::optional<std::string>& wanted) override {
        return then(key, state_.values().replace(key, expected, wanted));
    }
    Result<std::optional<store::StateValue>> move(std::string_view from, std::string_view to) override { return then(from, state_.values().move(from, to)); }

    store::DaemonState& state_;
    std::function<void()> happens_;
};

TEST_F(TellingTest, WhatARunAddsWhileTheNoticeIsTakenIsToldOnce) {
    note(run(1, {image("1", true)}, {}));
    Interrupted state(*state_, [this] { note(run(2, {image("2", true)}, {})); });
    Telling telling(state);
    ASSERT_TRUE(test::must(telling.send(settings_, "ops", "fleet", std::chrono::floor<std::chrono::seconds>(now_), {})).failure) << "nobody listens there";
    std::string told;
    for (const char* place : {"notice/sending/ops/fleet", "notice/pending/ops/fleet"}) {
        const std::optional<store::StateValue> value = test::must(state_->values().get(place));
        ASSERT_TRUE(value) << place;
        const std::optional<std::string> bytes = store::decompress(value->value, 1 << 20);
        ASSERT_TRUE(bytes) << place;
        const notify::Notice notice = test::must(notify::deserialise_notice(*bytes));
        for (const notify::CauseChange& cause : notice.causes)
            for (const std::string& reference : cause.fresh) told += reference + ' ';
    }
    EXPECT_EQ(told, "r.example/a:1 r.example/a:2 ");
}

}  // namespace
}  // namespace veritag::serve
