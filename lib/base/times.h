// The two time formats of the web, without locale or time zone.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace veritag {

using SystemTime = std::chrono::sys_seconds;

/// The three forms of an HTTP date (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 850's and asctime's.
std::optional<SystemTime> parse_http_date(std::string_view text);

/// RFC 3339, as `issued_at` of a token or `created` of an image config: `2026-08-22T10:00:00.123Z`, `…+02:00`. The fraction is dropped.
std::optional<SystemTime> parse_rfc3339(std::string_view text);

}  // namespace veritag
