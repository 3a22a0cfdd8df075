// Event streams, and how a server ends.
#include "fixture.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace veritag::server::test {
namespace {

using Clock = std::chrono::steady_clock;
using End = EventStream::End;

class EventsTest : public ServerTest {
protected:
    EventsTest() {
        handler.on_request = [this](const Request& request) {
            if (request.target.path != "/events") return no_content();
            auto stream = std::make_shared<EventStream>(buffer_bytes);
            stream->on_end([this](End how) {
                const std::lock_guard lock(mutex);
                ends.push_back(how);
            });
            const std::lock_guard lock(mutex);
            streams.push_back(stream);
            return event_reply(stream);
        };
    }
    ~EventsTest() override { server.reset(); }  // before what its streams report to

    std::shared_ptr<EventStream> stream(std::size_t number = 0) {
        soon([&] {
            const std::lock_guard lock(mutex);
            return streams.size() > number;
        });
        const std::lock_guard lock(mutex);
        return streams.at(number);
    }
    bool ended(End how) {
        return soon([&] {
            const std::lock_guard lock(mutex);
            return !ends.empty() && ends.back() == how;
        });
    }

    std::size_t buffer_bytes = 256 << 10;
    std::mutex mutex;
    std::vector<std::shared_ptr<EventStream>> streams;
    std::vector<End> ends;
};

TEST_F(EventsTest, ArriveAsTheyAreSent) {
    start();
    Client client(port());
    const auto head = client.ask(get("/events"));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->header("Content-Type"), "text/event-stream");
    EXPECT_EQ(head->header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(head->header("Cache-Control"), "no-store");
    EXPECT_EQ(server->counters().event_streams_open, 1U);
    EXPECT_TRUE(stream()->send("scan", "1"));
    EXPECT_TRUE(client.wait_for("15\r\nevent: scan\ndata: 1\n\n\r\n")) << client.buffer;
    stream()->send("scan", "2", "7");
    stream()->close();
    EXPECT_TRUE(client.wait_for("event: scan\nid: 7\ndata: 2\n\n\r\n0\r\n\r\n")) << client.buffer;
    EXPECT_TRUE(client.ends_within(2s));
    EXPECT_TRUE(ended(End::closed));
    EXPECT_FALSE(stream()->send("scan", "3"));
    EXPECT_TRUE(soon([&] { return server->counters().event_streams_open == 0; }));
}

TEST_F(EventsTest, OldClientsGetThemWithoutChunks) {
    start();
    Client client(port());
    client.send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_TRUE(client.wait_for("\r\n\r\n"));
    EXPECT_EQ(client.buffer.find("chunked"), std::string::npos);
    EXPECT_NE(client.buffer.find("Connection: close"), std::string::npos);
    client.buffer.clear();
    stream()->send("a", "b");
    stream()->close();
    EXPECT_TRUE(client.ends_within(2s));
    EXPECT_EQ(client.buffer, "event: a\ndata: b\n\n");
}

TEST_F(EventsTest, AreKeptAlive) {
    options.times.heartbeat = 30ms;
    start();
    Client client(port());
    ASSERT_TRUE(client.ask(get("/events")));
    const auto began = Clock::now();
    EXPECT_TRUE(client.wait_for("3\r\n:\n\n\r\n3\r\n:\n\n\r\n"));
    EXPECT_GE(Clock::now() - began, 45ms);
}

TEST_F(EventsTest, TheOwnerLearnsThatTheClientIsGone) {
    start();
    {
        Client client(port());
        ASSERT_TRUE(client.ask(get("/events")));
        stream()->send("a", "b");
        ASSERT_TRUE(client.wait_for("data: b"));
    }
    EXPECT_TRUE(ended(End::client_gone));
    EXPECT_FALSE(stream()->open());
}

TEST_F(EventsTest, ASlowReaderIsDropped) {
    buffer_bytes = 100'000;
    start();
    Client client(port());
    ASSERT_TRUE(client.ask(get("/events")));
    const std::string large(20'000, 'x');
    bool dropped = false;
    for (int i = 0; i < 2000 && !dropped; ++i) {
        dropped = !stream()->send("a", large);
        if (i % 4 == 3) std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(dropped);
    EXPECT_TRUE(ended(End::too_slow));
    EXPECT_TRUE(soon([&] { return server->counters().connections_open == 0; }));
}

TEST_F(EventsTest, AReaderThatKeepsUpGetsAll) {
    start();
    Client client(port());
    ASSERT_TRUE(client.ask(get("/events")));
    std::thread feeder([&] {
        for (int i = 0; i < 500; ++i) {
            ASSERT_TRUE(stream()->send("a", std::string(1000, 'x')));
            if (i % 50 == 0) std::this_thread::sleep_for(1ms);
        }
        stream()->send("last", "");
        stream()->close();
    });
    EXPECT_TRUE(client.wait_for("event: last\ndata: \n\n\r\n0\r\n\r\n"));
    feeder.join();
    std::size_t events = 0;
    for (std::size_t at = client.buffer.find("event: a"); at != std::string::npos; at = client.buffer.find("event: a", at + 1)) ++events;
    EXPECT_EQ(events, 500U);
}

TEST_F(EventsTest, HaveALimit) {
    options.limits.event_streams = 1;
    start();
    Client first(port()), second(port());
    ASSERT_EQ(first.ask(get("/events"))->status, 200);
    const auto reply = second.ask(get("/events"));
    EXPECT_EQ(reply->status, 503);
    EXPECT_TRUE(ended(End::not_sent));
    EXPECT_EQ(second.ask(get("/"))->status, 204);
}

TEST_F(EventsTest, HeadDoesNotBeginOne) {
    start();
    Client client(port());
    const auto head = client.ask("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->header("Content-Type"), "text/event-stream");
    EXPECT_TRUE(ended(End::not_sent));
    EXPECT_TRUE(client.ends_within(2s));
    EXPECT_EQ(client.buffer, "");
}

TEST_F(EventsTest, EndWithTheServer) {
    start();
    Client client(port());
    ASSERT_TRUE(client.ask(get("/events")));
    stream()->send("a", "last");
    EXPECT_TRUE(server->stop(5s));
    EXPECT_TRUE(client.wait_for("data: last\n\n\r\n0\r\n\r\n")) << client.buffer;
    EXPECT_TRUE(ended(End::shutdown));
    const auto kept = stream();
    server.reset();
    EXPECT_FALSE(kept->send("a", "to nobody"));  // the owner may be the last to know
}

// ---- the end ----

TEST_F(ServerTest, StopClosesIdleConnectionsAndRefusesNewOnes) {
    start();
    Client idle(port());
    ASSERT_EQ(idle.ask(get("/"))->status, 200);
    Client silent(port());
    ASSERT_TRUE(soon([&] { return server->counters().connections_open == 2; }));
    const int taken = port();
    EXPECT_TRUE(server->stop(5s));
    EXPECT_TRUE(idle.ends_within(1s));
    EXPECT_TRUE(silent.ends_within(1s));
    EXPECT_FALSE(Client(taken).connected());
    EXPECT_TRUE(server->stop(5s));  // again is nothing new
}

TEST_F(ServerTest, StopLetsRequestsEnd) {
    std::atomic<bool> begun = false;
    handler.on_request = [&](const Request& request) {
        begun = true;
        std::this_thread::sleep_for(100ms);
        return reply(200, "text/plain", request.body);
    };
    start();
    Client working(port());
    working.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    ASSERT_TRUE(soon([&] { return begun.load(); }));
    Client sending(port());
    sending.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nde");
    ASSERT_TRUE(soon([&] { return server->counters().bytes_in > 90; }));
    std::thread stopper([&] { EXPECT_TRUE(server->stop(5s)); });
    const auto first = working.receive();
    EXPECT_EQ(first->body, "abc");
    EXPECT_EQ(first->header("Connection"), "close");
    EXPECT_EQ(sending.ask("f")->body, "def");
    EXPECT_TRUE(working.ends_within(2s));
    EXPECT_TRUE(sending.ends_within(2s));
    { Client gone(std::move(working)), too(std::move(sending)); }
    stopper.join();
}

TEST_F(ServerTest, StopCutsWhatDoesNotEnd) {
    std::atomic<bool> begun = false;
    std::atomic<bool> told = false;
    handler.on_request = [&](const Request& request) {
        begun = true;
        while (!request.stop.stop_requested()) std::this_thread::sleep_for(1ms);
        told = true;
        std::this_thread::sleep_for(50ms);  // and takes its time even so
        return no_content();
    };
    start();
    Client client(port());
    client.send(get("/"));
    ASSERT_TRUE(soon([&] { return begun.load(); }));
    Client half(port());
    half.send("GET / HT");
    const auto began = Clock::now();
    EXPECT_FALSE(server->stop(100ms));
    EXPECT_LT(Clock::now() - began, 1s);
    EXPECT_TRUE(client.ends_within(1s));
    EXPECT_EQ(client.buffer, "");
    EXPECT_TRUE(half.ends_within(1s));
    EXPECT_FALSE(server->stop(5s));  // what happened stays true
    server.reset();                  // waits for the handler
    EXPECT_TRUE(told);
}

TEST_F(ServerTest, RequestsThatWaitWhenItIsCutAreNotBegun) {
    std::atomic<int> begun = 0;
    options.threads = 1;
    handler.on_request = [&](const Request& request) {
        ++begun;
        while (!request.stop.stop_requested()) std::this_thread::sleep_for(1ms);
        return no_content();
    };
    start();
    std::vector<Client> clients;
    for (int i = 0; i < 5; ++i) {
        clients.emplace_back(port());
        clients.back().send(get("/"));
    }
    ASSERT_TRUE(soon([&] { return server->counters().requests_in_work == 5; }));
    EXPECT_FALSE(server->stop(10ms));
    server.reset();
    EXPECT_EQ(begun, 1);
}

TEST_F(ServerTest, TheDestructorStops) {
    start();
    Client idle(port());
    ASSERT_EQ(idle.ask(get("/"))->status, 200);
    server.reset();
    EXPECT_TRUE(idle.ends_within(1s));
    Server never_started(options, handler);
    EXPECT_TRUE(never_started.stop(1s));
}

TEST_F(ServerTest, ManyServersComeAndGoWhileClientsAreBusy) {
    for (int round = 0; round < 10; ++round) {
        start();
        const int where = port();
        std::atomic<bool> go_on = true;
        std::vector<std::thread> clients;
        for (int i = 0; i < 4; ++i) {
            clients.emplace_back([&] {
                while (go_on) {
                    Client client(where);
                    client.patience = 1000ms;
                    if (!client.connected()) continue;
                    client.ask(get("/"));
                    client.send(get("/"));
                }
            });
        }
        soon([&] { return server->counters().connections_accepted > 20; });
        server->stop(round % 2 == 0 ? 0ms : 1000ms);
        server.reset();
        go_on = false;
        for (std::thread& client : clients) client.join();
    }
}

}  // namespace
}  // namespace veritag::server::test
