// What a server counts, for metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace veritag::server {

/// Why a connection or a request was not served.
enum class RefusedFor {
    connection_limit,  ///< as many connections as allowed, and none idle
    address_limit,     ///< as many from one address as allowed
    descriptors,       ///< accept() failed for want of file descriptors or memory
    evicted,           ///< an idle connection made room for another one
    handshake,         ///< TLS failed, or took too long
    header_time,
    body_time,
    write_time,
    malformed,         ///< the head or the chunks broke the rules
    too_large,         ///< header or body
    busy,              ///< too many requests, bodies or event streams at once
};
inline constexpr std::size_t kRefusedForCount = 11;
std::string_view to_string(RefusedFor reason) noexcept;  ///< `connection-limit`

inline constexpr std::array<double, 12> kSecondsBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

/// A picture of one moment.
struct Counters {
    std::uint64_t connections_open = 0;
    std::uint64_t connections_accepted = 0;
    std::uint64_t requests_in_work = 0;  ///< in handlers, and waiting for a thread
    std::uint64_t event_streams_open = 0;
    std::array<std::uint64_t, kRefusedForCount> refused{};          ///< by `RefusedFor`
    std::map<std::pair<std::string, unsigned>, std::uint64_t> requests;  ///< by method and status; `-` for a head that could not be read
    std::uint64_t bytes_in = 0;   ///< of HTTP, inside of TLS
    std::uint64_t bytes_out = 0;
    /// Seconds from the whole head to the last byte of the reply; how many took at most `kSecondsBounds[i]` and more than the bound before,
    /// and those that took longer. Event streams are not among them.
    std::array<std::uint64_t, kSecondsBounds.size() + 1> seconds{};
    double seconds_sum = 0;
};

}  // namespace veritag::server
