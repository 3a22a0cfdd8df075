// Where a server's counters are kept. Private to the module; any thread.
#pragma once

#include "server/counters.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace veritag::server {

class CounterStore {
public:
    std::atomic<std::uint64_t> connections_open{0};
    std::atomic<std::uint64_t> connections_accepted{0};
    std::atomic<std::uint64_t> requests_in_work{0};
    std::atomic<std::uint64_t> event_streams_open{0};
    std::atomic<std::uint64_t> bytes_in{0};
    std::atomic<std::uint64_t> bytes_out{0};

    void refused(RefusedFor reason) noexcept { ++refused_[static_cast<std::size_t>(reason)]; }
    void answered(const std::string& method, unsigned status);
    void took(std::chrono::duration<double> time);

    [[nodiscard]] Counters picture() const;

private:
    std::array<std::atomic<std::uint64_t>, kRefusedForCount> refused_{};
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, unsigned>, std::uint64_t> requests_;
    std::array<std::uint64_t, kSecondsBounds.size() + 1> seconds_{};
    double seconds_sum_ = 0;
};

}  // namespace veritag::server
