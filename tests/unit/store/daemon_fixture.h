// A daemon's state with clocks that go as the test says.
#pragma once

#include "folder.h"
#include "store/daemon_state.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace veritag::test {

using namespace std::chrono_literals;

/// The value; a failed one fails the test and stops it.
template <class T>
T must(Result<T> result) {
    if (!result) {
        ADD_FAILURE() << result.error().message();
        throw std::runtime_error(result.error().message());
    }
    return std::move(*result);
}
inline void must(Result<void> result) {
    if (!result) throw std::runtime_error(result.error().message());
}

class DaemonTest : public testing::Test {
protected:
    std::unique_ptr<store::DaemonState> open(store::DaemonStateOptions options = {}) {
        options.clocks.now = [this] { return now_; };
        options.clocks.steady = [this] { return steady_; };
        options.queue.random = [this] { return random_; };
        return must(store::open_sqlite_daemon_state(path(), std::move(options)));
    }
    [[nodiscard]] std::string path() const { return folder_.file("store.sqlite"); }
    /// Time goes by, and both clocks agree.
    void pass(std::chrono::milliseconds time) {
        now_ += time;
        steady_ += time;
    }

    Folder folder_{fast_directory()};
    store::TimePoint now_{std::chrono::seconds(1'750'000'000)};
    std::chrono::steady_clock::time_point steady_{std::chrono::hours(100)};
    double random_ = 0;
};

inline const std::vector<std::string> kScans{"scan"};

inline store::NewJob scan_of(const std::string& key, store::Priority priority = store::Priority::push, const std::string& payload = "") {
    return {.kind = "scan", .key = key, .payload = payload, .priority = priority};
}

inline store::Enqueued put(store::JobQueue& queue, const store::NewJob& job) { return must(queue.enqueue(std::span(&job, 1))).at(0); }

inline std::optional<store::Lease> take(store::JobQueue& queue, const std::string& worker = "worker", std::chrono::milliseconds lease = 60s) {
    return must(queue.lease(worker, kScans, lease));
}

inline store::JobInfo info(store::JobQueue& queue, std::int64_t id) { return must(queue.find(id)).value().info; }

inline Error network_error() { return {ErrorCode::network, "fetch manifest", "r.example/a:1", "connection refused", ""}; }

}  // namespace veritag::test
