// Proxy choice from the environment, as curl and Go do it: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY in either case.
#pragma once

#include "base/result.h"
#include "base/url.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace veritag {

struct ProxySettings {
    std::string http;      ///< proxy URL for http targets, empty for none
    std::string https;     ///< for https targets
    std::string no_proxy;  ///< comma-separated exceptions
};

/// A variable's value, empty where it is not set.
using Environment = std::function<std::string(const char*)>;

/// The variables of this process.
std::string process_environment(const char* name);

/// Lower case wins. Upper-case HTTP_PROXY is ignored where REQUEST_METHOD is set: in a CGI program it is a request header
/// (CVE-2016-5385).
ProxySettings proxy_settings(const Environment& environment);

struct Proxy {
    Origin origin;
    std::string authorization;  ///< value of Proxy-Authorization, empty for none
};

/// The proxy on the way to `target`; nullopt where it is reached directly. Loopback is never proxied. A proxy that veritag cannot
/// speak to (SOCKS, TLS to the proxy itself) is a `config` error.
Result<std::optional<Proxy>> proxy_for(const ProxySettings& settings, const Origin& target);

/// `*`; `host`, `.host` and `*.host` (each with the names below it), an address, a CIDR block; all but `*` and blocks with `:port`.
bool bypasses_proxy(std::string_view no_proxy, const Origin& target);

}  // namespace veritag
