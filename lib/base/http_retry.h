// What an HTTP answer says about trying again; without clock or socket. The statuses are the union of what other clients repeat
// (google/go-containerregistry: pkg/v1/remote/options.go, regclient/regclient: internal/reghttp/http.go).
#pragma once

#include "base/times.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace veritag {

/// Statuses that may be gone a moment later.
bool is_temporary_status(unsigned status) noexcept;

/// `Retry-After` as delay: seconds or an HTTP date. Anything else (GHCR sends Go durations in text) is nullopt.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, SystemTime now);

}  // namespace veritag
