// Processes that are killed at any moment: what was acknowledged is there, and nothing runs twice at once.
#include "daemon_fixture.h"

#include "store/batching_enqueuer.h"

#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace veritag::store {
namespace {

using test::kScans;
using test::must;
using test::scan_of;
using namespace std::chrono_literals;

constexpr int kRounds = 8;
constexpr int kAcknowledged = 60;  // jobs of one process, then it is killed

class Killed : public test::DaemonTest {
protected:
    /// Where a job may lose as many workers as it likes.
    std::unique_ptr<DaemonState> open_patient(std::chrono::hours ahead = 0h) {
        DaemonStateOptions options;
        options.queue.most_lost = 1000;
        options.clocks.now = [ahead, now = Clocks().now] { return now() + ahead; };
        return must(open_sqlite_daemon_state(path(), options));
    }
    /// One line, whole: pipes take so few bytes at once.
    static void tell(int out, const std::string& line) { (void)!write(out, (line + '\n').data(), line.size() + 1); }

    /// Puts in jobs and does jobs, and tells what was acknowledged, until it is killed.
    [[noreturn]] void work(int round, int out) {
        auto state = open_patient();
        BatchingEnqueuer enqueuer(state->jobs());
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0;; ++i) {
                    const std::string key = std::to_string(round) + '-' + std::to_string(t) + '-' + std::to_string(i);
                    if (enqueuer.enqueue({scan_of(key)})) tell(out, "acknowledged " + key);
                    if (i > kAcknowledged) return;  // others may be slower
                }
            });
        for (int t = 0; t < 2; ++t)
            threads.emplace_back([&] {
                for (;;) {
                    const auto lease = state->jobs().lease("worker", kScans, 600s);
                    if (!lease || !*lease) {
                        std::this_thread::sleep_for(1ms);  // so that those who put in jobs have something of the processor
                        continue;
                    }
                    // The kernel gives this lock back when its process dies, and no sooner.
                    const int lock = ::open(folder_.file("key-" + (*lease)->key).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
                    if (flock(lock, LOCK_EX | LOCK_NB) != 0) tell(out, "twice " + (*lease)->key);
                    tell(out, "began " + (*lease)->key);
                    const Result<bool> kept = state->jobs().finish((*lease)->token, "done " + (*lease)->key);
                    if (kept && *kept) tell(out, "finished " + (*lease)->key);
                    close(lock);
                }
            });
        for (;;) pause();
    }

    void read_lines(int in, int until) {
        std::string bytes;
        char chunk[4096];
        for (int seen = 0; seen < until;) {
            const ssize_t got = read(in, chunk, sizeof chunk);
            if (got <= 0) break;
            for (const char c : std::string_view(chunk, static_cast<std::size_t>(got))) {
                if (c != '\n') {
                    bytes += c;
                    continue;
                }
                std::istringstream line(std::exchange(bytes, {}));
                std::string what, key;
                line >> what >> key;
                ++told_[what][key];
                seen += what == "acknowledged" ? 1 : 0;
            }
        }
    }

    std::map<std::string, std::map<std::string, int>> told_;  // by what was told and of which key, how often
};

TEST_F(Killed, NothingAcknowledgedIsLostAndNothingRunsTwiceAtOnce) {
    { const auto made = must(open_sqlite_daemon_state(path())); }
    for (int round = 0; round < kRounds; ++round) {
        // Two at a time: while one is killed, the other goes on.
        std::vector<std::pair<pid_t, int>> children;
        for (int i = 0; i < 2; ++i) {
            int ends[2];
            ASSERT_EQ(pipe(ends), 0);
            const pid_t child = fork();
            if (child == 0) {
                close(ends[0]);
                work(round * 2 + i, ends[1]);
            }
            close(ends[1]);
            children.emplace_back(child, ends[0]);
        }
        for (const auto& [child, in] : children) {
            read_lines(in, kAcknowledged);
            kill(child, SIGKILL);
            int status = 0;
            ASSERT_EQ(waitpid(child, &status, 0), child);
            EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            read_lines(in, 1'000'000);  // what it had told before
            close(in);
        }
    }
    EXPECT_TRUE(told_["twice"].empty()) << told_["twice"].begin()->first;
    for (const auto& [key, times] : told_["finished"]) EXPECT_EQ(times, 1) << key;
    EXPECT_GE(told_["acknowledged"].size(), std::size_t{2} * kRounds * kAcknowledged);
    EXPECT_GT(told_["finished"].size(), 10U);
    auto state = open_patient(24h);  // what was interrupted twice waits for a while
    while (const auto lease = must(state->jobs().lease("last", kScans, 600s))) {
        EXPECT_FALSE(told_["finished"].contains(lease->key)) << lease->key << " was done already";
        EXPECT_TRUE(must(state->jobs().finish(lease->token, "done " + lease->key)));
    }
    std::map<std::string, JobState> jobs;
    int interrupted = 0;
    JobPage page;
    do {
        page = must(state->jobs().list({}, page.next, 500));
        for (const JobInfo& job : page.jobs) {
            EXPECT_TRUE(jobs.emplace(job.key, job.state).second) << job.key;
            interrupted += job.lost;
        }
    } while (page.next);
    EXPECT_GT(interrupted, 0) << "some were killed in the middle of a job";
    for (const auto& [key, times] : told_["acknowledged"]) {
        ASSERT_TRUE(jobs.contains(key)) << key << " was acknowledged and is lost";
        EXPECT_EQ(to_string(jobs[key]), "done") << key;
    }
    EXPECT_EQ(test::sql(path(), "PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace veritag::store
