// Base64 and percent-encoding.
#include "base/base64.h"
#include "base/percent.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace veritag {
namespace {

TEST(Base64, GoesBothWays) {
    const std::map<std::string, std::string> pairs{{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                   {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
    for (const auto& [plain, text] : pairs) {
        EXPECT_EQ(base64_encode(plain), text);
        EXPECT_EQ(base64_decode(text), plain);
    }
    EXPECT_EQ(base64_decode(" Zm8 \n"), "fo");
    for (const char* bad : {"Z", "Zm9v!", "Zg=a", "====", "Zm-_"}) EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
}

TEST(Base64, MakesBasicCredentials) { EXPECT_EQ(basic_authorization("robot$x", "a:b"), "Basic cm9ib3QkeDphOmI="); }

TEST(PercentEncoding, GoesBothWays) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(form_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("a-._~Z9 +/"), "a-._~Z9%20%2B%2F");
}

TEST(PercentEncoding, LeavesBrokenEscapesAlone) {
    for (const char* text : {"%", "%4", "100%", "%zz", "a%4g"}) EXPECT_EQ(percent_decode(text), text) << text;
    EXPECT_EQ(percent_decode("%%41"), "%A");
}

TEST(PercentEncoding, ReadsPlusAsASpaceInFormsOnly) {
    EXPECT_EQ(form_decode("a+b%2Bc"), "a b+c");
    EXPECT_EQ(percent_decode("a+b%2Bc"), "a+b+c");
}

}  // namespace
}  // namespace veritag
