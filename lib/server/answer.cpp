#include "server/answer.h"

#include "base/log.h"
#include "base/result.h"
#include "base/text.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <optional>
#include <utility>

namespace veritag::server {
namespace {

constexpr std::size_t kGzipFrom = 1024;      // below it the head weighs more than what gzip saves
constexpr std::size_t kGzipUpTo = 64 << 20;  // above it the time is better spent elsewhere
constexpr int kGzipLevel = 5;

bool is_text(std::string_view content_type) {
    const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    if (type == "text/event-stream") return false;
    return type.starts_with("text/") || type == "application/json" || type == "application/xml" || type == "application/javascript" ||
           type == "application/yaml" || type.ends_with("+json") || type.ends_with("+xml") || type.ends_with("+yaml");
}

bool is_reserved(std::string_view name) {  // what the server decides
    constexpr std::array<std::string_view, 8> kReserved{"Connection", "Content-Length", "Date", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade", "X-Request-Id"};
    return std::any_of(kReserved.begin(), kReserved.end(), [&](std::string_view each) { return equals_ignoring_case(each, name); });
}

bool has_no_body(unsigned status) { return status == 204 || status == 304; }

std::string_view without_weakness(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

// An entity tag at the front of `text`, `"…"` or `W/"…"`, taken away with the comma behind it; empty where there is none.
std::string_view take_tag(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t,"), text.size()));
    const std::size_t open = text.starts_with("W/") ? 2 : 0;
    if (text.size() <= open || text[open] != '"') return {};
    const std::size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) return {};
    const std::string_view tag = text.substr(0, close + 1);
    text.remove_prefix(close + 1);
    return tag;
}

// A quality value in thousandths; nullopt for one that is none.
std::optional<int> read_quality(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.')) return std::nullopt;
    int value = (text[0] - '0') * 1000;
    int weight = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (c < '0' || c > '9') return std::nullopt;
        value += (c - '0') * weight;
        weight /= 10;
    }
    return value > 1000 ? std::nullopt : std::optional(value);
}

// Why a response would break the protocol, for the log; empty where it would not.
std::string unsendable(const Response& response) {
    if (response.status < 200 || response.status > 599) return "status " + std::to_string(response.status);
    for (const auto& [name, value] : response.headers)
        if (!is_token(name) || !is_field_value(value)) return "field " + quote(name);
    return {};
}

void add_vary(Headers& headers) {
    if (headers.has_element("Vary", "Accept-Encoding") || headers.has_element("Vary", "*")) return;
    std::string value;
    for (const std::string_view element : headers.elements("Vary")) value += std::string(element) + ", ";
    headers.set("Vary", value + "Accept-Encoding");
}

void set_weak(Headers& headers) {
    const std::string tag(headers.get("ETag"));
    if (!tag.empty() && !tag.starts_with("W/")) headers.set("ETag", "W/" + tag);
}

}  // namespace

std::string http_date(std::chrono::sys_seconds time) {
    static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                  kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return text.data();
}

bool none_match_fails(const Headers& request, std::string_view etag) {
    for (std::string_view value : request.all("If-None-Match")) {
        if (trim(value) == "*") return true;
        for (std::string_view tag = take_tag(value); !tag.empty(); tag = take_tag(value))
            if (without_weakness(tag) == without_weakness(etag)) return true;
    }
    return false;
}

bool accepts_gzip(const Headers& request) {
    std::optional<int> gzip_quality;
    std::optional<int> any_quality;
    int identity_quality = 0;
    for (const std::string_view element : request.elements("Accept-Encoding")) {
        const std::vector<std::string_view> parts = split(element, ';');
        const std::string coding = to_lower(trim(parts.front()));
        int quality = 1000;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            const auto pair = split_once(trim(parts[i]), '=');
            if (pair && equals_ignoring_case(trim(pair->first), "q")) quality = read_quality(trim(pair->second)).value_or(0);
        }
        if (coding == "gzip" || coding == "x-gzip") gzip_quality = quality;
        if (coding == "*") any_quality = quality;
        if (coding == "identity") identity_quality = quality;
    }
    const int quality = gzip_quality.value_or(any_quality.value_or(0));
    return quality > 0 && quality >= identity_quality;
}

std::string gzip(std::string_view text) {
    constexpr int kGzipFormat = 15 + 16;  // the largest window, in zlib's way to say "with a gzip header"
    constexpr int kMemory = 8;
    VERITAG_ASSERT(text.size() <= kGzipUpTo);
    z_stream stream{};
    if (::deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipFormat, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    std::string result(::deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    const int status = ::deflate(&stream, Z_FINISH);
    ::deflateEnd(&stream);
    VERITAG_ASSERT(status == Z_STREAM_END);  // deflateBound() is enough
    result.resize(result.size() - stream.avail_out);
    return result;
}

Answer make_answer(const RequestHead& request, Response response) {
    if (const std::string why = unsendable(response); !why.empty()) {
        log::error("response cannot be sent", {{"request", request.id}, {"cause", why}});
        if (response.events) response.events->finish(EventStream::End::not_sent);
        response = problem(500, {}, {}, "about:blank", request.id);
    }
    Answer answer;
    answer.status = response.status;
    answer.headers = std::move(response.headers);
    answer.events = std::move(response.events);
    answer.close = response.close;
    answer.body = response.shared_body ? std::move(response.shared_body) : std::make_shared<const std::string>(std::move(response.body));
    static const auto kNothing = std::make_shared<const std::string>();
    if (answer.events || has_no_body(answer.status)) answer.body = kNothing;
    const bool reading = request.method == "GET" || request.method == "HEAD";
    if (answer.events) return answer;

    // Decided before a 304 is, which carries the ETag that the whole reply would have had.
    const std::size_t size = answer.body->size();
    const bool may_pack = size >= kGzipFrom && size <= kGzipUpTo && is_text(answer.headers.get("Content-Type")) && !answer.headers.has("Content-Encoding");
    const bool pack = may_pack && accepts_gzip(request.headers);
    if (may_pack) add_vary(answer.headers);
    if (pack) set_weak(answer.headers);
    if (reading && answer.status == 200 && answer.headers.has("ETag") && none_match_fails(request.headers, answer.headers.get("ETag"))) {
        answer.status = 304;
        answer.headers.remove("Content-Type");
        answer.body = kNothing;
    } else if (pack) {
        std::string packed = gzip(*answer.body);
        if (packed.size() >= size) return answer;
        answer.headers.set("Content-Encoding", "gzip");
        answer.body = std::make_shared<const std::string>(std::move(packed));
    }
    return answer;
}

std::string head_text(const Answer& answer, const Wish& wish) {
    std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    text += reason_phrase(answer.status);
    text += "\r\nDate: " + http_date(wish.now) + "\r\n";
    for (const auto& [name, value] : answer.headers)
        if (!is_reserved(name)) text += name + ": " + value + "\r\n";
    if (answer.events) {
        if (wish.minor > 0) text += "Transfer-Encoding: chunked\r\n";  // to HTTP/1.0 the end of the connection is the end
    } else if (!has_no_body(answer.status)) {
        text += "Content-Length: " + std::to_string(answer.body->size()) + "\r\n";
    }
    text += "X-Request-Id: ";
    text += wish.id;
    text += "\r\n";
    if (wish.close)
        text += "Connection: close\r\n";
    else if (wish.minor == 0)
        text += "Connection: keep-alive\r\n";
    return text + "\r\n";
}

}  // namespace veritag::server
