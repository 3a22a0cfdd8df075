// The queue: what waits, runs, and lies there dead.
#include "api/forms.h"
#include "api/service.h"

#include "base/text.h"
#include "report/json_output.h"
#include "serve/orders.h"

namespace veritag::api {
namespace {

server::Response no_job(const server::Request& request) { return server::problem(404, "", "No such job is known; jobs that ended are dropped after a week.", "about:blank", request.id); }

// What only people with the role scan have ordered. All else was asked for by the schedule, a registry or Harbor, too, or tells people.
bool is_on_demand(const store::JobInfo& job) { return job.least_urgent == store::Priority::on_demand && (job.kind == serve::kScanJob || job.kind == serve::kAuditJob); }

}  // namespace

void Service::add_jobs() {
    add("GET /api/v1/jobs", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"state", "kind", "limit", "cursor", "lang"}); !known) return problem_of(known.error(), request.id);
        store::JobFilter filter;
        if (const std::string state = parameter(request, "state"); !state.empty()) {
            filter.state = store::parse_job_state(state);
            if (!filter.state) return server::problem(400, "", "state is one of waiting, running, done, dead, cancelled, superseded.", "about:blank", request.id);
        }
        if (const std::string kind = parameter(request, "kind"); !kind.empty()) filter.kind = kind;
        const Result<std::size_t> limit = page_limit(request, 100, 1'000);
        if (!limit) return problem_of(limit.error(), request.id);
        std::optional<std::int64_t> cursor;
        if (const std::string text = parameter(request, "cursor"); !text.empty()) {
            cursor = parse_id(text);
            if (!cursor) return server::problem(400, "", "cursor is what \"next\" of the page before says.", "about:blank", request.id);
        }
        const Result<report::Language> language = language_of(request);
        if (!language) return problem_of(language.error(), request.id);
        const Result<store::JobPage> page = daemon_.state().jobs().list(filter, cursor, *limit);
        if (!page) return problem_of(page.error(), request.id);
        report::JsonOutput out;
        out.object([&] {
            out.list("jobs", [&] {
                for (const store::JobInfo& job : page->jobs) out.object([&] { write_job(out, job, *language); });
            });
            if (page->next) out.member("next", std::to_string(*page->next));
        });
        return tagged_json(out.take());
    });

    const auto with_job = [this](const server::Request& request, const server::RouteParameters& parameters, const auto& use) {
        const std::optional<std::int64_t> id = parse_id(parameters["id"]);
        if (!id) return no_job(request);
        const Result<std::optional<store::Job>> job = daemon_.state().jobs().find(*id);
        if (!job) return problem_of(job.error(), request.id);
        if (!*job) return no_job(request);
        return use(**job);
    };
    add("GET /api/v1/jobs/{id}", Need::read, [with_job](const server::Request& request, const server::RouteParameters& parameters) {
        const Result<report::Language> language = language_of(request);
        if (!language) return problem_of(language.error(), request.id);
        return with_job(request, parameters, [&language](const store::Job& job) {
            report::JsonOutput out;
            out.object([&] { write_job(out, job.info, *language); });
            return tagged_json(out.take());
        });
    });
    add_asked("POST /api/v1/jobs/{id}/cancel", Need::scan, [this, with_job](const server::Request& request, const server::RouteParameters& parameters, const std::optional<Asker>& asker) {
        return with_job(request, parameters, [&](const store::Job& job) {
            if (!is_on_demand(job.info))
                if (std::optional<server::Response> refusal = refuse(Need::admin, asker, *daemon_.settings(), request.id)) return std::move(*refusal);
            const Result<store::JobState> state = daemon_.cancel(job.info.id);
            if (!state) return problem_of(state.error(), request.id);
            report::JsonOutput out;
            out.object([&] { out.member("state", to_string(*state)); });
            return server::json_reply(202, out.take());
        });
    });
    add("POST /api/v1/jobs/{id}/retry", Need::admin, [this, with_job](const server::Request& request, const server::RouteParameters& parameters) {
        return with_job(request, parameters, [&](const store::Job& job) {
            const Result<std::optional<store::Enqueued>> again = daemon_.state().jobs().retry(job.info.id);
            if (!again) return problem_of(again.error(), request.id);
            if (!*again) return server::problem(409, "", "Only dead and cancelled jobs can be retried; this one is " + std::string(to_string(job.info.state)) + ".", "about:blank", request.id);
            daemon_.wake();
            report::JsonOutput out;
            out.object([&] { out.number("id", static_cast<std::uint64_t>((*again)->id)); });
            server::Response response = server::json_reply(202, out.take());
            response.headers.add("Location", "/api/v1/jobs/" + std::to_string((*again)->id));
            return response;
        });
    });
}

}  // namespace veritag::api
