#include "server/request_head.h"

#include "server/chunked.h"

#include <gtest/gtest.h>

#include <vector>

namespace veritag::server {
namespace {

// What the server acts on; or the status of the refusal.
std::string shown(const std::string& head) {
    const HeadEnd end = find_head_end(head, 0);
    if (end.kind == HeadEnd::Kind::incomplete) return "incomplete";
    if (end.kind == HeadEnd::Kind::malformed) return "malformed";
    const auto parsed = parse_request_head(std::string_view(head).substr(0, end.size));
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
        EXPECT_FALSE(refusal->detail.empty());
        return std::to_string(refusal->status);
    }
    const auto& request = std::get<ParsedHead>(parsed);
    std::string text = request.method + " " + request.target.path + " 1." + std::to_string(request.minor);
    if (request.framing == Framing::length) text += " length " + std::to_string(request.content_length);
    if (request.framing == Framing::chunked) text += " chunked";
    text += request.keep_alive ? " keep" : " close";
    if (request.expects_continue) text += " expects";
    return text;
}

struct Row {
    const char* name;
    std::string head;
    const char* shown;
};
std::string post(const std::string& fields) { return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }

class Heads : public testing::TestWithParam<Row> {};
TEST_P(Heads, MeanOneThingOrAreRefused) { EXPECT_EQ(shown(GetParam().head), GetParam().shown); }

INSTANTIATE_TEST_SUITE_P(
    RequestLine, Heads,
    testing::Values(
        Row{"Simple", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1.1 keep"}, Row{"OneEmptyLineBefore", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1.1 keep"},
        Row{"TwoEmptyLinesBefore", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"}, Row{"OnlyEmptyLines", "\r\n\r\n", "malformed"},
        Row{"BareLineFeedBefore", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"}, Row{"Unfinished", "GET / HTTP/1.1\r\nHost: h\r\n", "incomplete"},
        Row{"BareLineFeeds", "GET / HTTP/1.1\nHost: h\n\n", "malformed"}, Row{"OneBareLineFeed", "GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n", "malformed"},
        Row{"BareCarriageReturn", "GET / HTTP/1.1\rHost: h\r\n\r\n", "400"}, Row{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"TwoSpacesLater", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"SpaceAtTheEnd", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "400"},
        Row{"SpaceBefore", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"Tab", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"NoVersion", "GET /\r\n\r\n", "400"}, Row{"OnlyAMethod", "GET\r\n\r\n", "400"}, Row{"EmptyTarget", "GET  HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"UnknownMethod", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "501"}, Row{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
        Row{"Connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "501"}, Row{"Trace", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
        Row{"MethodIsNoToken", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"Http2", "PRI * HTTP/2.0\r\n\r\n", "505"},
        Row{"Http12", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", "505"}, Row{"Http09", "GET / HTTP/0.9\r\n\r\n", "505"},
        Row{"LowerCaseVersion", "GET / http/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"LongVersion", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", "400"}, Row{"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), "400"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    TargetAndHost, Heads,
    testing::Values(
        Row{"Absolute", "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a 1.1 keep"},
        Row{"AbsoluteTls", "GET HTTPS://H:8443/a HTTP/1.1\r\nHost: h:8443\r\n\r\n", "GET /a 1.1 keep"},
        Row{"AbsoluteWithoutAPath", "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1.1 keep"},
        Row{"AbsoluteWithAQuery", "GET http://h?a HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1.1 keep"},
        Row{"AbsoluteOfAnotherHost", "GET http://other/a HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"AbsoluteWithAUser", "GET http://me@h/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"AbsoluteWithoutAHost", "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"OtherScheme", "GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"Star", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"Relative", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        Row{"DotDot", "GET /../etc HTTP/1.1\r\nHost: h\r\n\r\n", "400"}, Row{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400"},
        Row{"TwoHosts", "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", "400"},
        Row{"HostWithASlash", "GET / HTTP/1.1\r\nHost: h/a\r\n\r\n", "400"}, Row{"HostList", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"},
        Row{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1.1 keep"}, Row{"Ipv6Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / 1.1 keep"},
        Row{"Http10WithoutAHost", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Fields, Heads,
    testing::Values(
        Row{"SpaceBeforeTheColon", post("A : b\r\n"), "400"}, Row{"Folded", post("A: b\r\n c\r\n"), "400"}, Row{"FoldedFirst", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400"},
        Row{"NoColon", post("A\r\n"), "400"}, Row{"NoName", post(": b\r\n"), "400"}, Row{"NameIsNoToken", post("A(: b\r\n"), "400"},
        Row{"NulInAValue", post(std::string("A: b\0c\r\n", 8)), "400"},
        Row{"CarriageReturnInAValue", post("A: b\rc\r\n"), "400"}, Row{"EscapeInAValue", post("A: \x1b[1m\r\n"), "400"},
        Row{"TabInAValue", post("A:\tb\tc\t\r\n"), "POST / 1.1 keep"},
        Row{"Utf8InAValue", post("A: é\r\n"), "POST / 1.1 keep"}, Row{"EmptyValue", post("A:\r\n"), "POST / 1.1 keep"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Framing, Heads,
    testing::Values(
        Row{"Length", post("Content-Length: 5\r\n"), "POST / 1.1 length 5 keep"}, Row{"LengthZero", post("Content-Length: 0\r\n"), "POST / 1.1 length 0 keep"},
        Row{"LargestLength", post("Content-Length: 18446744073709551615\r\n"), "POST / 1.1 length 18446744073709551615 keep"},
        Row{"LengthTooLarge", post("Content-Length: 18446744073709551616\r\n"), "400"}, Row{"NegativeLength", post("Content-Length: -1\r\n"), "400"},
        Row{"SignedLength", post("Content-Length: +5\r\n"), "400"}, Row{"HexLength", post("Content-Length: 0x5\r\n"), "400"},
        Row{"EmptyLength", post("Content-Length:\r\n"), "400"},
        Row{"SpacedLength", post("Content-Length: 1 2\r\n"), "400"}, Row{"LengthList", post("Content-Length: 5, 5\r\n"), "400"},
        Row{"TwoLengths", post("Content-Length: 5\r\nContent-Length: 5\r\n"), "400"}, Row{"TwoDifferentLengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), "400"},
        Row{"Chunked", post("Transfer-Encoding: Chunked\r\n"), "POST / 1.1 chunked keep"},
        Row{"ChunkedAndLength", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "400"},
        Row{"LengthAndChunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "400"},
        Row{"LengthAndIdentity", post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n"), "400"},
        Row{"GzipChunked", post("Transfer-Encoding: gzip, chunked\r\n"), "501"}, Row{"ChunkedGzip", post("Transfer-Encoding: chunked, gzip\r\n"), "501"},
        Row{"ChunkedTwice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "501"},
        Row{"ChunkedWithAVerticalTab", post("Transfer-Encoding: \x0b" "chunked\r\n"), "400"},
        Row{"Identity", post("Transfer-Encoding: identity\r\n"), "501"}, Row{"Http10Chunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        Row{"Expects", post("Expect: 100-Continue\r\nContent-Length: 5\r\n"), "POST / 1.1 length 5 keep expects"},
        Row{"ExpectsWithoutABody", post("Expect: 100-continue\r\n"), "POST / 1.1 keep"},
        Row{"ExpectsMore", post("Expect: gold\r\n"), "417"},
        Row{"Http10Expects", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", "POST / 1.0 length 5 close"},
        Row{"Close", post("Connection: keep-alive, close\r\n"), "POST / 1.1 close"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(RequestHead, HasAsManyFieldsAsAllowed) {
    std::string fields;
    for (std::size_t i = 1; i < kMaxFields; ++i) fields += "A: b\r\n";
    EXPECT_EQ(shown(post(fields)), "POST / 1.1 keep");
    EXPECT_EQ(shown(post(fields + "A: b\r\n")), "431");
}

TEST(RequestHead, EndsInTheSamePlaceHoweverItComes) {
    const std::string head = "\r\nPOST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";
    for (std::size_t size = 0; size < head.size(); ++size) {
        const HeadEnd part = find_head_end(head.substr(0, size), 0);
        ASSERT_EQ(part.kind, HeadEnd::Kind::incomplete) << size;
        const HeadEnd whole = find_head_end(head + "x", part.size);
        ASSERT_EQ(whole.kind, HeadEnd::Kind::found) << size;
        ASSERT_EQ(whole.size, head.size()) << size;
    }
}

// ---- chunks ----

// The body and what is left over; or the status of the refusal.
std::string decoded(std::string_view bytes, std::size_t step, std::uint64_t max_body = 1000) {
    ChunkedDecoder decoder(max_body);
    std::string body;
    std::string waiting;
    for (std::size_t at = 0; at < bytes.size() && !decoder.refusal(); at += step) {
        waiting += bytes.substr(at, step);
        if (!decoder.done()) waiting.erase(0, decoder.feed(waiting, body));
    }
    if (decoder.refusal()) return std::to_string(decoder.refusal()->status);
    return decoder.done() ? body + "|" + waiting : "incomplete";
}

class Chunks : public testing::TestWithParam<Row> {};
TEST_P(Chunks, AreTheSameHoweverTheyCome) {
    const std::string& bytes = GetParam().head;
    for (const std::size_t step : std::vector<std::size_t>{1, 2, 3, 7, bytes.size()}) EXPECT_EQ(decoded(bytes, step), GetParam().shown) << step;
}
INSTANTIATE_TEST_SUITE_P(
    Forms, Chunks,
    testing::Values(
        Row{"Empty", "0\r\n\r\n", "|"}, Row{"One", "3\r\nabc\r\n0\r\n\r\nGET", "abc|GET"}, Row{"Two", "3\r\nabc\r\nA\r\n0123456789\r\n000\r\n\r\n", "abc0123456789|"},
        Row{"LineBreaksInside", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n|"}, Row{"Extension", "1;a=b;c=\"d\"\r\nx\r\n0;e\r\n\r\n", "x|"},
        Row{"Trailer", "0\r\nA: b\r\nC: d\r\n\r\n", "|"},
        Row{"NoSize", "\r\nabc\r\n0\r\n\r\n", "400"}, Row{"NoHex", "g\r\n", "400"}, Row{"Prefixed", "0x3\r\nabc\r\n0\r\n\r\n", "400"}, Row{"Negative", "-1\r\n", "400"},
        Row{"SpaceBefore", " 3\r\nabc\r\n0\r\n\r\n", "400"}, Row{"SpaceBehind", "3 \r\nabc\r\n0\r\n\r\n", "400"}, Row{"Overflow", "10000000000000000\r\n", "400"},
        Row{"Largest", "ffffffffffffffff\r\n", "413"}, Row{"TooLong", "2\r\nabc\r\n0\r\n\r\n", "400"}, Row{"TooShort", "4\r\nabc\r\n0\r\n\r\n", "400"},
        Row{"BareLineFeed", "3\nabc\r\n0\r\n\r\n", "400"}, Row{"BareLineFeedBehindAChunk", "3\r\nabc\n0\r\n\r\n", "400"},
        Row{"BareLineFeedInAnExtension", "3;a\nb\r\nabc\r\n0\r\n\r\n", "400"},
        Row{"CarriageReturnInAnExtension", "3;a\rb\r\nabc\r\n0\r\n\r\n", "400"}, Row{"BadTrailer", "0\r\nA b\r\n\r\n", "400"},
        Row{"FoldedTrailer", "0\r\nA: b\r\n c\r\n\r\n", "400"},
        Row{"Unfinished", "3\r\nabc\r\n0\r\n", "incomplete"}, Row{"TooLarge", "3e9\r\n", "413"}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(Chunks, CountTogether) {
    EXPECT_EQ(decoded("6\r\n012345\r\n5\r\n", 100, 10), "413");
    EXPECT_EQ(decoded("6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n", 100, 10), "0123456789|");
}

TEST(Chunks, HaveALimitOfTheirOwn) {
    EXPECT_EQ(decoded("1;" + std::string(5000, 'a'), 100), "400");  // one line
    std::string many;
    for (int i = 0; i < 200; ++i) many += "1;" + std::string(100, 'a') + "\r\nx\r\n";
    EXPECT_EQ(decoded(many, 100), "400");
    std::string trailers = "0\r\n";
    for (int i = 0; i < 200; ++i) trailers += "A: " + std::string(100, 'a') + "\r\n";
    EXPECT_EQ(decoded(trailers, 100), "400");  // more fields than a head may have
    std::string large_trailers = "0\r\n";
    for (int i = 0; i < 5; ++i) large_trailers += "A: " + std::string(4000, 'a') + "\r\n";
    EXPECT_EQ(decoded(large_trailers, 100), "431");
}

}  // namespace
}  // namespace veritag::server
