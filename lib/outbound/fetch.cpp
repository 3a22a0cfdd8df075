#include "outbound/fetch.h"

#include "base/address_policy.h"
#include "base/proxy.h"
#include "base/text.h"
#include "base/url.h"
#include "outbound/curl_transfer.h"

#include <algorithm>
#include <optional>

namespace veritag::outbound {
namespace {

constexpr std::string_view kWhat = "send request";
constexpr std::size_t kMaxHeaderBytes = 64 << 10;
constexpr std::size_t kMaxSocketPath = 107;  // sun_path with its NUL, unix(7)
using Clock = std::chrono::steady_clock;

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) noexcept {
    static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
    });
}

// Anything that could end a header line early, or that no header may hold.
bool is_field_value(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F); });
}

Error unfit(const std::string& where, std::string saw, std::string hint = {}) { return {ErrorCode::config, std::string(kWhat), where, std::move(saw), std::move(hint)}; }

Result<void> check(const HttpRequest& request, const std::string& host) {
    if (!is_token(request.method)) return unfit(host, "\"" + quote(request.method, 40) + "\" is no HTTP method");
    const std::string where = request.method + " " + host;
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name)) return unfit(where, "\"" + quote(name, 80) + "\" is no header name");
        if (!is_field_value(value)) return unfit(where, "the value of header " + quote(name, 80) + " holds control characters");
    }
    if (!request.unix_socket.empty() && (request.unix_socket.front() != '/' || request.unix_socket.size() > kMaxSocketPath))
        return unfit(where, quote(request.unix_socket) + " is no path of a socket (absolute, at most " + std::to_string(kMaxSocketPath) + " bytes)");
    return ok();
}

// What comes back, while it does.
struct Answer {
    HttpReply reply;
    std::uint64_t most_body = 0;
    std::size_t header_bytes = 0;
    bool body_too_long = false;
    bool headers_too_long = false;
};

std::size_t on_body(const char* data, std::size_t, std::size_t size, void* self) {
    auto& answer = *static_cast<Answer*>(self);
    answer.body_too_long = size > answer.most_body - answer.reply.body.size();
    if (answer.body_too_long) return 0;
    answer.reply.body.append(data, size);
    return size;
}

std::size_t on_header(const char* data, std::size_t, std::size_t size, void* self) {
    auto& answer = *static_cast<Answer*>(self);
    const std::string_view line = trim({data, size});
    if (line.starts_with("HTTP/")) {  // a new answer: what came before was an interim one
        answer.reply.headers.clear();
        answer.header_bytes = 0;
    } else if (const auto field = split_once(line, ':')) {
        answer.reply.headers.emplace_back(trim(field->first), trim(field->second));
    }
    answer.header_bytes += size;
    answer.headers_too_long = answer.header_bytes > kMaxHeaderBytes;
    return answer.headers_too_long ? 0 : size;
}

Error too_long(const std::string& where, std::string_view part, std::uint64_t limit, std::string hint) {
    return {ErrorCode::over_limit, "read the answer", where, std::string(part) + " over " + std::to_string(limit) + " bytes", std::move(hint)};
}

bool carries_body(std::string_view method) noexcept { return method == "POST" || method == "PUT" || method == "PATCH"; }

bool names_header(const HttpHeaders& headers, std::string_view name) noexcept {
    return std::any_of(headers.begin(), headers.end(), [&](const auto& each) { return equals_ignoring_case(each.first, name); });
}

void put_headers(const HttpRequest& request, CurlList& list) {
    // "Name;" is libcurl's way to write a header without a value, "Name:" its way to leave out one of its own.
    for (const auto& [name, value] : request.headers) list.add(trim(value).empty() ? name + ";" : name + ": " + value);
    if (!names_header(request.headers, "User-Agent")) list.add("User-Agent: veritag/" VERITAG_VERSION);
    if (!names_header(request.headers, "Accept")) list.add("Accept: */*");
    if (!names_header(request.headers, "Content-Type")) list.add("Content-Type:");
    list.add("Expect:");  // no pause before the body: few servers answer it
}

