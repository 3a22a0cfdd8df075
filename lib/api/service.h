// The daemon over HTTP: the API of openapi.json, webhooks, Harbor's scanner adapter, metrics. What is asked for is checked here; what is done is
// the daemon's business.
#pragma once

#include "api/access.h"
#include "api/streams.h"
#include "serve/daemon.h"
#include "server/handler.h"
#include "server/router.h"
#include "server/server.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace veritag::api {

class Service final : public server::Handler {
public:
    /// `daemon` outlives it.
    explicit Service(serve::Daemon& daemon);
    ~Service() override;

    server::Admission admit(const server::RequestHead& request) override;
    server::Response handle(const server::Request& request) override;

    /// What it answers to, as `GET /api/v1/jobs/{id}`, and what that asks of the caller.
    [[nodiscard]] const std::map<std::string, Need>& routes() const noexcept { return routes_; }

    /// For metrics of the server itself; set once it runs.
    void watch(std::function<server::Counters()> counters);

private:
    using Body = std::function<server::Response(const server::Request&, const server::RouteParameters&)>;
    using AskedBody = std::function<server::Response(const server::Request&, const server::RouteParameters&, const std::optional<Asker>&)>;
    /// A route that needs a role.
    void add(std::string_view pattern, Need need, Body body);
    /// The same, for what depends on who asks.
    void add_asked(std::string_view pattern, Need need, AskedBody body);

    // One file each.
    void add_meta();
    void add_images();
    void add_waivers();
    void add_image_parts();
    void add_rules();
    void add_events();
    void add_page();
    void add_runs();
    void add_jobs();
    void add_hooks();
    void add_harbor();

    server::Response openapi() const;
    /// What the last runs found of these references, as one report.
    Report what_is_known(const std::set<store::ReferenceKey>& references, const std::function<bool(const ImageReport&)>& wanted);
    /// What a run found, with today's waivers; nullopt where there was no such run.
    std::optional<Report> what_was_found(std::optional<std::int64_t> audit);
    server::Response metrics() const;
    /// `running`, `waiting` (its job goes on with it later), `interrupted` (nobody does), `done`, `cancelled` or `failed`.
    std::string audit_state(const store::AuditRecord& audit);
    /// The report of a run. The refusal is a reply: 404, 409 where nothing of the run is kept yet, 503 where the store fails.
    std::variant<Report, server::Response> report_of(std::string_view id, const std::string& request_id);
    server::Response no_audit(const std::string& request_id);
    [[nodiscard]] server::Response finish(const server::Request& request, server::Response response) const;

    serve::Daemon& daemon_;
    std::map<std::string, Need> routes_;
    server::Router router_;
    mutable std::mutex mutex_;
    std::function<server::Counters()> counters_;
    Streams streams_;  // last: it asks the others
};

}  // namespace veritag::api
