#include "certificates.h"
#include "mock_registry.h"
#include "outbound/fetch.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace veritag::outbound {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using test::MockTls;
using test::reply;

MockReply hello(const MockRequest&) { return reply(200, "hello", {{"X-Kind", "greeting"}}); }

HttpRequest request_to(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.allow_internal = true;
    request.timeout = 20s;
    return request;
}

std::string told(const Result<HttpReply>& reply) {
    if (!reply) return std::string(to_string(reply.error().code)) + ": " + reply.error().message();
    return std::to_string(reply->status) + " " + reply->body;
}

std::string fetched(const HttpRequest& request) { return told(fetch(request, {})); }

// Proxy variables of the machine must not decide a test.
class Fetch : public testing::Test {
protected:
    void SetUp() override {
        for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}) ::unsetenv(name);
    }
    void TearDown() override {
        for (const char* name : {"http_proxy", "https_proxy"}) ::unsetenv(name);
    }
};

TEST_F(Fetch, GetsStatusHeadersAndBody) {
    MockServer server(hello);
    const Result<HttpReply> got = fetch(request_to(server.url("/a/b?c=d")), {});
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 200U);
    EXPECT_EQ(got->body, "hello");
    EXPECT_EQ(got->header("x-kind"), "greeting");
    EXPECT_EQ(got->header("x-other"), "");
    ASSERT_EQ(server.requests().size(), 1U);
    const MockRequest sent = server.requests()[0];
    EXPECT_EQ(sent.method, "GET");
    EXPECT_EQ(sent.target, "/a/b?c=d");
    EXPECT_EQ(sent.header("host"), server.host());
    EXPECT_TRUE(sent.header("user-agent").starts_with("veritag/")) << sent.header("user-agent");
    EXPECT_EQ(sent.header("accept-encoding"), "");  // nothing comes compressed, so nothing inflates
}

struct MethodCase {
    const char* method;
    const char* body;
    const char* length;  // Content-Length as it arrives
};
void PrintTo(const MethodCase& c, std::ostream* out) { *out << c.method; }
class Methods : public testing::TestWithParam<MethodCase> {};
TEST_P(Methods, SendMethodAndBody) {
    MockServer server([](const MockRequest&) { return reply(204); });
    HttpRequest request = request_to(server.url("/x"));
    request.method = GetParam().method;
    request.body = GetParam().body;
    request.headers = {{"X-Empty", ""}, {"X-Two", "a: b"}};
    EXPECT_EQ(fetched(request), "204 ");
    ASSERT_EQ(server.requests().size(), 1U);
    const MockRequest sent = server.requests()[0];
    EXPECT_EQ(sent.method, GetParam().method);
    EXPECT_EQ(sent.body, GetParam().body);
    EXPECT_EQ(sent.header("content-length"), GetParam().length);
    EXPECT_EQ(sent.headers.count("content-type"), 0U);
    EXPECT_EQ(sent.headers.count("expect"), 0U);
    EXPECT_EQ(sent.headers.count("x-empty"), 1U);
    EXPECT_EQ(sent.header("x-two"), "a: b");
}
INSTANTIATE_TEST_SUITE_P(Table, Methods,
                         testing::Values(MethodCase{"GET", "", ""}, MethodCase{"HEAD", "", ""}, MethodCase{"POST", "{}", "2"}, MethodCase{"POST", "", "0"},
                                         MethodCase{"PUT", "x", "1"}, MethodCase{"PATCH", "xyz", "3"}, MethodCase{"DELETE", "", ""}, MethodCase{"DELETE", "why", "3"}),
                         [](const auto& each) { return std::string(each.param.method) + std::to_string(std::strlen(each.param.body)); });

