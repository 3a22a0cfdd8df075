// A scriptable HTTP(S) server on loopback, for faults that no real registry shows on request. It speaks plain POSIX sockets, so that
// it shares no code with the client under test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace veritag::test {

struct MockRequest {
    std::string method;  ///< "TLS" for a handshake that met a server without TLS
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    int connection = 0;  ///< counts from 1; equal numbers came over one connection

    [[nodiscard]] std::string header(const std::string& name) const;  ///< empty where absent
    [[nodiscard]] std::string path() const;                           ///< target without its query
};

struct MockReply {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::optional<std::uint64_t> declared_length;  ///< Content-Length that differs from the body's
    std::optional<std::size_t> cut_after;          ///< closes after this many bytes of the body
    bool close_quietly = false;                    ///< closes after the reply without announcing it
    bool chunked = false;                          ///< no Content-Length
    bool close_at_once = false;                    ///< closes instead of answering
    bool stall = false;                            ///< after head and `cut_after` bytes: keeps silent until the peer goes
    std::chrono::milliseconds drip{0};             ///< pause before each byte of the body
    int tunnel_to = 0;                             ///< CONNECT: 200, then bytes to and from this port of 127.0.0.1
};

MockReply reply(int status, std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {});

/// `blob`, or the part of it that a Range header asks for.
MockReply serve_range(const MockRequest& request, const std::string& blob);

struct MockTls {
    std::string certificate_file;  ///< PEM, with its chain
    std::string key_file;
};

/// Listens from construction to destruction. The handler runs on the connection's thread, one call at a time.
class MockServer {
public:
    using Handler = std::function<MockReply(const MockRequest&)>;
    explicit MockServer(Handler handler, std::optional<MockTls> tls = std::nullopt);
    ~MockServer();
    MockServer(const MockServer&) = delete;
    MockServer& operator=(const MockServer&) = delete;

    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::string url(const std::string& target) const;
    [[nodiscard]] std::vector<MockRequest> requests() const;                            ///< in order of arrival
    [[nodiscard]] std::vector<MockRequest> requests_to(const std::string& path) const;  ///< those whose path is `path`
    [[nodiscard]] int connections() const noexcept { return connections_; }

private:
    class Wire;
    void accept_loop();
    void serve(int fd, int number);
    bool answer(Wire& wire, const MockRequest& request, const MockReply& reply);
    void tunnel(Wire& wire, int port);

    Handler handler_;
    std::shared_ptr<void> tls_context_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    mutable std::mutex mutex_;
    std::mutex handler_mutex_;
    std::vector<MockRequest> requests_;
    std::vector<int> open_;  // sockets to shut down at the end
    bool stopping_ = false;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace veritag::test
