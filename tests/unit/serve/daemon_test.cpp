// The daemon over days of a simulated clock: schedules, registries that are down, clocks that jump, restarts.
#include "serve/daemon.h"

#include "folder.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace veritag::serve {
namespace {

using namespace std::chrono_literals;

// A port on which nobody listens as long as this lives.
class DeadPort {
public:
    DeadPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        socklen_t size = sizeof address;
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        host = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~DeadPort() { ::close(socket_); }
    DeadPort(const DeadPort&) = delete;
    DeadPort& operator=(const DeadPort&) = delete;
    std::string host;

private:
    int socket_;
};

class DaemonOverDays : public testing::Test {
protected:
    config::Settings settings(const std::string& interval) {
        config::Settings all;
        all.store = folder_.file("store.sqlite");
        all.jobs = all.workers = 1;
        config::RegistrySettings registry{.registry = port_.host, .client = {}, .driver = registry::ListingDriver::catalog};
        registry.client.plain_http = true;
        registry.client.use_environment_auth = false;
        registry.client.attempts = 1;
        all.registries.push_back(registry);
        config::TargetSettings target;
        target.name = "fleet";
        target.targets = {{.registry = port_.host, .path = "", .driver = registry::ListingDriver::catalog}};
        target.schedule = *schedule::parse_schedule({.interval = interval, .cron = "", .time_zone = "", .jitter = "", .quiet_hours = {}, .seed = "fleet"});
        all.targets.push_back(target);
        return all;
    }
    std::unique_ptr<Daemon> start(config::Settings all) {
        DaemonOptions options{.tool_version = "test", .confined = false, .clocks = {}};
        options.clocks.now = [this] { return store::TimePoint(std::chrono::seconds(now_.load())); };
        options.clocks.steady = [this] { return std::chrono::steady_clock::time_point(std::chrono::seconds(steady_.load())); };
        Result<std::unique_ptr<Daemon>> daemon = Daemon::make(std::move(all), options);
        EXPECT_TRUE(daemon) << daemon.error().message();
        (*daemon)->start();
        return std::move(*daemon);
    }
    void pass(Daemon& daemon, std::chrono::seconds time) {
        now_ += time.count();
        steady_ += time.count();
        daemon.wake();
    }
    // Real time: what threads do once the simulated clock says so.
    static bool soon(const std::function<bool()>& condition) {
        for (int i = 0; i < 400; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(25ms);
        }
        return false;
    }
    static std::vector<store::JobInfo> audits(Daemon& daemon) {
        const Result<store::JobPage> page = daemon.state().jobs().list({.state = {}, .kind = std::string(kAuditJob)}, std::nullopt, 100);
        EXPECT_TRUE(page);
        return page ? page->jobs : std::vector<store::JobInfo>();
    }
    static std::size_t with_attempts(Daemon& daemon, int attempts) {
        const auto jobs = audits(daemon);
        return static_cast<std::size_t>(std::count_if(jobs.begin(), jobs.end(), [&](const store::JobInfo& job) { return job.attempts >= attempts && job.state != store::JobState::running; }));
    }

