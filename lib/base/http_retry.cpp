#include "base/http_retry.h"

#include "base/text.h"

#include <algorithm>
#include <cstdint>

namespace veritag {
namespace {

constexpr std::uint64_t kLongestWaitSeconds = 400ULL * 24 * 3600;  // keeps the arithmetic in range; every cap is far below

}  // namespace

bool is_temporary_status(unsigned status) noexcept {
    switch (status) {
        case 408:
        case 429:
        case 499:  // nginx: client closed the request, seen from front proxies
        case 500:
        case 502:
        case 503:
        case 504:
        case 522:  // Cloudflare: connection to the origin timed out
            return true;
        default:
            return false;
    }
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, SystemTime now) {
    text = trim(text);
    if (const auto seconds = parse_u64(text)) return std::chrono::seconds{std::min(*seconds, kLongestWaitSeconds)};
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::clamp<std::chrono::seconds>(*date - now, std::chrono::seconds{0}, std::chrono::seconds{kLongestWaitSeconds});
}

}  // namespace veritag
