#include "base/error.h"
#include "base/result.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace veritag {
namespace {

TEST(Error, MessageLeavesOutEmptyParts) {
    EXPECT_EQ((Error{ErrorCode::io, "open file", "a.txt", "no such file", "check the name"}).message(), "open file: a.txt: no such file; check the name");
    EXPECT_EQ((Error{ErrorCode::io, "open file", "", "", ""}).message(), "open file");
    EXPECT_EQ((Error{ErrorCode::io, "open file", "", "denied", ""}).message(), "open file: denied");
}

TEST(Error, AtPutsTheOuterPlaceInFront) {
    const Error inner{ErrorCode::malformed, "read", "@12", "x", ""};
    EXPECT_EQ(inner.at("layer 2").at("image").message(), "read: image layer 2 @12: x");
    EXPECT_EQ((Error{ErrorCode::malformed, "read", "", "x", ""}).at("layer 2").where, "layer 2");
}

TEST(ErrorCode, NamesAreDistinct) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) names.insert(to_string(static_cast<ErrorCode>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::internal) + 1);
    EXPECT_EQ(to_string(ErrorCode::digest_mismatch), "digest-mismatch");
}

Result<int> half(int value) {
    if (value % 2 != 0) return Error{ErrorCode::malformed, "halve", "", std::to_string(value), ""};
    return value / 2;
}
Result<int> quarter(int value) {
    VERITAG_TRY(const int once, half(value));
    VERITAG_CHECK(half(once));
    return half(once);
}

TEST(Result, TryHandsTheErrorOn) {
    EXPECT_EQ(*quarter(8), 2);
    EXPECT_EQ(quarter(6).error().saw, "3");
    EXPECT_EQ(quarter(5).error().saw, "5");
}

}  // namespace
}  // namespace veritag