    test::Folder folder_;
    DeadPort port_;
    std::atomic<std::int64_t> now_{1'750'000'000};
    std::atomic<std::int64_t> steady_{1'000'000};
};

TEST_F(DaemonOverDays, ARegistryThatIsDownForAnHourIsTriedAgainAndThenSaidToBeDead) {
    const auto daemon = start(settings("1d"));
    ASSERT_TRUE(soon([&] { return with_attempts(*daemon, 1) == 1; })) << "due at once: it never ran";
    EXPECT_EQ(audits(*daemon)[0].state, store::JobState::waiting);
    ASSERT_TRUE(audits(*daemon)[0].failure);
    EXPECT_EQ(audits(*daemon)[0].failure->code, "network");
    pass(*daemon, 5min);
    ASSERT_TRUE(soon([&] { return with_attempts(*daemon, 2) == 1; }));
    for (int attempt = 3; attempt <= 12; ++attempt) {
        EXPECT_EQ(audits(*daemon)[0].state, store::JobState::waiting);
        pass(*daemon, 61min);
        ASSERT_TRUE(soon([&] { return with_attempts(*daemon, attempt) == 1; })) << attempt;
    }
    EXPECT_EQ(audits(*daemon)[0].state, store::JobState::dead) << "after some hours, a letter for people";
    EXPECT_EQ(daemon->images().picture()->images.size(), 0U);
    // The next day is another audit, and a dead letter can be taken up by hand.
    pass(*daemon, 24h);
    ASSERT_TRUE(soon([&] { return audits(*daemon).size() == 2; }));
}

TEST_F(DaemonOverDays, WhatWasMissedIsCaughtUpOnce) {
    {
        const auto daemon = start(settings("6h"));
        ASSERT_TRUE(soon([&] { return with_attempts(*daemon, 1) == 1; }));
        ASSERT_TRUE(daemon->state().jobs().cancel(audits(*daemon)[0].id));
    }
    now_ += 3 * 24 * 3600;  // three days without a daemon: twelve runs
    steady_ += 3 * 24 * 3600;
    const auto daemon = start(settings("6h"));
    ASSERT_TRUE(soon([&] { return audits(*daemon).size() == 2; }));
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(audits(*daemon).size(), 2U);
    EXPECT_EQ(daemon->next_start(daemon->settings()->targets[0]), std::chrono::sys_seconds(std::chrono::seconds(now_.load())) + 6h);
}

TEST_F(DaemonOverDays, AClockThatJumpsBackRunsNothingTwice) {
    const auto daemon = start(settings("6h"));
    ASSERT_TRUE(soon([&] { return with_attempts(*daemon, 1) == 1; }));
    ASSERT_TRUE(daemon->state().jobs().cancel(audits(*daemon)[0].id));
    now_ -= 2 * 3600;
    daemon->wake();
    std::this_thread::sleep_for(400ms);
    EXPECT_EQ(audits(*daemon).size(), 1U);
    pass(*daemon, 8h);  // the old six hours are over by the new clock, too
    EXPECT_TRUE(soon([&] { return audits(*daemon).size() == 2; }));
}

TEST_F(DaemonOverDays, ReloadTakesNewTargetsAndRefusesRulesThatCannotBe) {
    const auto daemon = start(settings("1d"));
    const std::string before = daemon->workshop()->rules.digest();
    config::Settings bad = settings("1d");
    bad.rules = {"/nowhere/at/all"};
    const Result<void> refused = daemon->reload(std::move(bad));
    ASSERT_FALSE(refused);
    EXPECT_EQ(daemon->workshop()->rules.digest(), before);
    EXPECT_EQ(daemon->settings()->targets.size(), 1U);
    config::Settings more = settings("1d");
    more.targets.push_back(more.targets[0]);
    more.targets[1].name = "second";
    ASSERT_TRUE(daemon->reload(std::move(more)));
    EXPECT_TRUE(soon([&] { return audits(*daemon).size() == 2; })) << "and what is new is due";
}

TEST_F(DaemonOverDays, OrdersThatCannotBeMeantAreRefused) {
    const auto daemon = start(settings("1d"));
    EXPECT_EQ(daemon->order_audit("no such target!").error().code, ErrorCode::usage);
    EXPECT_EQ(daemon->order_scan("Not A Name", "test").error().code, ErrorCode::usage);
    EXPECT_EQ(daemon->order_scan("r.example/a@sha256:" + std::string(64, '0'), "test").error().code, ErrorCode::usage);
    const Result<store::Enqueued> once = daemon->order_scan(port_.host + "/a:1", "test");
    ASSERT_TRUE(once);
    EXPECT_TRUE(daemon->check());
}

}  // namespace
}  // namespace veritag::serve
