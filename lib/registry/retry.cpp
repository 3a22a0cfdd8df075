#include "registry/retry.h"

#include "base/http_retry.h"

#include <algorithm>

namespace veritag::registry {

using std::chrono::milliseconds;

namespace {

bool is_temporary(const Failure& failure) noexcept {
    if (failure.final) return false;
    if (failure.status != 0) return is_temporary_status(failure.status);
    return failure.error.code == ErrorCode::network || failure.error.code == ErrorCode::timeout;
}

}  // namespace

bool may_have_expired(const Failure& failure) noexcept {
    return failure.redirected && (failure.status == 400 || failure.status == 401 || failure.status == 403 || failure.status == 410);
}

milliseconds backoff_delay(const RetryPolicy& policy, int tries, double random) {
    milliseconds step = policy.backoff;
    for (int i = 1; i < tries && step < policy.backoff_cap; ++i) step *= 2;
    step = std::min(step, policy.backoff_cap);
    return milliseconds{static_cast<milliseconds::rep>(static_cast<double>(step.count()) * random)};
}

RetryDecision plan_retry(const RetryPolicy& policy, int tries, const Failure& failure, double random) {
    if (!is_temporary(failure) || tries >= policy.attempts) return {};
    milliseconds wait = backoff_delay(policy, tries, random);
    if (failure.retry_after) {
        if (*failure.retry_after > policy.retry_after_cap) return {};
        wait = std::max(wait, *failure.retry_after);
    }
    return {true, wait};
}

Error final_error(const Failure& failure, int tries) {
    Error error = failure.error;
    if (tries > 1) error.saw += " after " + std::to_string(tries) + " tries";
    if (failure.retry_after) error.saw += ", retry after " + std::to_string(failure.retry_after->count() / 1000) + " s";
    if (!failure.detail.empty()) error.saw += ": " + failure.detail;
    return error;
}

void HostBackoff::failed(Time now, milliseconds wait, bool server_asked) noexcept {
    if (now >= not_before_) server_asked_ = false;
    server_asked_ = server_asked_ || server_asked;
    not_before_ = std::max(not_before_, now + wait);
}

void HostBackoff::succeeded(Time now) noexcept {
    if (server_asked_ && now < not_before_) return;
    not_before_ = Time{};
    server_asked_ = false;
}

}  // namespace veritag::registry
