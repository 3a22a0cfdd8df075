// The daemon over days of a simulated clock: schedules, registries that are down, clocks that jump, restarts.
#include "serve/daemon.h"
#include "serve/orders.h"

#include "folder.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <poll.h>
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
    // From now on connections are taken, and nobody says anything.
    void take() const { ASSERT_EQ(::listen(socket_, 64), 0); }
    // From now on somebody is there, who has nothing.
    std::jthread answer() const {
        take();
        return std::jthread([this](const std::stop_token& stop) {
            constexpr std::string_view kNothing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            while (!stop.stop_requested()) {
                pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
                if (::poll(&waiting, 1, 20) != 1) continue;
                const int client = ::accept(socket_, nullptr, nullptr);
                char request[4096];
                if (::read(client, request, sizeof request) > 0) (void)!::write(client, kNothing.data(), kNothing.size());
                ::shutdown(client, SHUT_WR);
                while (::read(client, request, sizeof request) > 0) {}
                ::close(client);
            }
        });
    }
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
    std::unique_ptr<Daemon> start(config::Settings all, std::chrono::milliseconds lease = 60s) {
        DaemonOptions options{.tool_version = "test", .confined = false, .clocks = {}};
        options.lease = lease;
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
    ASSERT_EQ(daemon->store().list_audits().size(), 1U);
    EXPECT_EQ(daemon->store().list_audits()[0].end, store::AuditEnd::failed) << "nobody answered: that is no finished audit";
    EXPECT_FALSE(daemon->store().list_audits()[0].failure.empty());
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

TEST_F(DaemonOverDays, WhatWasOrderedIsScannedOnceTheRegistryIsBackAfterHours) {
    config::Settings all = settings("1d");
    all.targets.clear();
    const auto daemon = start(std::move(all));
    ASSERT_TRUE(daemon->order_scan(port_.host + "/a:1", "test"));
    const auto job = [&] { return daemon->state().jobs().list({.state = {}, .kind = std::string(kScanJob)}, std::nullopt, 1)->jobs.at(0); };
    // No try is under way when the clock goes on, or its lease would run out.
    const auto rests = [&] { return job().state == store::JobState::waiting && job().attempts > 0 && job().ready > store::TimePoint(std::chrono::seconds(now_.load())); };
    for (int minutes = 0; minutes < 190; minutes += 10) {  // the shortest waits that the backoff allows end after 3.7 hours
        ASSERT_TRUE(soon(rests)) << to_string(job().state) << " after " << minutes << " minutes and " << job().attempts << " tries";
        pass(*daemon, 10min);
    }
    ASSERT_TRUE(soon(rests)) << to_string(job().state);
    EXPECT_GT(job().attempts, 5);
    const std::jthread back = port_.answer();
    pass(*daemon, 61min);
    EXPECT_TRUE(soon([&] { return job().state == store::JobState::done; })) << to_string(job().state) << (job().failure ? job().failure->message : "");
    EXPECT_TRUE(daemon->store().list_audits()[0].is_complete());
    // The run is done, and its image could still not be read.
    const Result<RunResult> result = parse_run_result(job().short_result);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->verdicts, (VerdictCounts{.error = 1}));
    ASSERT_TRUE(result->error);
    EXPECT_NE(result->error->message.find(port_.host + "/v2/a/manifests/1"), std::string::npos) << result->error->message;
}

