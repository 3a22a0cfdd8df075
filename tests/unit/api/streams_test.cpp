// Event streams end with the right to read them.
#include "api/streams.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>

namespace veritag::api {
namespace {

using namespace std::chrono_literals;

server::RequestHead request(const std::string& id) {
    server::RequestHead head;
    head.id = id;
    return head;
}

bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

TEST(Streams, EndOnceTheirReaderMayNotReadAnyMore) {
    std::atomic<bool> revoked = false;
    std::atomic<int> asked = 0;
    Streams streams([&](const server::RequestHead& head) {
        ++asked;
        return head.id != "revoked" || !revoked;
    }, 5ms);
    const auto mine = std::make_shared<server::EventStream>(), other = std::make_shared<server::EventStream>();
    streams.add(mine, request("revoked"));
    streams.add(other, request("other"));
    EXPECT_TRUE(soon([&] { return asked > 10; }));
    EXPECT_TRUE(mine->open() && other->open());
    revoked = true;
    EXPECT_TRUE(soon([&] { return !mine->open(); }));
    const int then = asked;
    EXPECT_TRUE(soon([&] { return asked > then + 5; }));
    EXPECT_TRUE(other->open()) << "nobody else's";
}

TEST(Streams, AreNotKeptAliveAndNotAskedForOnceTheyAreGone) {
    std::atomic<int> asked = 0;
    Streams streams([&](const server::RequestHead&) {
        ++asked;
        return true;
    }, 1ms);
    auto stream = std::make_shared<server::EventStream>();
    const std::weak_ptr<server::EventStream> gone = stream;
    streams.add(stream, request("a"));
    EXPECT_TRUE(soon([&] { return asked > 2; }));
    stream.reset();
    EXPECT_TRUE(soon([&] { return gone.expired(); }));
    std::this_thread::sleep_for(20ms);
    const int then = asked;
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(asked, then);
    const auto next = std::make_shared<server::EventStream>();  // and the thread still works
    streams.add(next, request("b"));
    EXPECT_TRUE(soon([&] { return asked > then; }));
}

}  // namespace
}  // namespace veritag::api
