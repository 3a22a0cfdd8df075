// Absolute http and https URLs, as far as a registry client needs them (RFC 3986). Every URL but the first comes from a server.
#pragma once

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace veritag {

/// Scheme, host and port: what credentials and connections are bound to.
struct Origin {
    bool tls = true;
    std::string host;  ///< lower case; an IPv6 literal stands without brackets
    std::uint16_t port = 443;
    friend auto operator<=>(const Origin&, const Origin&) = default;

    /// `host` or `host:port`, the port left out where it is the scheme's own; IPv6 in brackets. Right for the Host header too.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] std::string host_and_port() const;  ///< the same with the port always there, as CONNECT wants it
};

struct Url {
    Origin origin;
    std::string target = "/";  ///< path and query, only bytes that may stand in a request line

    [[nodiscard]] std::string_view path() const noexcept;  ///< without the query
    [[nodiscard]] std::string str() const;                 ///< whole; the query may hold a signature, so never for messages
    [[nodiscard]] std::string for_messages() const;        ///< `hub.example/v2/x`, without scheme and query, quoted
};

/// An http or https URL without user information. Bytes that may not stand in a path or query are percent-encoded.
Result<Url> parse_url(std::string_view text);

/// `reference` as seen from `base`: absolute, `//host/x`, `/x`, `?x` or a relative path.
Result<Url> resolve_url(const Url& base, std::string_view reference);

/// `target` with another parameter at the end of its query; `value` is encoded here.
void add_query(std::string& target, std::string_view name, std::string_view value);

/// A URL of unknown make without user information, query and fragment, quoted: fit for a message.
std::string url_for_message(std::string_view text);

/// localhost, *.localhost, 127.0.0.0/8 and ::1, by their text alone.
bool is_loopback_host(std::string_view host);

}  // namespace veritag
