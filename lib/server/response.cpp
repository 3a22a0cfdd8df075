#include "server/response.h"

#include "base/text.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <utility>

namespace veritag::server {

Response reply(unsigned status, std::string_view content_type, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", std::string(content_type));
    response.body = std::move(body);
    return response;
}

Response reply(unsigned status, std::string_view content_type, std::shared_ptr<const std::string> body) {
    Response response = reply(status, content_type, std::string());
    response.shared_body = std::move(body);
    return response;
}

Response json_reply(unsigned status, std::string json) { return reply(status, "application/json", std::move(json)); }

Response no_content() {
    Response response;
    response.status = 204;
    return response;
}

Response event_reply(std::shared_ptr<EventStream> events) {
    Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("X-Accel-Buffering", "no");  // nginx would hold events back until its buffer is full
    response.events = std::move(events);
    return response;
}

Response problem(unsigned status, std::string_view title, std::string_view detail, std::string_view type, std::string_view request_id) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
    const auto member = [&](const char* name, std::string_view value) {
        const std::string text = to_valid_utf8(value);
        out.Key(name);
        out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    };
    out.StartObject();
    member("type", type);
    member("title", title.empty() ? reason_phrase(status) : title);
    out.Key("status");
    out.Uint(status);
    if (!detail.empty()) member("detail", detail);
    if (!request_id.empty()) member("requestId", request_id);
    out.EndObject();
    Response response = reply(status, "application/problem+json", std::string(buffer.GetString(), buffer.GetSize()));
    response.headers.add("Cache-Control", "no-store");
    return response;
}

std::string_view reason_phrase(unsigned status) noexcept {
    static constexpr std::array<std::pair<unsigned, std::string_view>, 38> kPhrases{{
        {100, "Continue"}, {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {203, "Non-Authoritative Information"}, {204, "No Content"},
        {205, "Reset Content"}, {206, "Partial Content"}, {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
        {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"},
        {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"}, {408, "Request Timeout"},
        {409, "Conflict"}, {410, "Gone"}, {411, "Length Required"}, {412, "Precondition Failed"}, {413, "Content Too Large"},
        {414, "URI Too Long"}, {415, "Unsupported Media Type"}, {417, "Expectation Failed"}, {422, "Unprocessable Content"},
        {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
        {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
    }};
    for (const auto& [code, phrase] : kPhrases)
        if (code == status) return phrase;
    return {};
}

}  // namespace veritag::server
