// modules: base server
// What a client of the daemon writes: a target, a head, a chunked body, the fields that are weighed. What is accepted must mean one thing,
// however it was cut on its way.
#include "base/result.h"
#include "server/answer.h"
#include "server/chunked.h"
#include "server/options.h"
#include "server/request_head.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

using namespace veritag;
using namespace veritag::server;

namespace {

std::string escaped(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += kHex[byte >> 4];
        result += kHex[byte & 15];
    }
    return result;
}

// Written with every byte escaped, a target reads the same.
void check_target(std::string_view text) {
    const Result<Target> target = parse_target(text);
    if (!target) return;
    std::string again;
    for (const std::string& segment : target->segments) {
        VERITAG_ASSERT(segment != "." && segment != ".." && segment.find('\0') == std::string::npos);
        again += "/" + escaped(segment);
    }
    if (again.empty()) again = "/";
    char before = '?';
    for (const auto& [name, value] : target->query.parameters()) {
        again += before + escaped(name) + "=" + escaped(value);
        before = '&';
    }
    const Result<Target> second = parse_target(again);
    VERITAG_ASSERT(second && second->segments == target->segments && second->path == target->path && second->query.parameters() == target->query.parameters());
}

HeadEnd find_byte_by_byte(std::string_view bytes) {
    HeadEnd end;
    for (std::size_t size = 0; size <= bytes.size() && end.kind == HeadEnd::Kind::incomplete; ++size) end = find_head_end(bytes.substr(0, size), end.size);
    return end;
}

void check_head(std::string_view bytes) {
    const HeadEnd end = find_head_end(bytes, 0);
    const HeadEnd slow = find_byte_by_byte(bytes);
    VERITAG_ASSERT(end.kind == slow.kind && end.size == slow.size);
    if (end.kind != HeadEnd::Kind::found) return;
    const auto parsed = parse_request_head(bytes.substr(0, end.size));
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
        VERITAG_ASSERT(refusal->status >= 400 && !refusal->detail.empty());
        return;
    }
    const auto& head = std::get<ParsedHead>(parsed);
    VERITAG_ASSERT(head.headers.all("Host").size() <= 1);
    const std::size_t lengths = head.headers.all("Content-Length").size();
    const std::size_t codings = head.headers.all("Transfer-Encoding").size();
    VERITAG_ASSERT(lengths + codings == (head.framing == Framing::none ? 0 : 1));
    for (const auto& [name, value] : head.headers) VERITAG_ASSERT(is_token(name) && is_field_value(value));
    static_cast<void>(accepts_gzip(head.headers));
    static_cast<void>(none_match_fails(head.headers, "\"a\""));
}

void check_chunks(std::string_view bytes) {
    constexpr std::uint64_t kMaxBody = 1000;
    ChunkedDecoder whole(kMaxBody);
    ChunkedDecoder parts(kMaxBody);
    std::string body;
    std::string same_body;
    const std::size_t taken = whole.feed(bytes, body);
    std::size_t at = 0;
    while (at < bytes.size() && !parts.done() && !parts.refusal()) at += parts.feed(bytes.substr(at, 1), same_body);
    VERITAG_ASSERT(body.size() <= kMaxBody && body == same_body && whole.done() == parts.done() && whole.refusal().has_value() == parts.refusal().has_value());
    VERITAG_ASSERT(!whole.done() || taken == at);
    VERITAG_ASSERT(!whole.refusal() || whole.refusal()->status == parts.refusal()->status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_target(text);
    check_head(text);
    check_chunks(text);
    if (const Result<Endpoint> endpoint = parse_endpoint(text)) VERITAG_ASSERT(parse_endpoint(to_string(*endpoint)));
    return 0;
}