TEST_F(DaemonOverDays, ARunWhoseDeadlinePassesSaysSoAndIsGoneOnWith) {
    port_.take();
    config::Settings all = settings("1d");
    all.targets[0].deadline = 1s;
    const auto daemon = start(std::move(all), 3s);
    ASSERT_TRUE(soon([&] { return daemon->store().open_audits().size() == 1; }));
    const store::AuditRecord audit = daemon->store().open_audits()[0];
    EXPECT_EQ(audit.job, audits(*daemon)[0].id);
    pass(*daemon, 2s);  // past the deadline, within the lease
    ASSERT_TRUE(soon([&] { return audits(*daemon)[0].failure.has_value(); }));
    EXPECT_EQ(audits(*daemon)[0].failure->code, "timeout");
    EXPECT_NE(audits(*daemon)[0].failure->message.find("its deadline passed before its end"), std::string::npos) << audits(*daemon)[0].failure->message;
    EXPECT_EQ(audits(*daemon)[0].state, store::JobState::waiting);
    EXPECT_FALSE(daemon->store().find_audit(audit.id)->ended) << "the next try goes on with it";
    EXPECT_TRUE(daemon->store().read_audit(audit.id)->incomplete);
    pass(*daemon, 11min);
    ASSERT_TRUE(soon([&] { return audits(*daemon)[0].attempts == 2 && audits(*daemon)[0].state == store::JobState::running; }));
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(daemon->store().list_audits().size(), 1U);
    ASSERT_TRUE(daemon->cancel(audits(*daemon)[0].id));
    ASSERT_TRUE(soon([&] { return audits(*daemon)[0].state == store::JobState::cancelled && daemon->store().find_audit(audit.id)->ended; }));
    EXPECT_EQ(daemon->store().find_audit(audit.id)->end, store::AuditEnd::cancelled) << "for good now";
    EXPECT_NE(audits(*daemon)[0].failure->message.find("it was cancelled"), std::string::npos) << audits(*daemon)[0].failure->message;
    MetricsText text;
    ASSERT_TRUE(soon([&] {
        daemon->metrics().write(text);
        return text.take().find(R"(veritag_jobs_total{kind="audit",result="cancelled"} 1)") != std::string::npos;
    })) << "a cancelled job did not fail";
}

TEST_F(DaemonOverDays, ALostLeaseIsNoFailure) {
    port_.take();
    const auto daemon = start(settings("1d"), 3s);
    ASSERT_TRUE(soon([&] { return daemon->store().open_audits().size() == 1; }));
    pass(*daemon, 10s);  // as a machine that slept
    const auto text = [&] {
        MetricsText out;
        daemon->metrics().write(out);
        return out.take();
    };
    ASSERT_TRUE(soon([&] { return text().find(R"(veritag_jobs_total{kind="audit",result="lost"} 1)") != std::string::npos; })) << text();
    EXPECT_NE(text().find(R"(veritag_jobs_total{kind="audit",result="failed"} 0)"), std::string::npos);
    ASSERT_TRUE(soon([&] { return audits(*daemon)[0].attempts == 2; })) << "and it is taken up again";
}

TEST_F(DaemonOverDays, WhatIsOldGoesWhileTheDaemonRuns) {
    const auto count = [&](const std::string& table) { return test::sql(folder_.file("store.sqlite"), "SELECT count(*) FROM " + table); };
    {
        store::StoreOptions options;
        options.prunes_itself = false;
        options.now = [this] { return std::chrono::sys_seconds(std::chrono::seconds(now_.load())); };
        const auto store = std::move(*store::open_sqlite_store(folder_.file("store.sqlite"), options));
        for (int i = 0; i < 100; ++i) store->keep_document(sha256_of(std::to_string(i)), {"t", std::to_string(i)});
    }
    EXPECT_EQ(count("documents"), "100");
    now_ += 201 * 24 * 3600;
    const auto daemon = start(settings("1d"));
    EXPECT_TRUE(soon([&] { return count("documents") == "0"; })) << count("documents");
}

TEST_F(DaemonOverDays, ARecordThatNobodyGoesOnWithIsClosed) {
    std::int64_t left = 0, of_command_line = 0;
    {
        const auto store = std::move(*store::open_sqlite_store(folder_.file("store.sqlite")));
        left = store->begin_audit({.job = 999, .targets = {"somewhere"}, .rules_digest = "sha256:r", .tool_version = "1"})->id;
        of_command_line = store->begin_audit({.targets = {"elsewhere"}, .rules_digest = "sha256:r", .tool_version = "1"})->id;
    }
    const auto daemon = start(settings("1d"));
    EXPECT_EQ(daemon->store().find_audit(left)->end, store::AuditEnd::failed);
    EXPECT_EQ(daemon->store().find_audit(left)->failure, "its job ended without it");
    EXPECT_FALSE(daemon->store().find_audit(of_command_line)->ended) << "its next run goes on with it";
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
