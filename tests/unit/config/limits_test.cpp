#include "config/limits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veritag::config {
namespace {

std::string problem(const std::string& text) {
    const std::vector<std::string> texts{text};
    const Result<Limits> limits = parse_limits(texts);
    return limits ? "" : std::string(to_string(limits.error().code)) + ": " + limits.error().message();
}

TEST(LimitsOneByOne, AreThoseOfTheConfiguration) {
    const std::vector<std::string> texts{"json_depth=128", "limits.layer_bytes=100GiB", "manifest_bytes=5000"};
    const Result<Limits> limits = parse_limits(texts);
    ASSERT_TRUE(limits) << limits.error().message();
    EXPECT_EQ(limits->json_depth, 128U);
    EXPECT_EQ(limits->layer_bytes, 100ULL << 30);
    EXPECT_EQ(limits->manifest_bytes, 5000U);
    EXPECT_EQ(limits->config_bytes, Limits().config_bytes);
    EXPECT_EQ(parse_limits({})->json_depth, Limits().json_depth);
}

TEST(LimitsOneByOne, SayWhatIsWrong) {
    EXPECT_NE(problem("json_deep=1").find("usage: read command line: --limit json_deep=1: \"json_deep\" is unknown (known: manifest_bytes, "), std::string::npos) << problem("json_deep=1");
    EXPECT_NE(problem("json_deep=1").find("did you mean \"json_depth\"?"), std::string::npos) << problem("json_deep=1");
    for (const char* each : {"", "=", "json_depth", "json_depth=", "=5", "json_depth: 5", "json_depth=5: 6", "json_depth=5\nx=3", "a b=3", "json_depth=&a"})
        EXPECT_NE(problem(each).find("it is not KEY=VALUE; write it as json_depth=128"), std::string::npos) << each << ": " << problem(each);
    for (const char* each : {"json_depth=x", "json_depth=0", "rpm_header_entries=100GiB", "json_depth=true", "json_depth=99999999999999999999999"}) EXPECT_TRUE(problem(each).starts_with("usage: ")) << each << ": " << problem(each);
}

}  // namespace
}  // namespace veritag::config
