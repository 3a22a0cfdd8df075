#include "server/answer.h"

#include <zlib.h>

#include <gtest/gtest.h>

namespace veritag::server {
namespace {

std::string gunzip(const std::string& packed) {
    z_stream stream{};
    std::string text(1 << 20, '\0');
    EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
    text.resize(stream.total_out);
    ::inflateEnd(&stream);
    return text;
}

struct Case {
    const char* name;
    const char* value;
    bool yes;
};

class AcceptEncoding : public testing::TestWithParam<Case> {};
TEST_P(AcceptEncoding, IsWeighed) {
    Headers headers;
    headers.add("Accept-Encoding", GetParam().value);
    EXPECT_EQ(accepts_gzip(headers), GetParam().yes);
}
INSTANTIATE_TEST_SUITE_P(Values, AcceptEncoding,
                         testing::Values(Case{"Gzip", "gzip", true}, Case{"Case", "GZip", true}, Case{"Among", "deflate, gzip;q=1.0, *;q=0.5", true},
                                         Case{"Old", "x-gzip", true},
                                         Case{"Any", "*", true}, Case{"Refused", "gzip;q=0", false}, Case{"RefusedLong", "gzip; q=0.000", false},
                                         Case{"RefusedThoughAny", "gzip;q=0, *", false},
                                         Case{"AnyRefused", "*;q=0", false}, Case{"Others", "br, zstd", false}, Case{"Empty", "", false},
                                         Case{"IdentityPreferred", "identity;q=1, gzip;q=0.5", false},
                                         Case{"IdentityLess", "identity;q=0.5, gzip", true}, Case{"BadQuality", "gzip;q=2", false}, Case{"NoQuality", "gzip;q=", false},
                                         Case{"Small", "gzip;q=0.001", true}),
                         [](const auto& row) { return row.param.name; });

class NoneMatch : public testing::TestWithParam<Case> {};
TEST_P(NoneMatch, ComparesTags) {
    Headers headers;
    headers.add("If-None-Match", GetParam().value);
    EXPECT_EQ(none_match_fails(headers, "\"a,b\""), GetParam().yes);
    EXPECT_EQ(none_match_fails(headers, "W/\"a,b\""), GetParam().yes);
}
INSTANTIATE_TEST_SUITE_P(Values, NoneMatch,
                         testing::Values(Case{"Same", "\"a,b\"", true}, Case{"Weak", "W/\"a,b\"", true}, Case{"Among", "\"x\", W/\"y\" ,\"a,b\"", true},
                                         Case{"Any", " * ", true},
                                         Case{"Other", "\"a\"", false}, Case{"Part", "\"a", false}, Case{"Unquoted", "a,b", false}, Case{"Empty", "", false},
                                         Case{"Joined", "\"x\"\"a,b\"", true}),
                         [](const auto& row) { return row.param.name; });

RequestHead request(std::string method, std::initializer_list<Headers::Field> fields = {}) {
    RequestHead head;
    head.method = std::move(method);
    head.id = "id";
    for (const auto& [name, value] : fields) head.headers.add(name, value);
    return head;
}

TEST(Answer, PacksWhatIsWorthIt) {
    const std::string text(3000, 'a');
    const RequestHead wants = request("GET", {{"Accept-Encoding", "gzip"}});
    const Answer packed = make_answer(wants, reply(200, "Application/JSON; charset=utf-8", text));
    EXPECT_EQ(packed.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(gunzip(*packed.body), text);
    const auto encoding_of = [&](Response response) { return std::string(make_answer(wants, std::move(response)).headers.get("Content-Encoding")); };
    EXPECT_EQ(encoding_of(reply(200, "application/problem+json", text)), "gzip");
    EXPECT_EQ(encoding_of(reply(200, "image/svg+xml", text)), "gzip");
    EXPECT_EQ(encoding_of(reply(200, "application/octet-stream", text)), "");
    EXPECT_EQ(encoding_of(reply(200, "text/plain", text.substr(0, 1000))), "");
    Response ready = reply(200, "text/plain", text);
    ready.headers.add("Content-Encoding", "br");
    EXPECT_EQ(encoding_of(ready), "br");
    std::string noise;
    for (unsigned i = 0, x = 1; i < 3000; ++i) noise += static_cast<char>((x = x * 1103515245U + 12345U) >> 24);
    EXPECT_EQ(encoding_of(reply(200, "text/plain", noise)), "");  // gzip would make it longer
}

TEST(Answer, SaysWhatItDependsOn) {
    Response response = reply(200, "text/plain", std::string(3000, 'a'));
    response.headers.add("Vary", "Accept, Origin");
    EXPECT_EQ(make_answer(request("GET"), response).headers.get("Vary"), "Accept, Origin, Accept-Encoding");
    response.headers.set("Vary", "*");
    EXPECT_EQ(make_answer(request("GET"), response).headers.get("Vary"), "*");
    EXPECT_EQ(make_answer(request("GET"), reply(200, "text/plain", "a")).headers.get("Vary"), "");
}

TEST(Answer, NotModifiedOnlyWhereItIsAQuestion) {
    Response response = reply(200, "text/plain", "a");
    response.headers.add("ETag", "\"1\"");
    response.headers.add("Cache-Control", "no-cache");
    const std::initializer_list<Headers::Field> condition{{"If-None-Match", "\"1\""}};
    const Answer same = make_answer(request("GET", condition), response);
    EXPECT_EQ(same.status, 304U);
    EXPECT_EQ(same.headers.get("Cache-Control"), "no-cache");
    EXPECT_EQ(same.headers.get("Content-Type"), "");
    EXPECT_EQ(*same.body, "");
    EXPECT_EQ(make_answer(request("HEAD", condition), response).status, 304U);
    EXPECT_EQ(make_answer(request("POST", condition), response).status, 200U);
    response.status = 404;
    EXPECT_EQ(make_answer(request("GET", condition), response).status, 404U);
}

TEST(Answer, HandlersDoNotDecideTheFraming) {
    Response response = reply(200, "text/plain", "abc");
    for (const char* name : {"content-length", "Transfer-Encoding", "Connection", "Date", "X-Request-ID", "Upgrade"}) response.headers.add(name, "mine");
    response.headers.add("X-Other", "kept");
    const Wish wish{false, false, 1, "id", std::chrono::sys_seconds(std::chrono::seconds(784111777))};
    EXPECT_EQ(head_text(make_answer(request("GET"), response), wish),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\nX-Other: kept\r\nContent-Length: 3\r\nX-Request-Id: id\r\n\r\n");
}

TEST(Answer, DatesOfHttp) {
    EXPECT_EQ(http_date(std::chrono::sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + std::chrono::hours(23) + std::chrono::seconds(59)), "Thu, 29 Feb 2024 23:00:59 GMT");
}

TEST(Problem, IsJsonWhateverIsInIt) {
    const Response response = problem(404, "", "a \"b\"\n\xff", "https://example/x", "id");
    EXPECT_EQ(response.body, "{\"type\":\"https://example/x\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"a \\\"b\\\"\\n\xEF\xBF\xBD\",\"requestId\":\"id\"}");
    EXPECT_EQ(response.headers.get("content-type"), "application/problem+json");
    EXPECT_EQ(problem(409, "Taken").body, R"({"type":"about:blank","title":"Taken","status":409})");
}

TEST(HeadersTest, KeepOrderAndKnowNoCase) {
    Headers headers;
    headers.add("A", "1");
    headers.add("b", "x, ,y ,");
    headers.add("a", "2");
    EXPECT_EQ(headers.get("a"), "1");
    EXPECT_EQ(headers.all("A"), (std::vector<std::string_view>{"1", "2"}));
    EXPECT_EQ(headers.elements("B"), (std::vector<std::string_view>{"x", "y"}));
    EXPECT_TRUE(headers.has_element("B", "Y"));
    headers.set("A", "3");
    EXPECT_EQ(headers.all("A"), (std::vector<std::string_view>{"3"}));
    EXPECT_EQ(headers.size(), 2U);
    headers.remove("B");
    EXPECT_FALSE(headers.has("b"));
    EXPECT_EQ(headers.get("b"), "");
}

}  // namespace
}  // namespace veritag::server
