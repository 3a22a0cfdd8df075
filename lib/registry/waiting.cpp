#include "registry/waiting.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace veritag::registry {

asio::awaitable<void> Waiters::wait(SteadyClock::time_point deadline, CancelScope& scope) {
    if (scope.requested()) co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    timers_.push_back(&timer);
    const std::function<void()> interrupt = [&timer] { timer.cancel(); };
    const CancelScope::Hook hook(scope, interrupt);
    boost::system::error_code ignored;  // woken and expired are the same to the caller
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    timers_.remove(&timer);
}

void Waiters::wake_one() {
    if (timers_.empty()) return;
    asio::steady_timer* timer = timers_.front();
    timers_.pop_front();  // the next call wakes another one
    timer->cancel();
}

void Waiters::wake_all() {
    while (!timers_.empty()) wake_one();
}

asio::awaitable<void> sleep_until(SteadyClock::time_point time, CancelScope& scope) {
    Waiters nobody_wakes;
    co_await nobody_wakes.wait(time, scope);
}

}  // namespace veritag::registry
