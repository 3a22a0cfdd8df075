// Requests to services that are no registries: a webhook's receiver, a forge's API, another veritag. One request, one try; who calls
// decides about another one. Registries have a client of their own (registry/client.h), with retries, tokens and streams.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::outbound {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  ///< names and values in order

struct HttpRequest {
    std::string method = "GET";
    std::string url;                   ///< http or https, without user information
    HttpHeaders headers;               ///< credentials go here; none is added but User-Agent and what HTTP needs
    std::string body;
    std::string ca_file;               ///< PEM file with authorities to trust beside the system's; empty: none
    std::chrono::milliseconds timeout{30'000};     ///< for everything, redirects too
    std::uint64_t reply_bytes = 1ULL << 20;        ///< a longer body is an `over_limit` error
    std::string unix_socket;           ///< absolute path of a socket to connect to; the URL's host is then a name only
    /// Whether the connection may end at a loopback, link-local, private or otherwise special address. Judged on the address that is
    /// connected to; where a proxy looks the name up, by the text of the host alone (base/address_policy.h).
    bool allow_internal = false;
    /// How many redirects may be followed: within the origin only, since the headers hold credentials, and for methods other than GET
    /// and HEAD only 307 and 308. Every other redirect is a reply like any other.
    int redirects = 0;
};

struct HttpReply {
    unsigned status = 0;
    HttpHeaders headers;  ///< of the last answer; together at most 64 KiB
    std::string body;

    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;  ///< the first of that name, in any case; empty where absent
};

/// Sends one request and waits for the answer; any status is an answer. Blocks, also for the name lookup, until `timeout` or until
/// `stop` is asked. May be called on many threads at once. TLS is at least 1.2 and verified. Proxies come from the environment
/// (base/proxy.h).
/// Errors: `config` for what is wrong with the request itself, or an address that the policy refuses; `network`, `tls`, `timeout`,
/// `protocol`, `over_limit`, `cancelled`. They name method, host and port, and neither path, query, headers nor body: a webhook's path
/// may be its secret.
Result<HttpReply> fetch(const HttpRequest& request, const std::stop_token& stop);

}  // namespace veritag::outbound
