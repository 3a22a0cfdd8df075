// What a client asked of whom, for whoever counts that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace veritag::registry {

/// Called on the client's I/O thread, so it only counts.
class TrafficObserver {
public:
    virtual ~TrafficObserver() = default;
    /// One reply. `host` is `host` or `host:port` of the server that gave it, behind redirects too.
    virtual void answered(std::string_view host, unsigned status) = 0;
    /// What is left of a quota, as the reply's `ratelimit-remaining` says (Docker Hub documentation, "Pull usage and limits").
    virtual void allowance(std::string_view host, std::uint64_t remaining) = 0;
};

}  // namespace veritag::registry
