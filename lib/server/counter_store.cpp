#include "server/counter_store.h"

#include <algorithm>

namespace veritag::server {

std::string_view to_string(RefusedFor reason) noexcept {
    switch (reason) {
        case RefusedFor::connection_limit: return "connection-limit";
        case RefusedFor::address_limit: return "address-limit";
        case RefusedFor::descriptors: return "descriptors";
        case RefusedFor::evicted: return "evicted";
        case RefusedFor::handshake: return "handshake";
        case RefusedFor::header_time: return "header-time";
        case RefusedFor::body_time: return "body-time";
        case RefusedFor::write_time: return "write-time";
        case RefusedFor::malformed: return "malformed";
        case RefusedFor::too_large: return "too-large";
        case RefusedFor::busy: break;
    }
    return "busy";
}

void CounterStore::answered(const std::string& method, unsigned status) {
    const std::lock_guard lock(mutex_);
    ++requests_[{method, status}];
}

void CounterStore::took(std::chrono::duration<double> time) {
    const auto bucket = std::lower_bound(kSecondsBounds.begin(), kSecondsBounds.end(), time.count()) - kSecondsBounds.begin();
    const std::lock_guard lock(mutex_);
    ++seconds_[static_cast<std::size_t>(bucket)];
    seconds_sum_ += time.count();
}

Counters CounterStore::picture() const {
    Counters counters;
    counters.connections_open = connections_open;
    counters.connections_accepted = connections_accepted;
    counters.requests_in_work = requests_in_work;
    counters.event_streams_open = event_streams_open;
    counters.bytes_in = bytes_in;
    counters.bytes_out = bytes_out;
    for (std::size_t i = 0; i < kRefusedForCount; ++i) counters.refused[i] = refused_[i];
    const std::lock_guard lock(mutex_);
    counters.requests = requests_;
    counters.seconds = seconds_;
    counters.seconds_sum = seconds_sum_;
    return counters;
}

}  // namespace veritag::server
