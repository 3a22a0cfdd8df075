// Spans of time as configurations write them.
#include "base/duration.h"

#include <gtest/gtest.h>

namespace veritag {
namespace {

struct DurationCase {
    const char* text;
    std::int64_t seconds;
};

TEST(Duration, IsReadAndWritten) {
    for (const auto& [text, count] : {DurationCase{"90m", 5400}, {"6h", 21600}, {"1d", 86400}, {"1w", 604800}, {"1d12h", 129600}, {"2w3d4h5m6s", 1483506},
                                      {"0s", 0}, {"007s", 7}, {"3660d", 316224000}}) {
        const Result<std::chrono::seconds> read = parse_duration(text);
        ASSERT_TRUE(read) << text << ": " << read.error().message();
        EXPECT_EQ(read->count(), count) << text;
        EXPECT_EQ(parse_duration(format_duration(*read)).value(), *read) << text;
    }
    EXPECT_EQ(format_duration(std::chrono::seconds(0)), "0s");
    EXPECT_EQ(format_duration(std::chrono::minutes(90)), "1h30m");
    EXPECT_EQ(format_duration(std::chrono::days(14)), "14d");
}

TEST(Duration, IsRefused) {
    struct Bad {
        const char* text;
        const char* why;
    };
    for (const auto& [text, why] : {Bad{"", "is no duration"}, {"6", "has no unit"}, {"h", "is no duration"}, {"6x", "has an unknown unit, or units out of order (w, d, h, m, s)"},
                                    {"6h1d", "has an unknown unit, or units out of order (w, d, h, m, s)"}, {"1h1h", "has an unknown unit, or units out of order (w, d, h, m, s)"},
                                    {"-6h", "is no duration"}, {"1.5h", "has an unknown unit, or units out of order (w, d, h, m, s)"}, {"6 h", "has an unknown unit, or units out of order (w, d, h, m, s)"},
                                    {" 6h", "is no duration"}, {"3661d", "is too long"}, {"99999999999999999999999h", "is too long"}, {"3660d1s", "is too long"}, {"6H", "has an unknown unit, or units out of order (w, d, h, m, s)"}}) {
        const Result<std::chrono::seconds> read = parse_duration(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().saw, "\"" + std::string(text) + "\" " + why);
        EXPECT_EQ(read.error().code, ErrorCode::config);
    }
}

}  // namespace
}  // namespace veritag
