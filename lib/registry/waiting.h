// Waiting and cancelling on the I/O thread. Everything here belongs to that one thread; nothing is locked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <utility>

namespace veritag::registry {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

/// The wish to end one call, and how to interrupt what it waits for now. A call is one chain of coroutines, so there is at most
/// one hook at a time.
class CancelScope {
public:
    [[nodiscard]] bool requested() const noexcept { return requested_; }
    void request() {
        requested_ = true;
        if (hook_) hook_();
    }

    /// Sets the hook while it lives. Check `requested()` before waiting: a request that came earlier does not call the hook.
    class Hook {
    public:
        Hook(CancelScope& scope, std::function<void()> interrupt) : scope_(scope) { scope_.hook_ = std::move(interrupt); }
        ~Hook() { scope_.hook_ = nullptr; }
        Hook(const Hook&) = delete;
        Hook& operator=(const Hook&) = delete;

    private:
        CancelScope& scope_;
    };

private:
    bool requested_ = false;
    std::function<void()> hook_;
};

/// Coroutines that wait for the same thing. Waking only ends the wait; who wakes up looks again at what it waited for.
class Waiters {
public:
    /// Until woken, `deadline` or cancelled. This object and `scope` must outlive the wait.
    asio::awaitable<void> wait(SteadyClock::time_point deadline, CancelScope& scope);
    void wake_one();
    void wake_all();

    static constexpr SteadyClock::time_point kForever = SteadyClock::time_point::max();

private:
    std::list<asio::steady_timer*> timers_;
};

/// Until `time` or cancelled.
asio::awaitable<void> sleep_until(SteadyClock::time_point time, CancelScope& scope);

}  // namespace veritag::registry
