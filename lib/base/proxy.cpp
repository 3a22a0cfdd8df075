#include "base/proxy.h"

#include "base/address_policy.h"
#include "base/base64.h"
#include "base/percent.h"
#include "base/text.h"

#include <algorithm>
#include <cstdlib>

namespace veritag {
namespace {

std::string either(const Environment& environment, const char* lower, const char* upper) {
    std::string value = environment(lower);
    return value.empty() ? environment(upper) : value;
}

bool in_block(const Address& address, std::string_view block) {
    const auto parts = split_once(block, '/');
    const auto network = parse_address(parts->first);
    auto bits = parse_u64(parts->second);
    if (!network || !bits) return false;
    const bool v4 = parts->first.find(':') == std::string_view::npos;
    if (*bits > (v4 ? 32U : 128U)) return false;
    if (v4) *bits += 96;  // addresses are compared in their mapped form
    for (std::size_t i = 0; i < *bits; ++i) {
        const int shift = 7 - static_cast<int>(i % 8);
        if (((address[i / 8] ^ (*network)[i / 8]) >> shift & 1) != 0) return false;
    }
    return true;
}

// An entry with its port split off: `host:8080`, `[::1]:8080`; a bare IPv6 address has colons but no port.
struct Exception {
    std::string_view host;
    std::optional<std::uint64_t> port;
};

Exception read_exception(std::string_view entry) {
    if (!entry.empty() && entry.front() == '[') {
        const std::size_t close = entry.find(']');
        if (close == std::string_view::npos) return {entry, std::nullopt};
        const std::string_view after = entry.substr(close + 1);
        return {entry.substr(1, close - 1), after.starts_with(':') ? parse_u64(after.substr(1)) : std::nullopt};
    }
    if (std::count(entry.begin(), entry.end(), ':') != 1) return {entry, std::nullopt};
    const auto parts = split_once(entry, ':');
    return {parts->first, parse_u64(parts->second)};
}

}  // namespace

std::string process_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

ProxySettings proxy_settings(const Environment& environment) {
    ProxySettings settings;
    const bool cgi = !environment("REQUEST_METHOD").empty();
    settings.http = cgi ? environment("http_proxy") : either(environment, "http_proxy", "HTTP_PROXY");
    settings.https = either(environment, "https_proxy", "HTTPS_PROXY");
    const std::string all = either(environment, "all_proxy", "ALL_PROXY");
    if (settings.http.empty()) settings.http = all;
    if (settings.https.empty()) settings.https = all;
    settings.no_proxy = either(environment, "no_proxy", "NO_PROXY");
    return settings;
}

bool bypasses_proxy(std::string_view no_proxy, const Origin& target) {
    const auto address = parse_address(target.host);
    for (const std::string_view part : split(no_proxy, ',')) {
        const std::string_view entry = trim(part);
        if (entry.empty()) continue;
        if (entry == "*") return true;
        if (entry.find('/') != std::string_view::npos) {
            if (address && in_block(*address, entry)) return true;
            continue;
        }
        Exception exception = read_exception(entry);
        if (exception.port && *exception.port != target.port) continue;
        if (const auto literal = parse_address(exception.host)) {
            if (address && *address == *literal) return true;
            continue;
        }
        if (exception.host.starts_with("*.")) exception.host.remove_prefix(1);
        if (exception.host.starts_with('.')) exception.host.remove_prefix(1);
        const std::string name = to_lower(exception.host);
        if (!name.empty() && (target.host == name || target.host.ends_with("." + name))) return true;
    }
    return false;
}

Result<std::optional<Proxy>> proxy_for(const ProxySettings& settings, const Origin& target) {
    const std::string& text = target.tls ? settings.https : settings.http;
    if (text.empty() || is_loopback_host(target.host) || bypasses_proxy(settings.no_proxy, target)) return std::optional<Proxy>();

    const auto refuse = [&](std::string why) {
        // Never the text before the last "@": that is user and password, in whatever way they are written.
        const std::size_t at = text.rfind('@');
        const std::size_t scheme_end = text.find("://");
        const std::string scheme = scheme_end < at && text.find_first_of(":@") == scheme_end ? text.substr(0, scheme_end + 3) : "";
        return Error{ErrorCode::config, "read proxy setting", quote(at == std::string::npos ? text : scheme + text.substr(at + 1)), std::move(why),
                     "set it to http://[user:password@]host:port"};
    };
    std::string_view rest = text;
    const std::size_t scheme_end = rest.find("://");
    if (scheme_end != std::string_view::npos) {
        if (!equals_ignoring_case(rest.substr(0, scheme_end), "http")) return refuse("only http:// proxies are supported");
        rest.remove_prefix(scheme_end + 3);
    }
    Proxy proxy;
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view user_info = rest.substr(0, at);
        const auto parts = split_once(user_info, ':');
        proxy.authorization =
            basic_authorization(percent_decode(parts ? parts->first : user_info), percent_decode(parts ? parts->second : ""));
        rest.remove_prefix(at + 1);
    }
    rest = rest.substr(0, rest.find_first_of("/?#"));
    const Result<Url> url = parse_url("http://" + std::string(rest));
    if (!url) return refuse(url.error().saw);
    proxy.origin = url->origin;
    return std::optional<Proxy>(std::move(proxy));
}

}  // namespace veritag
