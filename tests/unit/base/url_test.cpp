#include "base/url.h"

#include <gtest/gtest.h>

namespace veritag {
namespace {

struct UrlCase {
    const char* name;
    const char* base;
    const char* reference;
    const char* reads;  // the URL, or the error's message
};
class Urls : public testing::TestWithParam<UrlCase> {};
TEST_P(Urls, Resolve) {
    const Result<Url> base = parse_url(GetParam().base);
    ASSERT_TRUE(base) << base.error().message();
    const Result<Url> url = resolve_url(*base, GetParam().reference);
    EXPECT_EQ(url ? url->str() : url.error().message(), GetParam().reads);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Urls,
    testing::Values(
        UrlCase{"Absolute", "https://a/x", "HTTP://B.Example:80/y?z#f", "http://b.example/y?z"},
        UrlCase{"PathOnly", "https://a:444/x/y?q", "/z?r=1", "https://a:444/z?r=1"},
        UrlCase{"NoPath", "https://a/x", "https://b", "https://b/"}, UrlCase{"QueryNoPath", "https://a/x", "https://b?c", "https://b/?c"},
        UrlCase{"SchemeRelative", "http://a/x", "//b/y", "http://b/y"}, UrlCase{"QueryOnly", "https://a/x/y?q", "?r", "https://a/x/y?r"},
        UrlCase{"Relative", "https://a/x/y/z", "../t?u=/../v", "https://a/x/t?u=/../v"},
        UrlCase{"RelativeAboveRoot", "https://a/x", "../../t", "https://a/t"}, UrlCase{"RelativeDot", "https://a/x/y", ".", "https://a/x/"},
        UrlCase{"Ipv6", "https://[::1]:5000/x", "/y", "https://[::1]:5000/y"},
        UrlCase{"IllegalBytesEncoded", "https://a/x", "/y z\r\nH: \xc3\xa9|?last=a b", "https://a/y%20z%0D%0AH:%20%C3%A9%7C?last=a%20b"},
        UrlCase{"EscapesKept", "https://a/x", "/a%2Fb?X-Sig=%2B+/=", "https://a/a%2Fb?X-Sig=%2B+/="},
        UrlCase{"UserInfo", "https://a/x", "https://u:SECRET@b/y?SECRET",
                "read URL: https://b/y: it holds user information, which is not followed"},
        UrlCase{"OtherScheme", "https://a/x", "file:///etc/passwd",
                "read URL: file:///etc/passwd: neither http:// nor https:// stands in front"},
        UrlCase{"BadPort", "https://a/x", "https://b:70000/", "read URL: https://b:70000/: \"70000\" is no port (1 to 65535)"},
        UrlCase{"BadHost", "https://a/x", "https://b c/", "read URL: https://b c/: \"b c\" is no host name"},
        UrlCase{"NoHost", "https://a/x", "https:///y", "read URL: https:///y: \"\" is no host name"},
        UrlCase{"BadIpv6", "https://a/x", "https://[zz]/", "read URL: https://[zz]/: the host is no IPv6 address"},
        UrlCase{"OpenBracket", "https://a/x", "https://[::1/", "read URL: https://[::1/: \"[\" without \"]\" in the host"},
        UrlCase{"Empty", "https://a/x", " ", "read URL: it is empty"}),
    [](const testing::TestParamInfo<UrlCase>& each) { return each.param.name; });

TEST(UrlText, ForMessagesHasNoQuery) {
    const Result<Url> url = parse_url("https://cdn.example:8443/blob?X-Amz-Signature=SECRET");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->for_messages(), "cdn.example:8443/blob");
}

TEST(UrlText, LoopbackHosts) {
    EXPECT_TRUE(is_loopback_host("127.9.9.9"));
    EXPECT_TRUE(is_loopback_host("::1"));
    EXPECT_TRUE(is_loopback_host("Localhost"));
    EXPECT_FALSE(is_loopback_host("10.0.0.1"));
    EXPECT_FALSE(is_loopback_host("notlocalhost"));
}

}  // namespace
}  // namespace veritag
