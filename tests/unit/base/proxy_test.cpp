#include "base/proxy.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace veritag {
namespace {

Environment environment_of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    };
}

std::string proxied(std::map<std::string, std::string> variables, const char* target) {
    const Result<Url> url = parse_url(target);
    if (!url) return url.error().message();
    const Result<std::optional<Proxy>> proxy = proxy_for(proxy_settings(environment_of(std::move(variables))), url->origin);
    if (!proxy) return proxy.error().message();
    if (!*proxy) return "direct";
    return (*proxy)->origin.authority() + ((*proxy)->authorization.empty() ? "" : " " + (*proxy)->authorization);
}

TEST(Proxies, AreChosenByScheme) {
    const std::map<std::string, std::string> both{{"HTTP_PROXY", "http://p1:3128"}, {"HTTPS_PROXY", "p2:3129/"}};
    EXPECT_EQ(proxied(both, "http://hub.example"), "p1:3128");
    EXPECT_EQ(proxied(both, "https://hub.example"), "p2:3129");
    EXPECT_EQ(proxied({{"ALL_PROXY", "http://p3:1"}}, "https://hub.example"), "p3:1");
    EXPECT_EQ(proxied({{"https_proxy", "http://low:1"}, {"HTTPS_PROXY", "http://UP:1"}}, "https://hub.example"), "low:1");
    EXPECT_EQ(proxied({}, "https://hub.example"), "direct");
}

TEST(Proxies, IgnoreARequestHeaderInCgi) {
    EXPECT_EQ(proxied({{"HTTP_PROXY", "http://evil:1"}, {"REQUEST_METHOD", "GET"}}, "http://hub.example"), "direct");
    EXPECT_EQ(proxied({{"http_proxy", "http://p:1"}, {"REQUEST_METHOD", "GET"}}, "http://hub.example"), "p:1");
}

TEST(Proxies, LoopbackIsNeverProxied) {
    for (const char* target : {"http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"})
        EXPECT_EQ(proxied({{"HTTP_PROXY", "http://p:1"}}, target), "direct") << target;
}

TEST(Proxies, CarryUserAndPassword) {
    EXPECT_EQ(proxied({{"HTTPS_PROXY", "http://us%40er:p%3Ass@p.example.:8080"}}, "https://h"), "p.example.:8080 Basic dXNAZXI6cDpzcw==");
}

TEST(Proxies, UnknownKindsAreErrorsWithoutThePassword) {
    EXPECT_EQ(proxied({{"HTTPS_PROXY", "socks5://u:SECRET@p:1080"}}, "https://h"),
              "read proxy setting: socks5://p:1080: only http:// proxies are supported; set it to http://[user:password@]host:port");
    EXPECT_EQ(proxied({{"HTTPS_PROXY", "http://p:x"}}, "https://h"),
              "read proxy setting: http://p:x: \"x\" is no port (1 to 65535); set it to http://[user:password@]host:port");
}

struct NoProxyCase {
    const char* name;
    const char* no_proxy;
    const char* target;
    bool bypasses;
};
class NoProxy : public testing::TestWithParam<NoProxyCase> {};
TEST_P(NoProxy, Decides) {
    const Result<Url> url = parse_url(GetParam().target);
    ASSERT_TRUE(url);
    EXPECT_EQ(bypasses_proxy(GetParam().no_proxy, url->origin), GetParam().bypasses);
}
INSTANTIATE_TEST_SUITE_P(Table, NoProxy,
                         testing::Values(NoProxyCase{"Exact", "a.example, hub.example", "https://hub.example", true},
                                         NoProxyCase{"Below", "example", "https://hub.example", true},
                                         NoProxyCase{"DotSuffix", ".example", "https://hub.example", true},
                                         NoProxyCase{"StarSuffix", "*.Example", "https://hub.example", true},
                                         NoProxyCase{"NotInsideAWord", "ub.example", "https://hub.example", false},
                                         NoProxyCase{"Star", "*", "https://hub.example", true},
                                         NoProxyCase{"PortSame", "hub.example:443", "https://hub.example", true},
                                         NoProxyCase{"PortOther", "hub.example:5000", "https://hub.example", false},
                                         NoProxyCase{"Address", "192.0.2.7", "https://192.0.2.7:5000", true},
                                         NoProxyCase{"Block", "192.0.2.0/24", "https://192.0.2.7", true},
                                         NoProxyCase{"BlockEdge", "192.0.2.0/29", "https://192.0.2.8", false},
                                         NoProxyCase{"BlockAll", "0.0.0.0/0", "https://8.8.8.8", true},
                                         NoProxyCase{"BlockNotNames", "0.0.0.0/0", "https://hub.example", false},
                                         NoProxyCase{"BadBlock", "192.0.2.0/33,x/8", "https://192.0.2.7", false},
                                         NoProxyCase{"Ipv6Block", "2001:db8::/32", "https://[2001:db8:1::1]", true},
                                         NoProxyCase{"Ipv6Port", "[2001:db8::1]:5000", "https://[2001:db8::1]:5000", true},
                                         NoProxyCase{"Ipv6Bare", "2001:db8::1", "https://[2001:db8:0::1]", true},
                                         NoProxyCase{"Empty", " , ", "https://hub.example", false}),
                         [](const testing::TestParamInfo<NoProxyCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veritag
