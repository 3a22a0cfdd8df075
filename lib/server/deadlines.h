// When which connection's time is over. Private to the module; no sockets and no clock: the caller says what time it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace veritag::server {

using SteadyClock = std::chrono::steady_clock;

class Deadlines;

/// Something that has at most one deadline. Leaves its `Deadlines`, which outlive it, when it goes.
class Timed {
public:
    explicit Timed(Deadlines& deadlines) noexcept : deadlines_(deadlines) {}
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;
    virtual ~Timed();

    void set_deadline(SteadyClock::time_point time);  ///< instead of the one there was
    void clear_deadline();

protected:
    virtual void on_deadline() = 0;  ///< there is none any more when this is called; it may set the next

private:
    friend class Deadlines;
    Deadlines& deadlines_;
    std::multimap<SteadyClock::time_point, Timed*>::node_type spare_;  ///< taken out and put back, so that nothing is allocated each time
    std::optional<std::multimap<SteadyClock::time_point, Timed*>::iterator> place_;
};

class Deadlines {
public:
    [[nodiscard]] std::optional<SteadyClock::time_point> earliest() const;
    /// Calls `on_deadline` of everything whose time has come.
    void expire(SteadyClock::time_point now);
    /// Called when the earliest deadline became an earlier one.
    void on_earlier(std::function<void(SteadyClock::time_point)> listener) { listener_ = std::move(listener); }

private:
    friend class Timed;
    std::function<void(SteadyClock::time_point)> listener_;
    std::multimap<SteadyClock::time_point, Timed*> queue_;
};

/// A transfer that must keep up: `allowance` in all, and for what has come the time that it takes at `bytes_per_second`.
struct Pace {
    SteadyClock::time_point start;
    std::chrono::milliseconds allowance;
    std::uint64_t bytes_per_second;

    [[nodiscard]] SteadyClock::time_point deadline(std::uint64_t bytes) const noexcept;
};

}  // namespace veritag::server
