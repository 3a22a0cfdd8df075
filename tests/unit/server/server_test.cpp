// What clients that keep to the rules get.
#include "fixture.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace veritag::server::test {
namespace {

TEST_F(ServerTest, AnswersWithWhatEveryReplyCarries) {
    start();
    Client client(port());
    const auto reply = client.ask(get("/a/b"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "GET /a/b ");
    EXPECT_EQ(reply->header("Content-Type"), "text/plain");
    EXPECT_EQ(reply->header("Content-Length"), "9");
    EXPECT_EQ(reply->header("Date").size(), 29U);
    EXPECT_EQ(reply->header("X-Request-Id").size(), 32U);
    EXPECT_EQ(reply->header("Server"), "");
    EXPECT_EQ(reply->header("Connection"), "");
}

TEST_F(ServerTest, KeepsTheConnection) {
    start();
    Client client(port());
    for (int i = 0; i < 20; ++i) ASSERT_EQ(client.ask(get("/" + std::to_string(i)))->body, "GET /" + std::to_string(i) + " ");
    EXPECT_EQ(server->counters().connections_accepted, 1U);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    handler.on_request = [](const Request& request) {
        if (request.target.path == "/0") std::this_thread::sleep_for(50ms);
        return reply(200, "text/plain", request.target.path + request.body);
    };
    start();
    Client client(port());
    std::string all;
    for (int i = 0; i < 50; ++i) all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
    ASSERT_TRUE(client.send(all));
    for (int i = 0; i < 50; ++i) ASSERT_EQ(client.receive()->body, "/" + std::to_string(i) + "ab");
}

TEST_F(ServerTest, TakesARequestByteByByte) {
    start();
    Client client(port());
    for (const char c : std::string("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
    EXPECT_EQ(client.receive()->body, "POST /x abc");
}

TEST_F(ServerTest, ReadsLargeBodies) {
    options.limits.body_bytes = 3 << 20;
    handler.on_request = [](const Request& request) { return reply(200, "application/octet-stream", request.body); };
    start();
    std::string body;
    for (int i = 0; body.size() < 3 << 20; ++i) body += std::to_string(i);
    body.resize(3 << 20);
    Client client(port());
    std::thread sender([&] { client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body); });
    const auto whole = client.receive();
    sender.join();
    ASSERT_TRUE(whole);
    EXPECT_TRUE(whole->body == body);

    std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 1 << 16) chunked += "10000;part=" + std::to_string(at) + "\r\n" + body.substr(at, 1 << 16) + "\r\n";
    chunked += "0\r\nTrailer-Field: dropped\r\n\r\n";
    std::thread chunker([&] { client.send(chunked); });
    const auto again = client.receive();
    chunker.join();
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->body == body);
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
    start();
    Client client(port());
    const auto reply = client.ask("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->header("Content-Length"), "8");
    EXPECT_EQ(client.ask(get("/b"))->body, "GET /b ");  // nothing of a body lay in between
}

TEST_F(ServerTest, NoContentHasNoLength) {
    handler.on_request = [](const Request&) { return no_content(); };
    start();
    Client client(port());
    const auto reply = client.ask(get("/"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 204);
    EXPECT_FALSE(reply->headers.contains("content-length"));
    EXPECT_EQ(client.ask(get("/"))->status, 204);
}

struct CloseRow {
    const char* name;
    const char* request;
    const char* connection;  ///< the reply's field
    bool ends;
};
class Closing : public ServerTest, public testing::WithParamInterface<CloseRow> {};
TEST_P(Closing, AsTheClientWants) {
    start();
    Client client(port());
    const auto reply = client.ask(GetParam().request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->header("Connection"), GetParam().connection);
    if (GetParam().ends)
        EXPECT_TRUE(client.ends_within(2s));
    else
        EXPECT_EQ(client.ask(get("/again"))->status, 200);
}
INSTANTIATE_TEST_SUITE_P(Requests, Closing,
                         testing::Values(CloseRow{"Http11", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "", false},
                                         CloseRow{"Http11Close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "close", true},
                                         CloseRow{"Http11CloseInAList", "GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n", "close", true},
                                         CloseRow{"Http10", "GET / HTTP/1.0\r\n\r\n", "close", true},
                                         CloseRow{"Http10KeepAlive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive", false},
                                         CloseRow{"Upgrade", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "", false}),
                         [](const auto& row) { return row.param.name; });

TEST_F(ServerTest, HandlersMayEndTheConnection) {
    handler.on_request = [](const Request&) {
        Response response = no_content();
        response.close = true;
        return response;
    };
    start();
    Client client(port());
    EXPECT_EQ(client.ask(get("/"))->header("Connection"), "close");
    EXPECT_TRUE(client.ends_within(2s));
}

TEST_F(ServerTest, AnswersAClientThatSendsNoMore) {
    start();
    Client client(port());
    client.send(get("/"));
    client.finish_sending();
    EXPECT_EQ(client.receive()->status, 200);
    EXPECT_TRUE(client.ends_within(2s));
}

TEST_F(ServerTest, HandsTheRequestOn) {
    std::optional<Request> seen;
    handler.on_request = [&](const Request& request) {
        seen = request;
        return no_content();
    };
    handler.on_admit = [](const RequestHead& head) {
        Admission admission;
        admission.attachment = std::string("who ") + std::string(head.headers.get("authorization"));
        return admission;
    };
    start();
    Client client(port());
    const auto before = std::chrono::system_clock::now();
    const auto reply = client.ask(
        "PUT /x%2Fy/z?a=1&b=%C3%A9+c&a=2 HTTP/1.1\r\nhost: h\r\nAuthorization: me\r\nX-Request-Id: abc-1\r\nAccept: a\r\nACCEPT: b\r\n"
        "Content-Length: 3\r\n\r\nxyz");
    ASSERT_TRUE(reply && seen);
    EXPECT_EQ(reply->header("X-Request-Id"), "abc-1");
    EXPECT_EQ(seen->id, "abc-1");
    EXPECT_EQ(seen->method, "PUT");
    EXPECT_EQ(seen->raw_target, "/x%2Fy/z?a=1&b=%C3%A9+c&a=2");
    EXPECT_EQ(seen->target.path, "/x%2Fy/z");
    EXPECT_EQ(seen->target.segments, (std::vector<std::string>{"x/y", "z"}));
    EXPECT_EQ(seen->target.query.first("b"), "é c");
    EXPECT_EQ(seen->target.query.all("a"), (std::vector<std::string_view>{"1", "2"}));
    EXPECT_EQ(seen->headers.all("accept"), (std::vector<std::string_view>{"a", "b"}));
    EXPECT_EQ(seen->content_length, 3U);
    EXPECT_EQ(seen->body, "xyz");
    EXPECT_EQ(std::any_cast<std::string>(seen->attachment), "who me");
    EXPECT_EQ(seen->peer.address, "127.0.0.1");
    EXPECT_NE(seen->peer.port, 0);
    EXPECT_FALSE(seen->peer.process || seen->peer.tls);
    EXPECT_GE(seen->received, before);
}

TEST_F(ServerTest, ReplacesRequestIdsThatAreNotClean) {
    start();
    Client client(port());
    for (const std::string& bad : {std::string("a b"), std::string("<x>"), std::string(65, 'a'), std::string()}) {
        const auto reply = client.ask(get("/", "X-Request-Id: " + bad + "\r\n"));
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->header("X-Request-Id").size(), 32U) << bad;
    }
}

TEST_F(ServerTest, AnExceptionIsA500AndTheServerGoesOn) {
    handler.on_request = [](const Request& request) -> Response {
        if (request.target.path == "/throw") throw std::runtime_error("no such thing");
        if (request.target.path == "/throw-int") throw 7;
        if (request.target.path == "/bad-field") {
            Response response = no_content();
            response.headers.add("Location", "/a\r\nSet-Cookie: evil=1");
            return response;
        }
        Response response = no_content();
        response.status = 99;
        return response;
    };
    start();
    Client client(port());
    testing::internal::CaptureStderr();
    for (const char* path : {"/throw", "/throw-int", "/bad-field", "/bad-status"}) {
        const auto reply = client.ask(get(path, "X-Request-Id: id-7\r\n"));
        ASSERT_TRUE(reply) << path;
        EXPECT_EQ(reply->status, 500) << path;
        EXPECT_EQ(reply->header("Content-Type"), "application/problem+json");
        EXPECT_EQ(reply->body, R"({"type":"about:blank","title":"Internal Server Error","status":500,"requestId":"id-7"})");
    }
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(logged.begin(), logged.end(), '\n'), 4) << logged;
    EXPECT_NE(logged.find("no such thing"), std::string::npos);
    EXPECT_NE(logged.find("id-7"), std::string::npos);
}

TEST_F(ServerTest, AnExceptionInAdmitIsA500) {
    handler.on_admit = [](const RequestHead& head) -> Admission {
        if (head.target.path == "/throw") throw std::runtime_error("no table");
        return {};
    };
    start();
    Client client(port());
    testing::internal::CaptureStderr();
    EXPECT_EQ(client.ask(get("/throw"))->status, 500);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("no table"), std::string::npos);
    EXPECT_EQ(client.ask(get("/"))->status, 200);
}

TEST_F(ServerTest, AdmitRefusesBeforeTheBodyIsSent) {
    handler.on_admit = [](const RequestHead& head) -> Admission {
        if (head.headers.get("Authorization").empty()) {
            Response response = problem(401);
            response.headers.add("WWW-Authenticate", "Bearer");
            return response;
        }
        return {};
    };
    start();
    const std::string expecting = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n";
    Client stranger(port());
    const auto refused_reply = stranger.ask(expecting + "\r\n");
    ASSERT_TRUE(refused_reply);
    EXPECT_EQ(refused_reply->status, 401);
    EXPECT_EQ(refused_reply->header("Connection"), "close");
    EXPECT_TRUE(stranger.ends_within(3s));

    Client known(port());
    const auto interim = known.ask(expecting + "Authorization: me\r\n\r\n");
    ASSERT_TRUE(interim);
    EXPECT_EQ(interim->status, 100);
    EXPECT_EQ(known.ask("body")->body, "POST / body");
    EXPECT_EQ(known.ask(expecting + "Authorization: me\r\n\r\nbody")->body, "POST / body");  // who does not wait needs no 100
}

TEST_F(ServerTest, ASmallBodyThatNobodyWantsIsReadPast) {
    handler.on_admit = [](const RequestHead& head) { return head.target.path == "/ok" ? Admission() : Admission(problem(404)); };
    start();
    Client client(port());
    ASSERT_EQ(client.ask("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789")->status, 404);
    ASSERT_EQ(client.ask("POST /no HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n")->status, 404);
    EXPECT_EQ(client.ask(get("/ok"))->status, 200);
    const auto last = client.ask("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n0123456789");
    EXPECT_EQ(last->status, 404);
    EXPECT_EQ(last->header("Connection"), "close");
}

TEST_F(ServerTest, PacksTextsForClientsThatTakeIt) {
    const auto text = std::make_shared<const std::string>(5000, 'a');
    handler.on_request = [&](const Request&) {
        Response response = reply(200, "text/html; charset=utf-8", text);
        response.headers.add("ETag", "\"v1\"");
        return response;
    };
    start();
    Client client(port());
    const auto plain = client.ask(get("/"));
    EXPECT_EQ(plain->body, *text);
    EXPECT_EQ(plain->header("ETag"), "\"v1\"");
    EXPECT_EQ(plain->header("Vary"), "Accept-Encoding");
    const auto packed = client.ask(get("/", "Accept-Encoding: br, gzip\r\n"));
    EXPECT_EQ(packed->header("Content-Encoding"), "gzip");
    EXPECT_EQ(packed->header("ETag"), "W/\"v1\"");
    EXPECT_LT(packed->body.size(), 200U);
    const auto head = client.ask("HEAD / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(head->header("Content-Length"), std::to_string(packed->body.size()));
    const auto same = client.ask(get("/", "If-None-Match: W/\"v1\"\r\nAccept-Encoding: gzip\r\n"));
    EXPECT_EQ(same->status, 304);
    EXPECT_EQ(same->header("ETag"), "W/\"v1\"");
    EXPECT_FALSE(same->headers.contains("content-length"));
    EXPECT_EQ(client.ask(get("/", "If-None-Match: \"v2\"\r\n"))->status, 200);
}

TEST_F(ServerTest, Counts) {
    start();
    {
        Client client(port());
        client.ask(get("/"));
        client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
        client.ask("BREW / HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(server->counters().connections_open, 1U);
    }
    ASSERT_TRUE(soon([&] { return server->counters().connections_open == 0; }));
    const Counters counters = server->counters();
    EXPECT_EQ(counters.connections_accepted, 1U);
    EXPECT_EQ(counters.requests, (std::map<std::pair<std::string, unsigned>, std::uint64_t>{{{"GET", 200}, 1}, {{"POST", 200}, 1}, {{"-", 501}, 1}}));
    EXPECT_EQ(std::accumulate(counters.seconds.begin(), counters.seconds.end(), std::uint64_t{0}), 2U);
    EXPECT_GT(counters.seconds_sum, 0);
    EXPECT_GT(counters.bytes_in, 100U);
    EXPECT_GT(counters.bytes_out, 300U);
    EXPECT_EQ(counters.requests_in_work, 0U);
}

}  // namespace
}  // namespace veritag::server::test
