#include "server/request_head.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace veritag::server {
namespace {

constexpr std::string_view kLineBreak = "\r\n";
constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

Refusal bad_request(std::string detail) { return Refusal{400, std::move(detail)}; }

std::optional<Refusal> read_version(std::string_view version, ParsedHead& head) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    constexpr std::string_view kName = "HTTP/";
    if (version.size() != kName.size() + 3 || !version.starts_with(kName) || !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
        return bad_request("The request line does not end with a version of HTTP.");
    if (version[5] != '1' || version[7] > '1') return Refusal{505, "This server speaks HTTP/1.1."};
    head.minor = version[7] - '0';
    return std::nullopt;
}

bool is_host(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("-._~%:[]!$&'()*+;=").find(c) != std::string_view::npos;
    });
}

std::optional<Refusal> check_host(const ParsedHead& head) {
    const std::vector<std::string_view> hosts = head.headers.all("Host");
    if (hosts.size() > 1) return bad_request("There is more than one Host field.");
    if (hosts.empty() && head.minor == 1) return bad_request("The Host field is missing.");
    if (!hosts.empty() && !is_host(hosts.front())) return bad_request("The Host field is no host name.");
    return std::nullopt;
}

// Absolute form (RFC 9112, 3.2.2): servers must take it. Where it and Host disagree, somebody before us may have looked at the other one.
std::optional<Refusal> read_target(ParsedHead& head) {
    std::string target = head.raw_target;
    if (!target.starts_with('/')) {
        const bool tls = starts_with_ignoring_case(target, "https://");
        if (!tls && !starts_with_ignoring_case(target, "http://")) return bad_request("The request target is neither a path nor an http URL.");
        const std::string_view rest = std::string_view(head.raw_target).substr(tls ? 8 : 7);
        const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
        if (authority.empty() || !is_host(authority)) return bad_request("The request target names no host.");
        if (head.headers.has("Host") && !equals_ignoring_case(head.headers.get("Host"), authority))
            return bad_request("The request target names another host than the Host field.");
        target = rest.substr(authority.size());
        if (!target.starts_with('/')) target.insert(0, "/");
    }
    Result<Target> parsed = parse_target(target);
    if (!parsed) return bad_request("The request target cannot be read: " + parsed.error().saw + ".");
    head.target = std::move(*parsed);
    return std::nullopt;
}

std::optional<Refusal> read_request_line(std::string_view line, ParsedHead& head) {
    const std::size_t first = line.find(' ');
    const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos || second == first + 1)
        return bad_request("The request line is not a method, a target and a version with one space between them.");
    head.method = line.substr(0, first);
    head.raw_target = line.substr(first + 1, second - first - 1);
    if (!is_token(head.method)) return bad_request("The method is no token.");
    if (auto refused = read_version(line.substr(second + 1), head)) return refused;
    if (std::find(kMethods.begin(), kMethods.end(), head.method) == kMethods.end()) return Refusal{501, "This method is not known here."};
    return std::nullopt;
}

// RFC 9112, 6.1 and 6.3. What would be allowed of a proxy, and has no use, is refused: a list of equal lengths, other codings.
std::optional<Refusal> read_framing(ParsedHead& head) {
    const std::vector<std::string_view> lengths = head.headers.all("Content-Length");
    const std::vector<std::string_view> codings = head.headers.all("Transfer-Encoding");
    if (!codings.empty()) {
        if (!lengths.empty()) return bad_request("There are Content-Length and Transfer-Encoding, and they cannot both be right.");
        if (head.minor == 0) return bad_request("HTTP/1.0 has no Transfer-Encoding.");
        if (codings.size() > 1 || !equals_ignoring_case(codings.front(), "chunked")) return Refusal{501, "The only Transfer-Encoding known here is chunked, alone."};
        head.framing = Framing::chunked;
        return std::nullopt;
    }
    if (lengths.empty()) return std::nullopt;
    const std::optional<std::uint64_t> length = parse_u64(lengths.front());
    if (lengths.size() > 1 || !length) return bad_request("Content-Length is not one decimal number.");
    head.framing = Framing::length;
    head.content_length = *length;
    return std::nullopt;
}

std::optional<Refusal> read_wishes(ParsedHead& head) {
    const bool close = head.headers.has_element("Connection", "close");
    head.keep_alive = !close && (head.minor == 1 || head.headers.has_element("Connection", "keep-alive"));
    if (head.minor == 0 || !head.headers.has("Expect")) return std::nullopt;
    if (!equals_ignoring_case(head.headers.get("Expect"), "100-continue")) return Refusal{417, "The only expectation known here is 100-continue."};
    head.expects_continue = head.has_body();
    return std::nullopt;
}

}  // namespace

HeadEnd find_head_end(std::string_view bytes, std::size_t from) {
    for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
        if (at == 0 || bytes[at - 1] != '\r') return {HeadEnd::Kind::malformed, at};
        if (at == 1) continue;  // one empty line before the request line is passed over (RFC 9112, 2.2)
        if (at == 3 && bytes[1] == '\n') return {HeadEnd::Kind::malformed, at};
        if (bytes[at - 2] == '\n') return {HeadEnd::Kind::found, at + 1};
    }
    return {HeadEnd::Kind::incomplete, bytes.size()};
}

bool parse_fields(std::string_view lines, Headers& into, std::string& why) {
    while (!lines.empty()) {
        const std::size_t end = lines.find(kLineBreak);
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + kLineBreak.size());
        const auto parts = split_once(line, ':');
        // Neither a space before the colon nor a line that goes on in the next one: both are read differently by different servers.
        if (!parts || !is_token(parts->first)) {
            why = "A header line does not begin with a field name and a colon.";
            return false;
        }
        const std::string_view value = trim(parts->second);
        if (!is_field_value(parts->second)) {
            why = "The header field " + quote(parts->first, 40) + " holds a control character.";
            return false;
        }
        if (into.size() == kMaxFields) {
            why = "There are more than " + std::to_string(kMaxFields) + " header fields.";
            return false;
        }
        into.add(std::string(parts->first), std::string(value));
    }
    return true;
}

std::variant<ParsedHead, Refusal> parse_request_head(std::string_view bytes) {
    if (bytes.starts_with(kLineBreak)) bytes.remove_prefix(kLineBreak.size());
    VERITAG_ASSERT(bytes.ends_with("\r\n\r\n"));
    bytes.remove_suffix(kLineBreak.size());
    ParsedHead head;
    const std::size_t line_end = bytes.find(kLineBreak);
    if (auto refused = read_request_line(bytes.substr(0, line_end), head)) return *refused;
    std::string why;
    if (!parse_fields(bytes.substr(line_end + kLineBreak.size()), head.headers, why)) return Refusal{head.headers.size() == kMaxFields ? 431U : 400U, std::move(why)};
    if (auto refused = check_host(head)) return *refused;
    if (auto refused = read_framing(head)) return *refused;
    if (auto refused = read_target(head)) return *refused;
    if (auto refused = read_wishes(head)) return *refused;
    return head;
}

}  // namespace veritag::server
