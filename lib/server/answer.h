// A handler's response becomes what goes over the wire. Private to the module; pure functions, run on the pool's threads because gzip
// takes its time.
#pragma once

#include "server/request.h"
#include "server/response.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace veritag::server {

/// A response whose status, fields and body are decided.
struct Answer {
    unsigned status = 200;
    Headers headers;
    std::shared_ptr<const std::string> body;  ///< never null; of a HEAD request it is there for its length
    std::shared_ptr<EventStream> events;
    bool close = false;
};

/// Applies `If-None-Match` and `Accept-Encoding`. A response that cannot be sent (a field with a line break in it) becomes a logged 500.
Answer make_answer(const RequestHead& request, Response response);

/// What only the connection knows.
struct Wish {
    bool head_only = false;   ///< the request was HEAD
    bool close = false;       ///< the connection ends after this reply
    int minor = 1;            ///< of the request's HTTP version
    std::string_view id;      ///< X-Request-Id
    std::chrono::sys_seconds now;
};
/// The status line and the fields, with the empty line.
std::string head_text(const Answer& answer, const Wish& wish);

std::string http_date(std::chrono::sys_seconds time);  ///< `Sun, 06 Nov 1994 08:49:37 GMT`

/// True where one of the entity tags in `If-None-Match` is `etag` (weak comparison, RFC 9110, 13.1.2), or `*` stands there.
bool none_match_fails(const Headers& request, std::string_view etag);
/// True where the client takes gzip and does not like it less than the text as it is (RFC 9110, 12.5.3).
bool accepts_gzip(const Headers& request);
/// gzip without a time or name in it, so that equal texts give equal bytes.
std::string gzip(std::string_view text);

}  // namespace veritag::server
