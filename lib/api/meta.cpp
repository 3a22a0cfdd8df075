// The daemon about itself: health, metrics, the API's description, its targets.
#include "api/forms.h"
#include "api/service.h"

#include "api/openapi.h"
#include "base/text.h"
#include "report/json_output.h"

#include <algorithm>
#include <utility>

namespace veritag::api {
namespace {

void write_server(const server::Counters& counters, serve::MetricsText& out) {
    out.family("veritag_http_connections", "gauge", "Connections that are open.");
    out.sample("veritag_http_connections", static_cast<double>(counters.connections_open));
    out.family("veritag_http_connections_total", "counter", "Connections that were accepted.");
    out.sample("veritag_http_connections_total", static_cast<double>(counters.connections_accepted));
    out.family("veritag_http_refused_total", "counter", "Connections and requests that were not served.");
    for (std::size_t i = 0; i < counters.refused.size(); ++i)
        out.sample("veritag_http_refused_total", {{"reason", std::string(server::to_string(static_cast<server::RefusedFor>(i)))}}, static_cast<double>(counters.refused[i]));
    out.family("veritag_http_requests_total", "counter", "Replies.");
    auto requests = counters.requests;
    for (const char* method : {"GET", "POST"}) requests.try_emplace({method, 503U});  // so that the first one is growth, too
    for (const auto& [key, count] : requests) out.sample("veritag_http_requests_total", {{"method", key.first}, {"status", std::to_string(key.second)}}, static_cast<double>(count));
    out.family("veritag_http_request_seconds", "histogram", "Seconds from a request's head to the end of its reply.");
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < server::kSecondsBounds.size(); ++i) {
        sum += counters.seconds[i];
        std::string bound = std::to_string(server::kSecondsBounds[i]);
        while (bound.ends_with('0')) bound.pop_back();
        if (bound.ends_with('.')) bound.pop_back();
        out.sample("veritag_http_request_seconds_bucket", {{"le", bound}}, static_cast<double>(sum));
    }
    sum += counters.seconds.back();
    out.sample("veritag_http_request_seconds_bucket", {{"le", "+Inf"}}, static_cast<double>(sum));
    out.sample("veritag_http_request_seconds_sum", counters.seconds_sum);
    out.sample("veritag_http_request_seconds_count", static_cast<double>(sum));
}

}  // namespace

server::Response Service::metrics() const {
    serve::MetricsText out;
    out.family("veritag_build_info", "gauge", "Which program and rules run.");
    out.sample("veritag_build_info", {{"version", daemon_.options().tool_version}, {"rules", daemon_.workshop()->rules.digest()}}, 1);
    const Result<store::QueueCounts> counts = daemon_.state().jobs().counts();
    out.family("veritag_store_up", "gauge", "Whether the store answers.");
    out.sample("veritag_store_up", counts ? 1 : 0);
    const bool writable = daemon_.check().has_value();  // it writes, now and then
    out.family("veritag_store_writable", "gauge", "Whether the store can be written: asked at most every five seconds, by a write.");
    out.sample("veritag_store_writable", writable ? 1 : 0);
    out.family("veritag_store_failures_total", "counter", "Uses of the store that failed: of what layers and audits hold (content), of jobs, tokens and values (state).");
    out.sample("veritag_store_failures_total", {{"part", "content"}}, static_cast<double>(daemon_.store().failures()));
    out.sample("veritag_store_failures_total", {{"part", "state"}}, static_cast<double>(daemon_.state().failures()));
    if (counts) serve::write_queue(*counts, out);
    const std::shared_ptr<const config::Settings> settings = daemon_.settings();
    const auto target = [&](const store::ReferenceKey& reference) {
        const config::TargetSettings* found = serve::target_of(*settings, reference);
        return found == nullptr ? std::string() : found->name;
    };
    serve::write_picture(*daemon_.images().picture(), target, out);
    daemon_.metrics().write(out);
    std::function<server::Counters()> counters;
    {
        const std::lock_guard lock(mutex_);
        counters = counters_;
    }
    if (counters) write_server(counters(), out);
    return server::reply(200, "text/plain; version=0.0.4; charset=utf-8", out.take());
}

void Service::add_meta() {
    add("GET /healthz", Need::nothing, [](const server::Request&, const server::RouteParameters&) { return server::reply(200, "text/plain", std::string("ok\n")); });
    add("GET /readyz", Need::nothing, [this](const server::Request& request, const server::RouteParameters&) {
        const Result<void> ready = daemon_.check();
        if (ready) return server::reply(200, "text/plain", std::string("ok\n"));
        return problem_of(ready.error(), request.id);
    });
    add("GET /metrics", Need::metrics, [this](const server::Request&, const server::RouteParameters&) { return metrics(); });
    add("GET /api/v1/openapi.json", Need::nothing, [](const server::Request&, const server::RouteParameters&) { return tagged_json(std::string(openapi_document())); });
    add("GET /api/v1/targets", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> plain = check_query(request, {}); !plain) return problem_of(plain.error(), request.id);
        const std::shared_ptr<const config::Settings> settings = daemon_.settings();
        report::JsonOutput out;
        out.object([&] {
            out.list("targets", [&] {
                for (const config::TargetSettings& target : settings->targets)
                    out.object([&] {
                        out.member("name", target.name);
                        out.list("targets", [&] {
                            for (const registry::ListingTarget& each : target.targets) out.value(audit::text_of(each));
                            for (const source::TargetList::Entry& each : target.entries) out.value(each.registry + '/' + each.repository);
                        });
                        if (const std::string part = audit::part_of(serve::scope_of(target, daemon_.options().now())); !part.empty()) out.member("part", part);
                        out.flag("scheduled", target.schedule.has_value());
                        if (const std::optional<std::chrono::sys_seconds> next = daemon_.next_start(target)) out.member("next", rfc3339(*next));
                    });
            });
        });
        return tagged_json(out.take());
    });
}

}  // namespace veritag::api
