// What a handler answers.
#pragma once

#include "server/event_stream.h"
#include "server/headers.h"

#include <memory>
#include <string>
#include <string_view>

namespace veritag::server {

/// The server adds Date, Content-Length, Connection and X-Request-Id and drops what a handler wrote of these. With an `ETag` of the
/// handler's it answers `If-None-Match` with 304; where the client allows, it sends texts over 1 KiB in gzip, with a weak ETag.
struct Response {
    unsigned status = 200;
    Headers headers;
    std::string body;
    std::shared_ptr<const std::string> shared_body;  ///< sent instead of `body` where it is set: a text that many replies share
    std::shared_ptr<EventStream> events;             ///< sent instead of both: the reply lasts until the stream is closed
    bool close = false;                              ///< end the connection after this reply
};

Response reply(unsigned status, std::string_view content_type, std::string body);
Response reply(unsigned status, std::string_view content_type, std::shared_ptr<const std::string> body);
Response json_reply(unsigned status, std::string json);  ///< `json` is a JSON text
Response no_content();                                   ///< 204
Response event_reply(std::shared_ptr<EventStream> events);

/// A problem document, `application/problem+json` (RFC 9457). `type` is a URI; with the default one `title` should be the status's own,
/// which an empty one stands for. A `request_id` becomes the member `requestId`.
Response problem(unsigned status, std::string_view title = {}, std::string_view detail = {}, std::string_view type = "about:blank",
                 std::string_view request_id = {});

std::string_view reason_phrase(unsigned status) noexcept;  ///< `Not Found`; empty for one that nobody knows

}  // namespace veritag::server
