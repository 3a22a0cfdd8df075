// A server on a free port of loopback with a handler made of two functions, and short times.
#pragma once

#include "client.h"
#include "server/server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace veritag::server::test {

using namespace std::chrono_literals;

class TestHandler final : public Handler {
public:
    std::function<Admission(const RequestHead&)> on_admit = [](const RequestHead&) { return Admission(); };
    std::function<Response(const Request&)> on_request = [](const Request& request) {
        return reply(200, "text/plain", request.method + " " + request.target.path + " " + request.body);
    };

    Admission admit(const RequestHead& request) override { return on_admit(request); }
    Response handle(const Request& request) override { return on_request(request); }
};

class ServerTest : public testing::Test {
protected:
    ServerTest() {
        Endpoint endpoint;
        endpoint.host = "127.0.0.1";
        options.endpoints = {endpoint};
        options.threads = 2;
    }
    /// Times that a test can wait for.
    void hurry() {
        options.times.handshake = options.times.header = options.times.body = options.times.idle = options.times.write_stall = 200ms;
        options.times.linger = 100ms;
    }
    void start() {
        server = std::make_unique<Server>(options, handler);
        const Result<void> started = server->start();
        ASSERT_TRUE(started) << started.error().message();
    }
    [[nodiscard]] int port(std::size_t endpoint = 0) const { return server->endpoints().at(endpoint).port; }
    [[nodiscard]] std::uint64_t refused(RefusedFor reason) const { return server->counters().refused[static_cast<std::size_t>(reason)]; }
    /// Counters are written by another thread than the one that sends: waits until `holds`.
    static bool soon(const std::function<bool()>& holds) {
        const auto until = std::chrono::steady_clock::now() + 5s;
        while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(1ms);
        return holds();
    }

    ServerOptions options;
    TestHandler handler;
    std::unique_ptr<Server> server;
};

/// A folder for one test.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "veritag-server-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace veritag::server::test
