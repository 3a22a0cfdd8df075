// A request as handlers see it.
#pragma once

#include "server/headers.h"
#include "server/target.h"

#include <any>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::server {

/// Who is at the other end of the connection.
struct Peer {
    std::string address;     ///< `192.0.2.7`, `2001:db8::1`; an IPv4 address behind IPv6 as IPv4; `unix` for a Unix socket
    std::uint16_t port = 0;  ///< 0 for a Unix socket

    /// Of a Unix socket, as the kernel knows it.
    struct Process {
        std::uint32_t uid = 0;
        std::uint32_t gid = 0;
        std::int32_t pid = 0;
    };
    std::optional<Process> process;

    /// Of a TLS connection.
    struct Tls {
        std::string version;                    ///< `TLSv1.3`
        std::string certificate_subject;        ///< RFC 2253, `CN=hub,O=example`, other bytes than visible ASCII escaped; empty without a certificate
        std::string certificate_sha256;         ///< of its DER form, lower case hex
        bool certificate_verified = false;      ///< it is there and its chain leads to the client CA file
    };
    std::optional<Tls> tls;
};

/// All but the body.
struct RequestHead {
    std::string method;  ///< GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS
    std::string raw_target;
    Target target;       ///< decoded path, its segments, the query
    Headers headers;
    std::optional<std::uint64_t> content_length;  ///< 0 without a body; nullopt where it comes in chunks
    Peer peer;
    std::string id;  ///< the client's X-Request-Id where that is short and clean, else 128 random bits in hex; goes back in the reply
    std::chrono::system_clock::time_point received;
};

struct Request : RequestHead {
    std::string body;
    std::any attachment;   ///< what `admit()` handed on
    std::stop_token stop;  ///< requested when the server stops and the time to end in is over; nobody reads the reply then
};

/// A client's X-Request-Id that may stand in logs and replies: 1 to 64 letters, digits and `._-`.
bool is_clean_request_id(std::string_view text) noexcept;
std::string make_request_id();

}  // namespace veritag::server
