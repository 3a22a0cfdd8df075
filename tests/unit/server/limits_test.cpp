// What slow, greedy and many clients cost.
#include "fixture.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <vector>

namespace veritag::server::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Holds handlers until it is opened.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_for(int number) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ >= number; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

// Sends a byte now and then until the connection ends; how long that took.
std::chrono::milliseconds drip(Client& client, std::string_view bytes) {
    const auto start = Clock::now();
    for (std::size_t i = 0; Clock::now() - start < 5s; ++i) {
        if (!client.send(bytes.substr(std::min(i, bytes.size() - 1), 1)) || client.ends_within(20ms)) break;
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

TEST_F(ServerTest, ASlowHeadIsCutAtItsDeadline) {
    hurry();
    start();
    Client client(port());
    const auto time = drip(client, "GET / HTTP/1.1\r\nHost: h\r\nA: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_GE(time, 150ms);
    EXPECT_LT(time, 1000ms);
    EXPECT_TRUE(client.buffer.starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(refused(RefusedFor::header_time), 1U);
}

TEST_F(ServerTest, ASlowSecondHeadHasItsTimeFromItsFirstByteOn) {
    hurry();
    options.times.idle = 5s;
    start();
    Client client(port());
    ASSERT_EQ(client.ask(get("/"))->status, 200);
    EXPECT_FALSE(client.ends_within(300ms));
    const auto time = drip(client, "GET / HTTP/1.1\r\nA: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_GE(time, 150ms);
    EXPECT_LT(time, 1000ms);
}

TEST_F(ServerTest, SilentConnectionsEnd) {
    hurry();
    options.times.idle = 100ms;
    start();
    Client silent(port());
    EXPECT_TRUE(silent.ends_within(1s));
    EXPECT_EQ(silent.buffer, "");
    Client idle(port());
    ASSERT_EQ(idle.ask(get("/"))->status, 200);
    const auto start_time = Clock::now();
    EXPECT_TRUE(idle.ends_within(1s));
    EXPECT_GE(Clock::now() - start_time, 80ms);
    EXPECT_EQ(idle.buffer, "");
}

TEST_F(ServerTest, ASlowBodyIsCut) {
    hurry();
    start();
    Client client(port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n");
    const auto time = drip(client, "x");
    EXPECT_GE(time, 150ms);
    EXPECT_LT(time, 1000ms);
    EXPECT_TRUE(client.buffer.starts_with("HTTP/1.1 408 ")) << client.buffer;
    EXPECT_EQ(refused(RefusedFor::body_time), 1U);
}

TEST_F(ServerTest, ABodyThatKeepsUpMayTakeLonger) {
    options.times.body = 400ms;
    options.times.body_bytes_per_second = 10'000;
    start();
    Client client(port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(client.send(std::string(1000, 'x')));
        std::this_thread::sleep_for(60ms);  // faster than it must be, and longer than `body` in all
    }
    EXPECT_EQ(client.receive()->status, 200);
}

TEST_F(ServerTest, AClientThatDoesNotReadIsCut) {
    hurry();
    handler.on_request = [](const Request&) { return reply(200, "application/octet-stream", std::string(64 << 20, 'x')); };
    start();
    Client client(port());
    client.send(get("/"));
    EXPECT_TRUE(soon([&] { return refused(RefusedFor::write_time) == 1; }));
    EXPECT_TRUE(soon([&] { return server->counters().connections_open == 0; }));
}

TEST_F(ServerTest, ALargeReplyToAReaderArrives) {
    const std::string text(30 << 20, 'x');
    handler.on_request = [&](const Request&) { return reply(200, "application/octet-stream", text); };
    start();
    Client client(port());
    const auto reply = client.ask(get("/"));
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->body == text);
}

TEST_F(ServerTest, TooManyRequestsAtOnceAre503) {
    Gate gate;
    options.threads = 1;
    options.limits.waiting_requests = 2;
    handler.on_request = [&](const Request&) {
        gate.pass();
        return no_content();
    };
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(port());
        clients.back().send(get("/"));
    }
    ASSERT_TRUE(soon([&] { return server->counters().requests_in_work == 3; }));
    Client late(port());
    const auto reply = late.ask(get("/"));
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->header("Retry-After"), "1");
    EXPECT_EQ(refused(RefusedFor::busy), 1U);
    gate.open();
    for (Client& client : clients) EXPECT_EQ(client.receive()->status, 204);
    EXPECT_EQ(late.ask(get("/"))->status, 204);  // the connection lived on
}

TEST_F(ServerTest, AllBodiesTogetherHaveALimit) {
    options.limits.all_bodies_bytes = 300'000;
    options.limits.body_bytes = 200'000;
    start();
    Client first(port());
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n";
    first.send(head + std::string(199'999, 'x'));
    ASSERT_TRUE(soon([&] { return server->counters().bytes_in >= 200'000; }));
    Client second(port());
    second.send(head + std::string(199'999, 'x'));
    const auto reply = second.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->header("Retry-After"), "1");
    EXPECT_EQ(first.ask("x")->status, 200);
    Client third(port());
    EXPECT_EQ(third.ask(head + std::string(200'000, 'x'))->status, 200);  // the room was given back
}

TEST_F(ServerTest, HandlersSetTheBodysLimit) {
    handler.on_admit = [](const RequestHead& head) {
        Admission admission;
        if (head.target.path == "/large") admission.max_body_bytes = 5;
        return admission;
    };
    options.limits.body_bytes = 3;
    start();
    Client client(port());
    EXPECT_EQ(client.ask("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n01234")->status, 200);
    EXPECT_EQ(client.ask("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n01234")->status, 413);
    EXPECT_EQ(client.ask("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n")->status, 413);
    EXPECT_EQ(refused(RefusedFor::too_large), 2U);
}

TEST_F(ServerTest, RequestsOfAConnectionAreCounted) {
    options.limits.requests_per_connection = 3;
    start();
    Client client(port());
    EXPECT_EQ(client.ask(get("/"))->header("Connection"), "");
    EXPECT_EQ(client.ask(get("/"))->header("Connection"), "");
    EXPECT_EQ(client.ask(get("/"))->header("Connection"), "close");
    EXPECT_TRUE(client.ends_within(2s));
}

TEST_F(ServerTest, ConnectionsOfAnAddressAreCounted) {
    options.limits.connections_per_address = 2;
    options.limits.limit_loopback = true;
    start();
    Client one(port()), two(port());
    ASSERT_EQ(one.ask(get("/"))->status, 200);
    ASSERT_EQ(two.ask(get("/"))->status, 200);
    Client three(port());
    EXPECT_EQ(three.receive()->status, 503);
    EXPECT_TRUE(three.ends_within(1s));
    Client elsewhere(port(), "127.0.0.2");
    EXPECT_EQ(elsewhere.ask(get("/"))->status, 200);
    EXPECT_EQ(refused(RefusedFor::address_limit), 1U);
    { Client gone(std::move(one)); }
    ASSERT_TRUE(soon([&] { return server->counters().connections_open == 2; }));
    Client again(port());
    EXPECT_EQ(again.ask(get("/"))->status, 200);
}

TEST_F(ServerTest, TheLongestIdleConnectionMakesRoom) {
    options.limits.connections = 3;
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(port());
        ASSERT_EQ(clients.back().ask(get("/"))->status, 200);
    }
    ASSERT_EQ(clients[0].ask(get("/"))->status, 200);  // now the second one is idle longest
    Client fresh(port());
    EXPECT_EQ(fresh.ask(get("/"))->status, 200);
    EXPECT_TRUE(clients[1].ends_within(1s));
    EXPECT_EQ(clients[0].ask(get("/"))->status, 200);
    EXPECT_EQ(clients[2].ask(get("/"))->status, 200);
    EXPECT_EQ(refused(RefusedFor::evicted), 1U);
}

TEST_F(ServerTest, BusyConnectionsDoNotMakeRoom) {
    Gate gate;
    options.limits.connections = 2;
    handler.on_request = [&](const Request&) {
        gate.pass();
        return no_content();
    };
    start();
    Client one(port()), two(port());
    one.send(get("/"));
    two.send(get("/"));
    gate.wait_for(2);
    Client three(port());
    EXPECT_EQ(three.receive()->status, 503);
    EXPECT_EQ(refused(RefusedFor::connection_limit), 1U);
    gate.open();
    EXPECT_EQ(one.receive()->status, 204);
    EXPECT_EQ(two.receive()->status, 204);
}

TEST_F(ServerTest, ThousandsOfIdleConnectionsAreNoBurden) {
    start();
    std::vector<Client> idle;
    for (int i = 0; i < 2000; ++i) {
        idle.emplace_back(port());
        ASSERT_TRUE(idle.back().connected());
        if (i % 2 == 0) idle.back().send(get("/"));
    }
    Client client(port());
    for (int i = 0; i < 200; ++i) ASSERT_EQ(client.ask(get("/"))->status, 200);
    for (std::size_t i = 0; i < idle.size(); i += 2) ASSERT_EQ(idle[i].receive()->status, 200);
    for (std::size_t i = 1; i < idle.size(); i += 100) ASSERT_EQ(idle[i].ask(get("/"))->status, 200);
    EXPECT_EQ(server->counters().connections_open, 2001U);
    idle.clear();
    EXPECT_TRUE(soon([&] { return server->counters().connections_open == 1; }));
}

TEST_F(ServerTest, ManyClientsAtOnceAreAllServed) {
    options.limits.connections = 50;  // most of these have to be evicted again and again
    start();
    std::vector<std::future<int>> workers;
    for (int worker = 0; worker < 8; ++worker) {
        workers.push_back(std::async(std::launch::async, [&] {
            int served = 0;
            for (int i = 0; i < 50; ++i) {
                Client client(port());
                if (const auto reply = client.ask(get("/")); reply && reply->status == 200) ++served;
            }
            return served;
        }));
    }
    for (auto& worker : workers) EXPECT_EQ(worker.get(), 50);
}

TEST_F(ServerTest, WithoutDescriptorsAnIdleConnectionMakesRoom) {
    start();
    Client idle(port()), busy(port());
    ASSERT_EQ(idle.ask(get("/"))->status, 200);
    ASSERT_EQ(busy.ask(get("/"))->status, 200);
    Client late = Client::unconnected();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    testing::internal::CaptureStderr();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    late.connect(port());
    EXPECT_TRUE(soon([&] { return refused(RefusedFor::descriptors) > 0; }));
    EXPECT_EQ(busy.ask(get("/"))->status, 200);  // served meanwhile
    const auto reply = late.ask(get("/"));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot accept a connection"), std::string::npos);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_TRUE(idle.ends_within(1s));
}

}  // namespace
}  // namespace veritag::server::test