void put_method_and_body(const HttpRequest& request, CurlTransfer& transfer) {
    if (request.method == "HEAD") {
        transfer.set(CURLOPT_NOBODY, 1L);
    } else if (!request.body.empty() || carries_body(request.method)) {
        transfer.set(CURLOPT_POST, 1L);
        transfer.set(CURLOPT_POSTFIELDS, request.body.c_str());
        transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        transfer.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    } else if (request.method != "GET") {
        transfer.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
}

// A tunnel that the proxy does not make looks like a cut connection otherwise.
Error with_proxys_answer(const CurlTransfer& transfer, Error error) {
    long code = 0;
    curl_easy_getinfo(transfer.handle(), CURLINFO_HTTP_CONNECTCODE, &code);
    if (code >= 300 && error.code == ErrorCode::network) error.saw = "the proxy answered HTTP " + std::to_string(code) + " to CONNECT";
    return error;
}

// Which way to the server: over a socket of this machine, over a proxy, or directly.
struct Way {
    std::optional<Proxy> proxy;
    Reachable reachable = Reachable::no_internal;
};

Result<Way> way_to(const Url& url, const HttpRequest& request, const std::string& where) {
    if (!request.unix_socket.empty()) return Way{std::nullopt, Reachable::all};
    VERITAG_TRY(std::optional<Proxy> proxy, proxy_for(proxy_settings(process_environment), url.origin));
    if (!proxy) return Way{std::nullopt, request.allow_internal ? Reachable::all : Reachable::no_internal};
    if (!request.allow_internal && is_internal_host(url.origin.host))
        return unfit(where, "the host is an internal one", "allow internal addresses for this target if that is meant");
    return Way{std::move(proxy), Reachable::all};  // the operator chose the proxy; it looks up the name
}

Result<HttpReply> exchange(const HttpRequest& request, const Url& url, std::chrono::milliseconds timeout, const std::stop_token& stop) {
    const std::string where = request.method + " " + url.origin.authority();
    VERITAG_TRY(const Way way, way_to(url, request, where));
    CurlTransfer transfer(way.reachable, timeout, request.ca_file);
    Answer answer{.reply = {}, .most_body = request.reply_bytes};
    CurlList headers, proxy_headers;
    put_headers(request, headers);
    put_method_and_body(request, transfer);
    transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
    transfer.set(CURLOPT_URL, url.str().c_str());
    transfer.set(CURLOPT_PATH_AS_IS, 1L);
    transfer.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    transfer.set(CURLOPT_HTTPHEADER, headers.get());
    transfer.set(CURLOPT_PROXY, way.proxy ? ("http://" + way.proxy->origin.host_and_port()).c_str() : "");  // "": none from the environment either
    transfer.set(CURLOPT_NOPROXY, "");
    transfer.set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
    transfer.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (way.proxy && !way.proxy->authorization.empty()) proxy_headers.add("Proxy-Authorization: " + way.proxy->authorization);
    transfer.set(CURLOPT_PROXYHEADER, proxy_headers.get());
    if (!request.unix_socket.empty()) transfer.set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
    transfer.set(CURLOPT_WRITEFUNCTION, &on_body);
    transfer.set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    transfer.set(CURLOPT_HEADERFUNCTION, &on_header);
    transfer.set(CURLOPT_HEADERDATA, static_cast<void*>(&answer));

    const Result<void> done = transfer.run(kWhat, where, stop);
    if (answer.body_too_long) return too_long(where, "body", request.reply_bytes, "raise reply_bytes if this server is trusted");
    if (answer.headers_too_long) return too_long(where, "headers", kMaxHeaderBytes, "");
    if (!done) return with_proxys_answer(transfer, done.error());
    answer.reply.status = transfer.response_code();
    return std::move(answer.reply);
}

// Where a redirect leads that may be followed.
std::optional<Url> next_of(const HttpRequest& request, const Url& from, const HttpReply& reply) {
    const bool keeps_method = reply.status == 307 || reply.status == 308;
    const bool reads_only = request.method == "GET" || request.method == "HEAD";
    if (!keeps_method && !(reads_only && (reply.status == 301 || reply.status == 302 || reply.status == 303))) return std::nullopt;
    const Result<Url> next = resolve_url(from, reply.header("Location"));
    if (!next || next->origin != from.origin) return std::nullopt;
    return *next;
}

}  // namespace

std::string_view HttpReply::header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
        if (equals_ignoring_case(key, name)) return value;
    return {};
}

Result<HttpReply> fetch(const HttpRequest& request, const std::stop_token& stop) {
    Result<Url> first = parse_url(request.url);
    if (!first) return unfit("", first.error().saw, "a URL here is http://host[:port]/path or https://…, without user and password");
    Url url = std::move(*first);
    VERITAG_CHECK(check(request, url.origin.authority()));
    const Clock::time_point deadline = Clock::now() + request.timeout;
    for (int followed = 0;; ++followed) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        VERITAG_TRY(HttpReply reply, exchange(request, url, left, stop));
        std::optional<Url> next = followed < request.redirects ? next_of(request, url, reply) : std::nullopt;
        if (!next) return reply;
        url = std::move(*next);
    }
}

}  // namespace veritag::outbound
