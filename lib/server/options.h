// How a server is set up.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::server {

/// Where to listen.
struct Endpoint {
    enum class Kind { tcp, unix_socket, descriptor } kind = Kind::tcp;
    std::string host;              ///< tcp: a name or an address; empty for every address of the machine
    std::uint16_t port = 0;        ///< tcp: 0 for any free one
    std::string path;              ///< unix_socket
    unsigned mode = 0660;          ///< unix_socket: permissions of the file
    int descriptor = -1;           ///< descriptor: a listening stream socket, as systemd passes it; stays the caller's
    bool tls = false;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`, `:8080` or `*:8080`, `unix:/run/veritag/api.sock`, `fd:3`.
Result<Endpoint> parse_endpoint(std::string_view text);
std::string to_string(const Endpoint& endpoint);  ///< the same form

struct TlsOptions {
    std::string certificate_file;  ///< PEM: the server's certificate, then those that lead to its CA
    std::string key_file;          ///< PEM, not encrypted
    std::string client_ca_file;    ///< PEM; empty: clients are not asked for a certificate
    bool client_certificate_required = false;  ///< else a client may have none, but not a bad one
};

/// Whether a server could begin with these files: they can be read, and the key is the certificate's.
Result<void> check_tls(const TlsOptions& options);

/// Over a limit of memory or number the reply is an error or the connection ends; the server goes on.
struct ServerLimits {
    std::size_t header_bytes = 16 << 10;       ///< request line and fields: 431, or 414 for the request line
    std::uint64_t body_bytes = 1 << 20;        ///< of a request, where the handler says nothing else: 413
    std::uint64_t all_bodies_bytes = 64 << 20; ///< of all requests being read or handled: 503
    std::size_t connections = 12'000;          ///< beyond, the one longest idle is closed; where none is, the new one
    std::size_t connections_per_address = 1'000;  ///< an IPv6 address stands for its /64; 0 for no limit
    bool limit_loopback = false;               ///< whether that also counts for loopback, where a proxy in front would be
    std::size_t waiting_requests = 1'000;      ///< beyond those that threads work on: 503
    std::size_t event_streams = 256;           ///< 503
    std::size_t requests_per_connection = 10'000;
    friend bool operator==(const ServerLimits&, const ServerLimits&) = default;
};

struct ServerTimes {
    std::chrono::milliseconds handshake{10'000};   ///< TLS
    std::chrono::milliseconds header{10'000};      ///< a whole head from its first byte on, and the first one from the connection on
    std::chrono::milliseconds body{30'000};        ///< a whole body, and as much longer as its bytes take at `body_bytes_per_second`
    std::uint64_t body_bytes_per_second = 16 << 10;
    std::chrono::milliseconds idle{60'000};        ///< between two requests
    std::chrono::milliseconds write_stall{30'000}; ///< a reply of which the client takes nothing
    std::uint64_t reply_bytes_per_second = 1 << 10;  ///< and a client that takes a little now and then has no longer than this gives it
    std::chrono::milliseconds heartbeat{15'000};   ///< a comment in an event stream where nothing else is sent
    std::chrono::milliseconds linger{2'000};       ///< after the last reply, for a client that still sends
    friend bool operator==(const ServerTimes&, const ServerTimes&) = default;
};

struct ServerOptions {
    std::vector<Endpoint> endpoints;
    std::optional<TlsOptions> tls;  ///< needed where an endpoint asks for it
    ServerLimits limits;
    ServerTimes times;
    std::size_t threads = 4;  ///< that run handlers
};

}  // namespace veritag::server
