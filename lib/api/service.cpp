#include "api/service.h"

#include "api/forms.h"
#include "base/log.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace veritag::api {

namespace {

// What follows a sender's name may be its secret.
std::string loggable_path(const server::Request& request) {
    const std::vector<std::string>& segments = request.target.segments;
    if (segments.size() > 2 && segments[0] == "hooks") return "/hooks/" + segments[1] + "/…";
    return request.target.path;
}

}  // namespace

Service::Service(serve::Daemon& daemon)
    : daemon_(daemon), streams_([this](const server::RequestHead& request) {
          const std::shared_ptr<const config::Settings> settings = daemon_.settings();
          const Result<std::optional<Asker>> asker = recognise(request, *settings, daemon_.state().tokens());
          if (!asker) return asker.error().code != ErrorCode::auth;  // a store that fails for a moment ends no stream
          return !refuse(Need::read, *asker, *settings, request.id);
      }) {
    add_meta();
    add_images();
    add_waivers();
    add_image_parts();
    add_rules();
    add_events();
    add_page();
    add_runs();
    add_jobs();
    add_hooks();
    add_harbor();
}

Service::~Service() = default;

void Service::watch(std::function<server::Counters()> counters) {
    const std::lock_guard lock(mutex_);
    counters_ = std::move(counters);
}

void Service::add(std::string_view pattern, Need need, Body body) {
    add_asked(pattern, need, [body = std::move(body)](const server::Request& request, const server::RouteParameters& parameters, const std::optional<Asker>&) { return body(request, parameters); });
}

void Service::add_asked(std::string_view pattern, Need need, AskedBody body) {
    routes_.emplace(pattern, need);
    router_.add(pattern, [this, need, body = std::move(body)](const server::Request& request, const server::RouteParameters& parameters) {
        const std::shared_ptr<const config::Settings> settings = daemon_.settings();
        if (need == Need::nothing || need == Need::own) return body(request, parameters, std::nullopt);
        const Result<std::optional<Asker>> asker = recognise(request, *settings, daemon_.state().tokens());
        if (!asker) return problem_of(asker.error(), request.id);
        if (std::optional<server::Response> refusal = refuse(need, *asker, *settings, request.id)) return std::move(*refusal);
        return body(request, parameters, *asker);
    });
}

server::Admission Service::admit(const server::RequestHead& request) {
    if (request.method == "OPTIONS") return {};
    return router_.admit(request);
}

server::Response Service::handle(const server::Request& request) {
    const auto started = std::chrono::steady_clock::now();
    server::Response response = finish(request, request.method == "OPTIONS" && request.target.path.starts_with("/hooks/") ? router_.route(request) : [&] {
        // A browser's question before it asks for another site (Fetch standard, "CORS-preflight request").
        if (request.method == "OPTIONS" && request.headers.has("Origin") && request.headers.has("Access-Control-Request-Method")) return server::no_content();
        return in_language_of(request, router_.route(request));
    }());
    log::info("request", {{"request", request.id}, {"method", request.method}, {"path", quote(loggable_path(request))}, {"status", std::to_string(response.status)}, {"from", request.peer.address},
                          {"ms", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count())}});
    return response;
}

// What every reply carries. Other sites may read only where the configuration names them.
server::Response Service::finish(const server::Request& request, server::Response response) const {
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
    if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", response.headers.has("ETag") ? "private, no-cache" : "no-store");
    const std::string_view origin = request.headers.get("Origin");
    if (origin.empty()) return response;
    response.headers.add("Vary", "Origin");
    const std::shared_ptr<const config::Settings> settings = daemon_.settings();
    const std::vector<std::string>& allowed = settings->access.cors_origins;
    if (std::find(allowed.begin(), allowed.end(), origin) == allowed.end()) return response;
    response.headers.set("Access-Control-Allow-Origin", std::string(origin));
    response.headers.set("Access-Control-Expose-Headers", "ETag, Location, X-Request-Id");
    if (request.method == "OPTIONS") {
        response.headers.set("Access-Control-Allow-Methods", "GET, POST");
        response.headers.set("Access-Control-Allow-Headers", "Authorization, Content-Type");
        response.headers.set("Access-Control-Max-Age", "600");
    }
    return response;
}

}  // namespace veritag::api
