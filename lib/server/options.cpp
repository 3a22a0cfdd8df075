#include "server/options.h"

#include "base/text.h"

#include <limits>

namespace veritag::server {
namespace {

Error bad_endpoint(std::string_view text, std::string_view why) {
    return Error{ErrorCode::config, "read endpoint", quote(text), std::string(why), "as 127.0.0.1:8080, [::1]:8080, :8080, unix:/run/veritag/api.sock or fd:3"};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    Endpoint endpoint;
    if (text.starts_with("unix:")) {
        endpoint.kind = Endpoint::Kind::unix_socket;
        endpoint.path = text.substr(5);
        if (!endpoint.path.starts_with('/') || endpoint.path.find('\0') != std::string::npos) return bad_endpoint(text, "the path of a Unix socket begins with a slash");
        return endpoint;
    }
    if (text.starts_with("fd:")) {
        const auto number = parse_u64(text.substr(3));
        if (!number || *number > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) return bad_endpoint(text, "not the number of a descriptor");
        endpoint.kind = Endpoint::Kind::descriptor;
        endpoint.descriptor = static_cast<int>(*number);
        return endpoint;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad_endpoint(text, "no port");
    const auto port = parse_u64(text.substr(colon + 1));
    if (!port || *port > 65535) return bad_endpoint(text, "the port is no number up to 65535");
    endpoint.port = static_cast<std::uint16_t>(*port);
    std::string_view host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    const bool v6 = host.find(':') != std::string_view::npos && host.find_first_of("[]") == std::string_view::npos;
    if (brackets && !v6) return bad_endpoint(text, "no IPv6 address between the brackets");
    if (!brackets && host.find_first_of(":[]") != std::string_view::npos) return bad_endpoint(text, "an IPv6 address stands in brackets");
    if (host != "*") endpoint.host = host;
    return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
    switch (endpoint.kind) {
        case Endpoint::Kind::unix_socket: return "unix:" + endpoint.path;
        case Endpoint::Kind::descriptor: return "fd:" + std::to_string(endpoint.descriptor);
        case Endpoint::Kind::tcp: break;
    }
    const bool v6 = endpoint.host.find(':') != std::string::npos;
    return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace veritag::server