TEST_F(Fetch, BinaryBodiesArriveWhole) {
    std::string body;
    for (int i = 0; i < 70'000; ++i) body += static_cast<char>(i * 7);
    MockServer server([](const MockRequest& request) { return reply(200, request.body); });
    HttpRequest request = request_to(server.url("/"));
    request.method = "POST";
    request.body = body;
    const auto got = fetch(request, {});
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_TRUE(got->body == body);
}

TEST_F(Fetch, EveryStatusIsAnAnswer) {
    for (const int status : {201, 302, 404, 429, 500}) {
        MockServer server([&](const MockRequest&) { return reply(status, "b", {{"Location", "/elsewhere"}}); });
        EXPECT_EQ(fetched(request_to(server.url("/"))), std::to_string(status) + " b");
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST_F(Fetch, InternalAddressesAreRefusedUnlessAllowed) {
    MockServer server(hello);
    for (const std::string& host : {std::string("127.0.0.1"), std::string("localhost")}) {
        HttpRequest request = request_to("http://" + host + ":" + std::to_string(server.port()) + "/token-in-path?SECRET");
        request.allow_internal = false;
        const std::string text = fetched(request);
        EXPECT_TRUE(text.starts_with("config: send request: GET " + host + ":" + std::to_string(server.port()) + ": ")) << text;
        EXPECT_NE(text.find("is an internal address; allow internal addresses for this target if that is meant"), std::string::npos) << text;
        EXPECT_EQ(text.find("SECRET"), std::string::npos);
        EXPECT_EQ(text.find("token-in-path"), std::string::npos);
    }
    EXPECT_EQ(server.connections(), 0);
    for (const char* url : {"http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://[fd00::1]/", "http://2130706433/",
                            "http://0x7f.1/"}) {
        HttpRequest request = request_to(url);
        request.allow_internal = false;
        request.timeout = 5s;
        EXPECT_TRUE(fetched(request).starts_with("config: ")) << url << ": " << fetched(request);
    }
}

TEST_F(Fetch, RedirectsAreNotFollowed) {
    MockServer server([](const MockRequest&) { return reply(302, "", {{"Location", "http://169.254.169.254/latest/meta-data/"}}); });
    EXPECT_EQ(fetched(request_to(server.url("/"))), "302 ");
    HttpRequest willing = request_to(server.url("/"));
    willing.redirects = 5;
    EXPECT_EQ(fetched(willing), "302 ");  // another origin is never followed
}

TEST_F(Fetch, RedirectsWithinTheOriginMayBeFollowed) {
    MockServer server([](const MockRequest& request) {
        if (request.path() == "/loop") return reply(301, "", {{"Location", "/loop"}});
        if (request.path() == "/old") return reply(301, "moved", {{"Location", "new?x=1"}});
        if (request.path() == "/kept") return reply(307, "", {{"Location", "/new"}});
        return reply(200, request.method + " " + request.target + " " + request.body + " " + request.header("authorization"));
    });
    HttpRequest request = request_to(server.url("/old"));
    request.redirects = 3;
    request.headers = {{"Authorization", "Bearer t"}};
    EXPECT_EQ(fetched(request), "200 GET /new?x=1  Bearer t");
    request.method = "POST";
    request.body = "b";
    EXPECT_EQ(fetched(request), "301 moved");  // would become a GET
    request.url = server.url("/kept");
    EXPECT_EQ(fetched(request), "200 POST /new b Bearer t");
    const std::size_t before = server.requests().size();
    request = request_to(server.url("/loop"));
    request.redirects = 3;
    EXPECT_EQ(fetched(request), "301 ");
    EXPECT_EQ(server.requests().size() - before, 4U);
}

TEST_F(Fetch, LongAnswersAreErrors) {
    MockServer server([](const MockRequest& request) {
        MockReply made = reply(200, std::string(2000, 'x'));
        made.chunked = request.path() == "/chunked";
        if (request.path() == "/headers")
            for (int i = 0; i < 20; ++i) made.headers.emplace_back("X-" + std::to_string(i), std::string(5000, 'h'));
        return made;
    });
    HttpRequest request = request_to(server.url("/"));
    request.reply_bytes = 2000;
    EXPECT_TRUE(fetched(request).starts_with("200 xxx"));
    request.reply_bytes = 1999;
    const std::string where = "GET " + server.host();
    EXPECT_EQ(fetched(request), "over-limit: read the answer: " + where + ": body over 1999 bytes; raise reply_bytes if this server is trusted");
    request.url = server.url("/chunked");
    EXPECT_TRUE(fetched(request).starts_with("over-limit: "));
    request.url = server.url("/headers");
    request.reply_bytes = 1 << 20;
    EXPECT_EQ(fetched(request), "over-limit: read the answer: " + where + ": headers over 65536 bytes");
}

TEST_F(Fetch, CutAndSilentAnswersAreErrors) {
    MockServer server([](const MockRequest& request) {
        MockReply made = reply(200, "half");
        made.close_at_once = request.path() == "/close";
        if (request.path() == "/cut") made.declared_length = 100;
        made.stall = request.path() == "/stall";
        if (made.stall) made.declared_length = 100;
        return made;
    });
    EXPECT_TRUE(fetched(request_to(server.url("/close"))).starts_with("network: ")) << fetched(request_to(server.url("/close")));
    EXPECT_TRUE(fetched(request_to(server.url("/cut"))).starts_with("network: ")) << fetched(request_to(server.url("/cut")));
    HttpRequest request = request_to(server.url("/stall"));
    request.timeout = 300ms;
    EXPECT_EQ(fetched(request), "timeout: send request: GET " + server.host() + ": no answer in time");
}

TEST_F(Fetch, NobodyListening) {
    int port = 0;
    { MockServer gone(hello); port = gone.port(); }
    const std::string text = fetched(request_to("http://127.0.0.1:" + std::to_string(port) + "/SECRET?SECRET"));
    EXPECT_TRUE(text.starts_with("network: send request: GET 127.0.0.1:")) << text;
    EXPECT_EQ(text.find("SECRET"), std::string::npos) << text;
}

TEST_F(Fetch, AStopEndsTheWait) {
    MockServer server([](const MockRequest&) {
        MockReply made = reply(200, "x");
        made.declared_length = 100;
        made.stall = true;
        return made;
    });
    std::stop_source stop;
    const std::jthread later([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    const std::string text = told(fetch(request_to(server.url("/")), stop.get_token()));
    EXPECT_EQ(text, "cancelled: send request: GET " + server.host() + ": stopped on request");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    std::stop_source before;
    before.request_stop();
    EXPECT_TRUE(told(fetch(request_to(server.url("/")), before.get_token())).starts_with("cancelled: "));
}

struct BadCase {
    const char* name;
    HttpRequest request;
    const char* told;
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }
class BadRequests : public testing::TestWithParam<BadCase> {};
TEST_P(BadRequests, AreConfigErrors) { EXPECT_EQ(fetched(GetParam().request), GetParam().told); }
const char* const kUrlHint = "; a URL here is http://host[:port]/path or https://…, without user and password";
const std::string kUserInfo = std::string("config: send request: it holds user information, which is not followed") + kUrlHint;
const std::string kScheme = std::string("config: send request: neither http:// nor https:// stands in front") + kUrlHint;
INSTANTIATE_TEST_SUITE_P(
    Table, BadRequests,
    testing::Values(BadCase{"UserInfo", {.url = "https://u:SECRET@h/"}, kUserInfo.c_str()}, BadCase{"File", {.url = "file:///etc/passwd"}, kScheme.c_str()},
                    BadCase{"Gopher", {.url = "gopher://h/"}, kScheme.c_str()},
                    BadCase{"Method", {.method = "GET / HTTP/1.1\r\nX: y", .url = "http://h/"},
                            "config: send request: h: \"GET / HTTP/1.1\\x0d\\x0aX: y\" is no HTTP method"},
                    BadCase{"HeaderName", {.url = "http://h/", .headers = {{"A B", "c"}}}, "config: send request: GET h: \"A B\" is no header name"},
                    BadCase{"HeaderInjection", {.url = "http://h/", .headers = {{"A", "SECRET\r\nEvil: 1"}}}, "config: send request: GET h: the value of header A holds control characters"},
                    BadCase{"HeaderNul", {.url = "http://h/", .headers = {{"A", std::string("b\0c", 3)}}}, "config: send request: GET h: the value of header A holds control characters"},
                    BadCase{"RelativeSocket", {.url = "http://h/", .unix_socket = "run/x"}, "config: send request: GET h: run/x is no path of a socket (absolute, at most 107 bytes)"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(Fetch, UnixSockets) {
    std::string pattern = (std::filesystem::temp_directory_path() / "veritag-socket-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(pattern.data());
    const std::string path = (folder / "s").string();
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    std::string head;
    std::thread server([&] {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        char block[1024];
        while (head.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(fd, block, sizeof block, 0);
            if (got <= 0) break;
            head.append(block, static_cast<std::size_t>(got));
        }
        const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";
        (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(fd);
    });
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);  // has no say here
    HttpRequest request = request_to("http://veritag/api/v1/audits");
    request.allow_internal = false;
    request.unix_socket = path;
    EXPECT_EQ(fetched(request), "200 yes");
    server.join();
    EXPECT_TRUE(head.starts_with("GET /api/v1/audits HTTP/1.1\r\n")) << head;
    EXPECT_NE(head.find("Host: veritag\r\n"), std::string::npos) << head;
    ::close(listener);
    std::filesystem::remove_all(folder);
}

TEST_F(Fetch, ThreadsDoNotDisturbEachOther) {
    MockServer server([](const MockRequest& request) { return reply(200, request.target); });
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                for (int k = 0; k < 10; ++k) {
                    const std::string target = "/" + std::to_string(i) + "/" + std::to_string(k);
                    right += fetched(request_to(server.url(target))) == "200 " + target ? 1 : 0;
                }
            });
    }
    EXPECT_EQ(right, 80);
}

TEST_F(Fetch, PlainRequestsGoThroughTheProxy) {
    MockServer proxy([](const MockRequest& request) { return reply(200, "by proxy to " + request.target); });
    ::setenv("http_proxy", ("http://user:pass@" + proxy.host()).c_str(), 1);
    HttpRequest request = request_to("http://hooks.example/x");
    request.allow_internal = false;  // judged for the target, not for the proxy
    request.headers = {{"Authorization", "Bearer t"}};
    EXPECT_EQ(fetched(request), "200 by proxy to http://hooks.example/x");
    EXPECT_EQ(proxy.requests()[0].header("proxy-authorization"), "Basic dXNlcjpwYXNz");
    request.url = "http://metadata.google.internal/x";
    EXPECT_EQ(fetched(request), "config: send request: GET metadata.google.internal: the host is an internal one; allow internal addresses for this target if that is meant");
    request.url = "http://169.254.169.254/x";
    EXPECT_TRUE(fetched(request).starts_with("config: "));
    EXPECT_EQ(proxy.requests().size(), 1U);
}

class FetchTls : public Fetch {
protected:
    static void SetUpTestSuite() {
        files_ = new test::Certificates;
        files_->certificate("good", "IP:127.0.0.1,DNS:localhost,DNS:hooks.example");
        files_->certificate("wrong", "DNS:elsewhere.example");
    }
    static void TearDownTestSuite() { delete files_; }
    static MockTls certificate(const std::string& name) { return {files_->path(name + ".pem"), files_->path(name + ".key")}; }
    static HttpRequest trusting(const std::string& url, const std::string& ca = "ca.pem") {
        HttpRequest request = request_to(url);
        request.ca_file = files_->path(ca);
        return request;
    }
    static inline test::Certificates* files_ = nullptr;
};

TEST_F(FetchTls, PrivateCaIsTrustedByFile) {
    MockServer server(hello, certificate("good"));
    EXPECT_EQ(fetched(trusting(server.url("/"))), "200 hello");
    const std::string text = fetched(request_to(server.url("/SECRET")));
    EXPECT_TRUE(text.starts_with("tls: send request: GET " + server.host() + ": ")) << text;
    EXPECT_NE(text.find("unable to get local issuer certificate"), std::string::npos) << text;
    EXPECT_EQ(text.find("SECRET"), std::string::npos) << text;
    EXPECT_TRUE(fetched(trusting(server.url("/"), "other.pem")).starts_with("tls: "));
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(FetchTls, OtherNamesAreRefused) {
    MockServer server(hello, certificate("wrong"));
    EXPECT_TRUE(fetched(trusting(server.url("/"))).starts_with("tls: ")) << fetched(trusting(server.url("/")));
    EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(FetchTls, UnreadableCaFileIsAConfigError) {
    MockServer server(hello, certificate("good"));
    EXPECT_EQ(fetched(trusting(server.url("/"), "absent.pem")),
              "config: send request: GET " + server.host() + ": " + files_->path("absent.pem") + " cannot be read as PEM certificates");
    EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(FetchTls, TunnelsThroughTheProxyAndKeepsItsSecretsFromIt) {
    MockServer server(hello, certificate("good"));
    bool refuse = false;
    MockServer proxy([&](const MockRequest&) {
        MockReply tunnel = reply(407);
        if (!refuse) tunnel.tunnel_to = server.port();
        return tunnel;
    });
    ::setenv("https_proxy", ("http://user:pass@" + proxy.host()).c_str(), 1);
    HttpRequest request = trusting("https://hooks.example/x");
    request.headers = {{"Authorization", "Bearer SECRET"}};
    EXPECT_EQ(fetched(request), "200 hello");
    ASSERT_EQ(proxy.requests().size(), 1U);
    EXPECT_EQ(proxy.requests()[0].target, "hooks.example:443");
    EXPECT_EQ(proxy.requests()[0].header("authorization"), "");
    EXPECT_EQ(proxy.requests()[0].header("proxy-authorization"), "Basic dXNlcjpwYXNz");
    ASSERT_EQ(server.requests().size(), 1U);
    EXPECT_EQ(server.requests()[0].header("authorization"), "Bearer SECRET");
    EXPECT_EQ(server.requests()[0].header("proxy-authorization"), "");
    refuse = true;
    EXPECT_EQ(fetched(request), "network: send request: GET hooks.example: the proxy answered HTTP 407 to CONNECT");
}

}  // namespace
}  // namespace veritag::outbound
