#include "base/http_retry.h"

#include <gtest/gtest.h>

namespace veritag {
namespace {

using namespace std::chrono_literals;

TEST(RetryAfter, SecondsDatesAndNonsense) {
    const SystemTime now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(parse_retry_after("17", now), 17s);
    EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), 30s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s);  // gone by
    EXPECT_EQ(parse_retry_after("18446744073709551615", now), 400 * 24h);    // capped, no overflow
    EXPECT_EQ(parse_retry_after("76.77µs", now), std::nullopt);              // GHCR
    EXPECT_EQ(parse_retry_after("-1", now), std::nullopt);
}

}  // namespace
}  // namespace veritag
