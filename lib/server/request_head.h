// The head of an HTTP/1.1 request (RFC 9112) from its bytes. Private to the module. A pure function, and stricter than the RFC where
// leniency lets two servers in a row see different requests: no folded lines, no bare line feeds, one Host, one way to tell the length.
#pragma once

#include "server/headers.h"
#include "server/target.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace veritag::server {

/// Why a request gets no further: a status and a sentence for its problem document. The connection ends with it.
struct Refusal {
    unsigned status = 400;
    std::string detail;
};

enum class Framing { none, length, chunked };

struct ParsedHead {
    std::string method;
    std::string raw_target;  ///< as it was sent
    Target target;
    Headers headers;
    int minor = 1;  ///< HTTP/1.`minor`, 0 or 1
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;  ///< with `Framing::length`
    bool keep_alive = true;            ///< what the client wants
    bool expects_continue = false;

    [[nodiscard]] bool has_body() const noexcept { return framing == Framing::chunked || content_length > 0; }
};

inline constexpr std::size_t kMaxFields = 100;

/// Where the head ends that `bytes` begin with, looking from `from` on (the bytes before it were looked at).
struct HeadEnd {
    enum class Kind { incomplete, found, malformed } kind = Kind::incomplete;
    std::size_t size = 0;  ///< of the head, its empty line included; `incomplete`: where to look from the next time
};
HeadEnd find_head_end(std::string_view bytes, std::size_t from);

/// `head` ends with its empty line, as `find_head_end` found it.
std::variant<ParsedHead, Refusal> parse_request_head(std::string_view head);

/// The fields of a head or a trailer, each line with its line break; `lines` has no empty one. False where they break the rules.
bool parse_fields(std::string_view lines, Headers& into, std::string& why);

}  // namespace veritag::server
