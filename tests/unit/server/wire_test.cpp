// Raw bytes in, the status out; and the connection ends where what follows cannot be trusted.
#include "fixture.h"

namespace veritag::server::test {
namespace {

struct Row {
    const char* name;
    std::string bytes;
    int status;
    bool ends = true;
};
std::string post(const std::string& fields, const std::string& body = {}) { return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body; }

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class OnTheWire : public ServerTest, public testing::WithParamInterface<Row> {};
TEST_P(OnTheWire, IsAnsweredOnce) {
    options.limits.body_bytes = 100;
    options.limits.header_bytes = 1000;
    start();
    Client client(port());
    ASSERT_TRUE(client.send(GetParam().bytes));
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, GetParam().status) << reply->body;
    EXPECT_EQ(reply->header("Connection"), GetParam().ends ? "close" : "");
    if (GetParam().status >= 400) {
        EXPECT_EQ(reply->header("Content-Type"), "application/problem+json");
        EXPECT_NE(reply->body.find(R"("requestId":")" + reply->header("X-Request-Id")), std::string::npos) << reply->body;
    }
    if (GetParam().ends) {
        EXPECT_TRUE(client.ends_within(2s));
        EXPECT_EQ(client.buffer, "");  // one reply, and no second request was seen in what followed
    } else {
        EXPECT_EQ(client.ask(get("/again"))->status, 200);
    }
}

const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Bytes, OnTheWire,
    testing::Values(
        Row{"Good", post("Content-Length: 3\r\n", "abc"), 200, false}, Row{"EmptyLineBetween", "\r\n" + post(""), 200, false},
        Row{"LengthAndChunked", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kSmuggled), 400},
        Row{"ChunkedAndLength", post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\n" + kSmuggled), 400},
        Row{"TwoLengths", post("Content-Length: 0\r\nContent-Length: 40\r\n", kSmuggled), 400},
        Row{"ChunkedHidden", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + kSmuggled), 400},
        Row{"ChunkedFolded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + kSmuggled), 400},
        Row{"ChunkedWithMore", post("Transfer-Encoding: chunked, identity\r\n", kSmuggled), 501},
        Row{"ChunkSizeTwice", post("Transfer-Encoding: chunked\r\n", "3 3\r\nabc\r\n0\r\n\r\n" + kSmuggled), 400},
        Row{"ChunkTooLong", post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n" + kSmuggled), 400},
        Row{"ChunkWithBareLineFeed", post("Transfer-Encoding: chunked\r\n", "3\nabc\n0\n\n" + kSmuggled), 400},
        Row{"BareLineFeeds", "GET / HTTP/1.1\nHost: h\n\n" + kSmuggled, 400},
        Row{"HugeChunk", post("Transfer-Encoding: chunked\r\n", "fffffffffffffff\r\n" + kSmuggled), 413},
        Row{"BodyTooLarge", post("Content-Length: 101\r\n", kSmuggled + std::string(101 - kSmuggled.size(), 'x')), 413, false},
        Row{"HugeBody", post("Content-Length: 18446744073709551615\r\n", kSmuggled), 413}, Row{"LongTarget", "GET /" + std::string(2000, 'a'), 414},
        Row{"LongTargetWhole", "GET /" + std::string(1000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
        Row{"LongField", "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(2000, 'a') + "\r\n\r\n", 431},
        Row{"HeadJustTooLong", "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(1000 - 31, 'a') + "\r\n\r\n", 431},
        Row{"HeadJustFits", "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(1000 - 32, 'a') + "\r\n\r\n", 200, false},
        Row{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400}, Row{"Method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n" + kSmuggled, 501},
        Row{"Version", "GET / HTTP/3.0\r\nHost: h\r\n\r\n" + kSmuggled, 505},
        Row{"Expectation", post("Expect: gold\r\n"), 417}, Row{"Traversal", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: h\r\n\r\n", 400}, Row{"Hello", "hello\r\n\r\n", 400},
        Row{"TlsHello", std::string("\x16\x03\x01\x00\x03\r\n\n", 8), 400}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST_F(ServerTest, EveryPrefixOfARequestLeavesTheServerAlive) {
    start();
    const std::string request = post("Transfer-Encoding: chunked\r\n", "3;a\r\nabc\r\n0\r\nT: x\r\n\r\n");
    for (std::size_t size = 0; size < request.size(); ++size) {
        Client client(port());
        ASSERT_TRUE(client.send(std::string_view(request).substr(0, size)));
        client.finish_sending();
        ASSERT_TRUE(client.ends_within(2s)) << size;
        ASSERT_EQ(client.buffer, "") << size;  // half a request is no request
    }
    Client client(port());
    EXPECT_EQ(client.ask(request)->body, "POST / abc");
}

}  // namespace
}  // namespace veritag::server::test
