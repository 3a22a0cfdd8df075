// What happens to jobs, as server-sent events (WHATWG HTML, 9.2).
#include "api/forms.h"
#include "api/service.h"

#include "serve/broadcast.h"

namespace veritag::api {

void Service::add_events() {
    add("GET /api/v1/events", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> plain = check_query(request, {}); !plain) return problem_of(plain.error(), request.id);
        const auto stream = std::make_shared<server::EventStream>();
        const std::uint64_t number = daemon_.listen([stream](const serve::Happening& happening) { return stream->send(happening.event, happening.data); });
        // The daemon outlives the server. The listener holds the stream, so it must go when the reader does.
        stream->on_end([this, number](server::EventStream::End) { daemon_.leave(number); });
        streams_.add(stream, request);
        server::Response response = server::event_reply(stream);
        response.headers.set("Cache-Control", "no-store");
        response.headers.set("X-Accel-Buffering", "no");  // nginx passes it on as it comes
        return response;
    });
}

}  // namespace veritag::api
