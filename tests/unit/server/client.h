// A blocking HTTP client that sends what it is told, byte for byte, and shares no code with the server.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::server::test {

struct Reply {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& name) const;
};

/// What a TLS client brings along.
struct ClientTls {
    std::string certificate_file;  ///< empty for none
    std::string key_file;
    std::string alpn;  ///< one protocol; empty for no ALPN
    int max_version = 0;
};

class Client {
public:
    explicit Client(int port, const std::string& from = "127.0.0.1");
    static Client unconnected();
    void connect(int port);
    static Client to_unix(const std::string& path);
    Client(Client&& other) noexcept;
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const noexcept { return fd_ >= 0; }
    bool start_tls(const ClientTls& tls = {});
    [[nodiscard]] std::string server_certificate() const;  ///< its subject

    bool send(std::string_view bytes);
    void finish_sending();
    /// The next reply; nullopt where the connection ends before one is complete, or nothing comes in time. `head_only`: of a HEAD request.
    std::optional<Reply> receive(bool head_only = false);
    std::optional<Reply> ask(std::string_view request);
    /// Reads on until `text` was seen; false where it never comes.
    bool wait_for(std::string_view text);
    /// True where the server ends the connection within `time`; what comes before that is kept in `buffer`.
    bool ends_within(std::chrono::milliseconds time);

    std::string buffer;  ///< read and not used yet
    std::chrono::milliseconds patience{5'000};

private:
    Client() = default;
    enum class Got { bytes, end, nothing };
    Got read(std::chrono::milliseconds time);

    int fd_ = -1;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, &SSL_free};
};

/// `GET /path` with a Host and perhaps further lines, each with its CR LF.
std::string get(const std::string& target, const std::string& more = {});

}  // namespace veritag::server::test
