// The parts without sockets: deadlines, event streams, names of endpoints.
#include "server/deadlines.h"
#include "server/event_stream.h"
#include "server/options.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace veritag::server {
namespace {

using namespace std::chrono_literals;

struct Alarm final : Timed {
    Alarm(Deadlines& deadlines, std::vector<int>& rung, int number) : Timed(deadlines), rung_(rung), number_(number) {}
    void on_deadline() override {
        rung_.push_back(number_);
        if (again) set_deadline(*again);
    }
    std::optional<SteadyClock::time_point> again;

private:
    std::vector<int>& rung_;
    int number_;
};

const SteadyClock::time_point kStart{};

TEST(DeadlinesTest, RingInOrderAndOnce) {
    Deadlines deadlines;
    std::vector<int> rung;
    Alarm one(deadlines, rung, 1), two(deadlines, rung, 2), three(deadlines, rung, 3);
    EXPECT_EQ(deadlines.earliest(), std::nullopt);
    one.set_deadline(kStart + 30s);
    two.set_deadline(kStart + 20s);
    three.set_deadline(kStart + 10s);
    one.set_deadline(kStart + 15s);
    three.clear_deadline();
    EXPECT_EQ(deadlines.earliest(), kStart + 15s);
    deadlines.expire(kStart + 14s);
    EXPECT_TRUE(rung.empty());
    one.again = kStart + 40s;
    deadlines.expire(kStart + 20s);
    EXPECT_EQ(rung, (std::vector<int>{1, 2}));
    EXPECT_EQ(deadlines.earliest(), kStart + 40s);
    deadlines.expire(kStart + 30s);
    EXPECT_EQ(rung.size(), 2U);
}

TEST(DeadlinesTest, SayWhenTheyBecomeEarlier) {
    Deadlines deadlines;
    std::vector<int> rung;
    std::vector<SteadyClock::time_point> said;
    deadlines.on_earlier([&](SteadyClock::time_point time) { said.push_back(time); });
    Alarm one(deadlines, rung, 1);
    {
        Alarm two(deadlines, rung, 2);
        one.set_deadline(kStart + 30s);
        two.set_deadline(kStart + 40s);
        two.set_deadline(kStart + 20s);
        EXPECT_EQ(said, (std::vector<SteadyClock::time_point>{kStart + 30s, kStart + 20s}));
    }
    EXPECT_EQ(deadlines.earliest(), kStart + 30s);  // what is gone has none
}

TEST(PaceTest, GivesTimeForWhatHasCome) {
    const Pace pace{kStart, 30s, 1000};
    EXPECT_EQ(pace.deadline(0), kStart + 30s);
    EXPECT_EQ(pace.deadline(1500), kStart + 31500ms);
    EXPECT_EQ(pace.deadline(999'999'999'999'999), kStart + 30s + std::chrono::seconds(1'000'000));
    EXPECT_EQ((Pace{kStart, 1s, 0}.deadline(5)), kStart + 6s);
}

TEST(Events, AreLinesThatCannotBreakOut) {
    EXPECT_EQ(format_event("scan", "{}", ""), "event: scan\ndata: {}\n\n");
    EXPECT_EQ(format_event("", "", "7"), "id: 7\ndata: \n\n");
    EXPECT_EQ(format_event("a\r\nb", "1\r\n2\r3\n4\n", "x\ny"), "event: ab\nid: xy\ndata: 1\ndata: 2\ndata: 3\ndata: 4\ndata: \n\n");
}

TEST(Events, WaitForTheReaderUpToALimit) {
    EventStream stream(100);
    int woken = 0;
    EXPECT_TRUE(stream.send("a", "early"));
    stream.attach([&] { ++woken; });
    EXPECT_TRUE(stream.send("a", "1"));
    EXPECT_TRUE(stream.send("a", "2"));
    EXPECT_EQ(woken, 1);  // once until it is taken
    EXPECT_EQ(stream.take().bytes, "event: a\ndata: early\n\nevent: a\ndata: 1\n\nevent: a\ndata: 2\n\n");
    EXPECT_TRUE(stream.send("a", std::string(60, 'x')));
    EXPECT_EQ(woken, 2);
    EXPECT_FALSE(stream.send("a", std::string(60, 'x')));
    EXPECT_EQ(woken, 3);
    EXPECT_FALSE(stream.open());
    EXPECT_FALSE(stream.send("a", "b"));
    const EventStream::Taken taken = stream.take();
    EXPECT_TRUE(taken.too_slow);
    EXPECT_EQ(taken.bytes, "");
}

TEST(Events, EndOnce) {
    EventStream stream;
    std::vector<EventStream::End> ends;
    stream.on_end([&](EventStream::End end) { ends.push_back(end); });
    stream.send("a", "b");
    stream.close();
    EXPECT_FALSE(stream.send("a", "late"));
    const EventStream::Taken taken = stream.take();
    EXPECT_EQ(taken.bytes, "event: a\ndata: b\n\n");
    EXPECT_TRUE(taken.closed);
    stream.finish(EventStream::End::closed);
    stream.finish(EventStream::End::client_gone);
    EXPECT_EQ(ends, (std::vector{EventStream::End::closed}));
    std::optional<EventStream::End> late;
    stream.on_end([&](EventStream::End end) { late = end; });
    EXPECT_EQ(late, EventStream::End::closed);
}

struct EndpointRow {
    const char* name;
    const char* text;
    const char* shown;  ///< the endpoint as text, or what is wrong with it
};
class Endpoints : public testing::TestWithParam<EndpointRow> {};
TEST_P(Endpoints, HaveOneForm) {
    const Result<Endpoint> endpoint = parse_endpoint(GetParam().text);
    EXPECT_EQ(endpoint ? to_string(*endpoint) : endpoint.error().saw, GetParam().shown);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, Endpoints,
    testing::Values(EndpointRow{"Address", "127.0.0.1:8080", "127.0.0.1:8080"}, EndpointRow{"Name", "localhost:0", "localhost:0"}, EndpointRow{"V6", "[::1]:443", "[::1]:443"},
                    EndpointRow{"All", ":80", ":80"}, EndpointRow{"Star", "*:80", ":80"}, EndpointRow{"Unix", "unix:/run/a.sock", "unix:/run/a.sock"},
                    EndpointRow{"Descriptor", "fd:3", "fd:3"},
                    EndpointRow{"NoPort", "localhost", "no port"}, EndpointRow{"EmptyPort", "localhost:", "the port is no number up to 65535"},
                    EndpointRow{"LargePort", "a:65536", "the port is no number up to 65535"},
                    EndpointRow{"PortName", "a:http", "the port is no number up to 65535"}, EndpointRow{"BareV6", "::1:443", "an IPv6 address stands in brackets"},
                    EndpointRow{"EmptyV6", "[]:443", "no IPv6 address between the brackets"},
                    EndpointRow{"NameInBrackets", "[a]:443", "no IPv6 address between the brackets"},
                    EndpointRow{"MoreBrackets", "[::][]:80", "no IPv6 address between the brackets"},
                    EndpointRow{"HalfBracket", "[::1:443", "an IPv6 address stands in brackets"},
                    EndpointRow{"RelativeUnix", "unix:a.sock", "the path of a Unix socket begins with a slash"},
                    EndpointRow{"NegativeDescriptor", "fd:-1", "not the number of a descriptor"},
                    EndpointRow{"HugeDescriptor", "fd:2147483648", "not the number of a descriptor"}, EndpointRow{"Empty", "", "no port"}),
    [](const testing::TestParamInfo<EndpointRow>& row) { return row.param.name; });

}  // namespace
}  // namespace veritag::server
