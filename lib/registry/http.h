// One HTTP/1.1 exchange after another over pooled connections: TCP, proxy, TLS, timeouts. It knows no redirects, retries or
// tokens. Private to the module: it shows Asio types. Everything runs on the I/O thread.
#pragma once

#include "base/proxy.h"
#include "base/url.h"
#include "registry/client.h"
#include "registry/retry.h"
#include "registry/waiting.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::registry {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string what;  ///< the action for messages: `fetch manifest`
    std::string method = "GET";
    Url url;
    Headers headers;
    std::string body;
    bool internal_allowed = true;  ///< may the connection end at a loopback or private address

    [[nodiscard]] std::string where() const { return method + " " + url.for_messages(); }
};

struct ReplyHead {
    unsigned status = 0;
    Headers headers;
    std::optional<std::uint64_t> content_length;
    bool peer_internal = false;  ///< the server has a loopback or private address

    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;  ///< the first one, empty where absent
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
};

/// A reply whose head was read. Destroying it gives the connection back if the body was read to its end, else closes it.
class Exchange {
public:
    virtual ~Exchange() = default;
    [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
    [[nodiscard]] const ReplyHead& head() const noexcept { return head_; }
    /// The next bytes of the body, as many as came; 0 is its end.
    virtual asio::awaitable<Tried<std::size_t>> read_some(std::span<std::byte> into, CancelScope& scope) = 0;
    /// The connection shall not be used again.
    virtual void drop_connection() noexcept = 0;

protected:
    HttpRequest request_;
    ReplyHead head_;
};

/// The error for a call that was cancelled.
Failure cancelled(const HttpRequest& request);

class HttpClient {
public:
    HttpClient(asio::io_context& io, const ClientOptions& options, ProxySettings proxies);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// An unusable CA file, known from the start.
    [[nodiscard]] const std::optional<Error>& setup_error() const noexcept;

    /// Sends and reads the reply's head. Waits while the origin has `connections_per_host` exchanges under way. A reused connection
    /// that turns out closed is replaced once, silently, where the method may be repeated.
    asio::awaitable<Tried<std::unique_ptr<Exchange>>> send(HttpRequest request, CancelScope& scope);

    /// Closes idle connections; nothing keeps the I/O thread busy afterwards but exchanges under way.
    void shut_down();

    [[nodiscard]] std::uint64_t bytes_fetched() const noexcept;  ///< of bodies; any thread

    class Impl;  // public: the exchanges give their connections back to it

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace veritag::registry
