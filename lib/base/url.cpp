#include "base/url.h"

#include "base/address_policy.h"
#include "base/percent.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace veritag {
namespace {

constexpr std::size_t kMaxUrlBytes = 16 << 10;  // signed URLs of object stores have 1 to 4 KiB
constexpr std::size_t kMaxHostBytes = 253;      // RFC 1035

bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Path and query as they may stand in a request line. Some registries send raw cursors and signatures, so only bytes that
// RFC 3986 allows nowhere are encoded; everything else stays byte for byte, because a signature may cover it.
std::string clean_target(std::string_view text) {
    static constexpr std::string_view kAllowed = "-._~!$&'()*+,;=:@/?%";
    text = text.substr(0, text.find('#'));
    std::string target;
    if (text.empty() || text.front() != '/') target += '/';
    for (const char c : text) {
        if (is_alpha(c) || is_digit(c) || kAllowed.find(c) != std::string_view::npos)
            target += c;
        else
            target += percent_encode({&c, 1});
    }
    return target;
}

Error bad_url(std::string_view text, std::string why) {
    return Error{ErrorCode::protocol, "read URL", url_for_message(text), std::move(why), ""};
}

bool is_host_name(std::string_view host) noexcept {
    return !host.empty() && host.size() <= kMaxHostBytes &&
           std::all_of(host.begin(), host.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
}

// `a:` of `a:b`, where `a` could be a scheme.
bool has_scheme(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_alpha(text.front())) return false;
    return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                       [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

// RFC 3986, 5.2.4, for a path that starts with a slash.
std::string remove_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    const std::vector<std::string_view> parts = split(path.substr(1), '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool last = i + 1 == parts.size();
        if (parts[i] == "..") {
            if (!kept.empty()) kept.pop_back();
            if (last) kept.emplace_back();
        } else if (parts[i] != ".") {
            kept.push_back(parts[i]);
        } else if (last) {
            kept.emplace_back();
        }
    }
    std::string result;
    for (const std::string_view part : kept) result.append("/").append(part);
    return result.empty() ? "/" : result;
}

}  // namespace

std::string Origin::authority() const {
    const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

std::string Origin::host_and_port() const {
    const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return name + ":" + std::to_string(port);
}

std::string_view Url::path() const noexcept {
    const std::string_view text = target;
    return text.substr(0, text.find('?'));
}

std::string Url::str() const { return (origin.tls ? "https://" : "http://") + origin.authority() + target; }

std::string Url::for_messages() const { return origin.authority() + quote(path()); }

Result<Url> parse_url(std::string_view text) {
    if (text.size() > kMaxUrlBytes)
        return bad_url(text, std::to_string(text.size()) + " bytes (limit " + std::to_string(kMaxUrlBytes) + ")");
    Url url;
    std::string_view rest = text;
    if (starts_with_ignoring_case(text, "https://")) {
        rest.remove_prefix(8);
    } else if (starts_with_ignoring_case(text, "http://")) {
        rest.remove_prefix(7);
        url.origin.tls = false;
    } else {
        return bad_url(text, "neither http:// nor https:// stands in front");
    }
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    std::string_view authority = rest.substr(0, end);
    url.target = clean_target(rest.substr(end));
    if (authority.find('@') != std::string_view::npos) return bad_url(text, "it holds user information, which is not followed");

    std::optional<std::string_view> port;
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return bad_url(text, "\"[\" without \"]\" in the host");
        const std::string_view literal = authority.substr(1, close - 1);
        if (literal.find(':') == std::string_view::npos || !parse_address(literal)) return bad_url(text, "the host is no IPv6 address");
        url.origin.host = to_lower(literal);
        const std::string_view after = authority.substr(close + 1);
        if (!after.empty() && after.front() != ':') return bad_url(text, "text between \"]\" and the port");
        if (!after.empty()) port = after.substr(1);
    } else {
        const auto parts = split_once(authority, ':');
        const std::string_view host = parts ? parts->first : authority;
        if (!is_host_name(host)) return bad_url(text, "\"" + quote(host, 80) + "\" is no host name");
        url.origin.host = to_lower(host);
        if (parts) port = parts->second;
    }
    url.origin.port = url.origin.tls ? 443 : 80;
    if (port && !port->empty()) {
        const auto number = parse_u64(*port);
        if (!number || *number == 0 || *number > 65535) return bad_url(text, "\"" + quote(*port, 20) + "\" is no port (1 to 65535)");
        url.origin.port = static_cast<std::uint16_t>(*number);
    }
    return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
    reference = trim(reference);
    if (reference.empty()) return bad_url(reference, "it is empty");
    if (reference.size() > kMaxUrlBytes) return bad_url(reference, "over " + std::to_string(kMaxUrlBytes) + " bytes");
    if (reference.starts_with("//")) return parse_url((base.origin.tls ? "https:" : "http:") + std::string(reference));
    Url url{base.origin, ""};
    if (reference.front() == '/') {
        url.target = clean_target(reference);
    } else if (reference.front() == '?') {
        url.target = clean_target(std::string(base.path()) + std::string(reference));
    } else if (has_scheme(reference)) {
        return parse_url(reference);
    } else {
        const std::string_view folder = base.path().substr(0, base.path().rfind('/') + 1);
        const std::size_t path_end = std::min(reference.find_first_of("?#"), reference.size());
        const std::string path = remove_dot_segments(std::string(folder) + std::string(reference.substr(0, path_end)));
        url.target = clean_target(path + std::string(reference.substr(path_end)));
    }
    return url;
}

void add_query(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target.append(name).append("=").append(percent_encode(value));
}

std::string url_for_message(std::string_view text) {
    text = text.substr(0, text.find_first_of("?#"));
    const std::size_t scheme = text.find("://");
    const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::size_t at = text.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < start) return quote(text);
    return quote(std::string(text.substr(0, start)) + std::string(text.substr(at + 1)));
}

bool is_loopback_host(std::string_view host) {
    if (equals_ignoring_case(host, "localhost")) return true;  // not *.localhost: that may be a name like any other to the resolver
    const auto address = parse_address(host);
    return address && is_loopback(*address);
}

}  // namespace veritag
