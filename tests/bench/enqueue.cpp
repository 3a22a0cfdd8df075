// How many jobs a second become durable, one commit each and in shared commits, on a disk as it is and on one whose syncs take longer.
// bench_enqueue DIRECTORY [CALLERS] [SECONDS]
#include "base/text.h"
#include "store/batching_enqueuer.h"
#include "store/daemon_state.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace veritag;
using namespace veritag::store;
using Clock = std::chrono::steady_clock;

/// Commits that take longer.
class SlowQueue final : public JobQueue {
public:
    SlowQueue(JobQueue& queue, std::chrono::milliseconds more) : queue_(queue), more_(more) {}
    Result<std::vector<EnqueueAnswer>> enqueue_groups(std::span<const std::span<const NewJob>> groups) override {
        const std::lock_guard lock(disk_);  // one after the other, as a disk does
        ++commits;
        std::this_thread::sleep_for(more_);
        return queue_.enqueue_groups(groups);
    }
    Result<std::optional<Lease>> lease(std::string_view worker, std::span<const std::string> kinds, std::chrono::milliseconds time) override { return queue_.lease(worker, kinds, time); }
    Result<LeaseState> renew(std::string_view token) override { return queue_.renew(token); }
    Result<bool> finish(std::string_view token, std::string_view result) override { return queue_.finish(token, result); }
    Result<std::optional<JobState>> fail(std::string_view token, const Error& error, const Retry& retry) override { return queue_.fail(token, error, retry); }
    Result<bool> release(std::string_view token) override { return queue_.release(token); }
    Result<JobState> cancel(std::int64_t id) override { return queue_.cancel(id); }
    Result<std::optional<Enqueued>> retry(std::int64_t id) override { return queue_.retry(id); }
    Result<std::optional<Job>> find(std::int64_t id) override { return queue_.find(id); }
    Result<JobPage> list(const JobFilter& filter, std::optional<std::int64_t> cursor, std::size_t limit) override { return queue_.list(filter, cursor, limit); }
    Result<QueueCounts> counts() override { return queue_.counts(); }
    Result<std::uint64_t> prune(std::chrono::milliseconds age, std::chrono::milliseconds dead_age) override { return queue_.prune(age, dead_age); }

    std::atomic<int> commits{0};

private:
    std::mutex disk_;
    JobQueue& queue_;
    const std::chrono::milliseconds more_;
};

NewJob push(int number) {
    const std::string name = "registry.example/openeuler/image" + std::to_string(number % 100) + ':' + std::to_string(number);
    return {.kind = "scan", .key = name, .payload = R"({"image":")" + name + "\"}", .events = {"event " + std::to_string(number)}};
}

struct Figures {
    double rate = 0;
    double median_ms = 0;
    double p99_ms = 0;
    double per_commit = 0;
    std::size_t failed = 0;
};

/// Each caller puts in one job after the other.
Figures measure(JobQueue& inner, std::chrono::milliseconds more, int callers, std::chrono::seconds time, bool batched) {
    SlowQueue queue(inner, more);
    BatchingEnqueuer enqueuer(queue);
    std::atomic<int> number{static_cast<int>(Clock::now().time_since_epoch().count() % 1'000'000'000)};
    std::mutex mutex;
    std::vector<double> all;
    std::size_t failed = 0;
    const Clock::time_point start = Clock::now();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < callers; ++i)
            threads.emplace_back([&] {
                std::vector<double> mine;
                std::size_t lost = 0;
                while (Clock::now() - start < time) {
                    const std::vector<NewJob> job{push(number++)};
                    const Clock::time_point before = Clock::now();
                    const EnqueueAnswer answer = batched ? enqueuer.enqueue(job) : queue.enqueue(job);
                    mine.push_back(std::chrono::duration<double, std::milli>(Clock::now() - before).count());
                    lost += answer ? 0 : 1;
                }
                const std::lock_guard lock(mutex);
                all.insert(all.end(), mine.begin(), mine.end());
                failed += lost;
            });
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::sort(all.begin(), all.end());
    return {static_cast<double>(all.size()) / seconds, all[all.size() / 2], all[all.size() * 99 / 100], static_cast<double>(all.size()) / queue.commits, failed};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: bench_enqueue DIRECTORY [CALLERS] [SECONDS]\n");
        return 2;
    }
    const int callers = argc > 2 ? static_cast<int>(parse_u64(argv[2]).value_or(200)) : 200;
    const std::chrono::seconds time(argc > 3 ? parse_u64(argv[3]).value_or(5) : 5);
    std::printf("%-34s %10s %10s %10s %12s\n", "", "jobs/s", "median ms", "p99 ms", "jobs/commit");
    for (const int more : {0, 20, 100})
        for (const bool batched : {false, true}) {
            const std::string path = std::string(argv[1]) + "/bench-enqueue.sqlite";
            const auto clear = [&] {
                for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
            };
            clear();
            {
                DaemonStateOptions options;
                options.queue.most_waiting = 10'000'000;
                const auto state = open_sqlite_daemon_state(path, options);
                if (!state) {
                    std::fprintf(stderr, "%s\n", state.error().message().c_str());
                    return 3;
                }
                const Figures f = measure((*state)->jobs(), std::chrono::milliseconds(more), callers, time, batched);
                const std::string name = std::string(batched ? "shared commits" : "a commit each") + (more > 0 ? ", " + std::to_string(more) + " ms slower" : "");
                std::printf("%-34s %10.0f %10.1f %10.1f %12.1f\n", name.c_str(), f.rate, f.median_ms, f.p99_ms, f.per_commit);
                if (f.failed > 0) std::printf("  %zu failed\n", f.failed);
            }
            clear();
        }
    return 0;
}
