// Scans and audits: ordering them, how far they are, what they found.
#include "api/forms.h"
#include "api/service.h"

#include "audit/ancestors.h"
#include "base/text.h"
#include "report/difference.h"
#include "report/json_output.h"
#include "report/writers.h"
#include "serve/orders.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <variant>

namespace veritag::api {
namespace {

server::Response accepted(const store::Enqueued& job, std::string_view path) {
    report::JsonOutput out;
    out.object([&] {
        out.number("id", static_cast<std::uint64_t>(job.id));
        out.member("status", std::string(path) + std::to_string(job.id));
        out.member("state", "waiting");
        out.flag("joined", job.outcome != store::EnqueueOutcome::added);
    });
    server::Response response = server::json_reply(202, out.take());
    response.headers.add("Location", std::string(path) + std::to_string(job.id));
    return response;
}

constexpr std::size_t kMostReports = 200;           // in a query
constexpr std::size_t kMostReportsInBody = 10'000;

void append(Report& whole, Report more) {
    std::move(more.images.begin(), more.images.end(), std::back_inserter(whole.images));
    std::move(more.skipped.begin(), more.skipped.end(), std::back_inserter(whole.skipped));
    std::move(more.findings.begin(), more.findings.end(), std::back_inserter(whole.findings));
    std::move(more.targets.begin(), more.targets.end(), std::back_inserter(whole.targets));
    if (!whole.incomplete) whole.incomplete = std::move(more.incomplete);
    if (whole.waivers && more.waivers) whole.waivers->findings += more.waivers->findings;
    whole.bytes_fetched += more.bytes_fetched;
    whole.layers_analyzed += more.layers_analyzed;
    whole.layers_reused += more.layers_reused;
}

std::string_view content_type_of(std::string_view format) {
    if (format == "html") return "text/html; charset=utf-8";
    if (format == "markdown") return "text/markdown; charset=utf-8";
    if (format == "csv") return "text/csv; charset=utf-8";
    if (format == "junit") return "application/xml";
    if (format == "table" || format == "dot" || format == "patch") return "text/plain; charset=utf-8";
    if (format == "cyclonedx") return "application/vnd.cyclonedx+json";
    if (format == "spdx") return "application/spdx+json";
    if (format == "sarif") return "application/sarif+json";
    return "application/json";
}

server::Response conflict(std::string_view detail, const std::string& request_id) { return server::problem(409, "", detail, "about:blank", request_id); }

}  // namespace

std::string Service::audit_state(const store::AuditRecord& audit) {
    if (audit.ended) return std::string(to_string(audit.end));
    if (audit.job != 0)
        if (const Result<std::optional<store::Job>> job = daemon_.state().jobs().find(audit.job); job && *job) {
            const store::JobState state = (*job)->info.state;
            if (state == store::JobState::running || state == store::JobState::waiting) return std::string(to_string(state));
            return "interrupted";
        }
    return audit.owner_lives ? "running" : "interrupted";
}

// A store that fails knows of nothing, which is not the same as that there is nothing.
server::Response Service::no_audit(const std::string& request_id) {
    if (!daemon_.store().is_working()) return problem_of(Error{ErrorCode::io, "read audit", "", "the store failed a moment ago", ""}, request_id);
    return server::problem(404, "", "No such audit is known.", "about:blank", request_id);
}

std::variant<Report, server::Response> Service::report_of(std::string_view id_text, const std::string& request_id) {
    const std::optional<std::int64_t> id = parse_id(id_text);
    if (!id) return server::problem(404, "", "No such audit is known.", "about:blank", request_id);
    std::optional<Report> report = what_was_found(id);
    if (!report) return no_audit(request_id);
    if (!report->incomplete) return std::move(*report);
    if (report->incomplete->state == "running" || report->incomplete->state == "interrupted")
        if (const std::optional<store::AuditRecord> record = daemon_.store().find_audit(*id)) report->incomplete->state = audit_state(*record);
    const bool has_something = !report->images.empty() || !report->skipped.empty() || !report->findings.empty();
    const std::string& state = report->incomplete->state;
    if (has_something || state == "failed") return std::move(*report);
    const std::string name = "Audit " + std::to_string(*id);
    const std::string where = "GET /api/v1/audits/" + std::to_string(*id);
    if (state == "running") return conflict(name + " is running, and nothing of it is kept yet. Ask again when " + where + " says that it is complete.", request_id);
    if (state == "waiting") return conflict(name + " is not done: its job waits to go on, and nothing of it is kept yet. Ask again when " + where + " says that it is complete.", request_id);
    return conflict(name + " did not come to its end (" + state + ") before anything was kept. Order it again.", request_id);
}

void Service::add_runs() {
    const auto written = [this](Report& report, const std::string& format, const report::WriteOptions& options) {
        if (format == "markdown" || format == "html") audit::KnownAncestors(daemon_.store()).add_to(report);  // they draw families
        return report::write_report(report, format, options);
    };
    add("POST /api/v1/scans", Need::scan, [this](const server::Request& request, const server::RouteParameters&) {
        const Result<std::string> image = only_member(request, "image");
        if (!image) return problem_of(image.error(), request.id);
        const Result<store::Enqueued> job = daemon_.order_scan(*image, "request " + request.id);
        return job ? accepted(*job, "/api/v1/scans/") : problem_of(job.error(), request.id);
    });
    add("GET /api/v1/scans/{id}", Need::read, [this](const server::Request& request, const server::RouteParameters& parameters) {
        const std::optional<std::int64_t> id = parse_id(parameters["id"]);
        const Result<std::optional<store::Job>> job = id ? daemon_.state().jobs().find(*id) : Result<std::optional<store::Job>>(std::nullopt);
        if (!job) return problem_of(job.error(), request.id);
        if (!*job || ((*job)->info.kind != serve::kScanJob && (*job)->info.kind != serve::kAuditJob)) return server::problem(404, "", "No such scan is known.", "about:blank", request.id);
        const Result<report::Language> language = language_of(request);
        if (!language) return problem_of(language.error(), request.id);
        report::JsonOutput out;
        out.object([&] {
            write_job(out, (*job)->info, *language);
            if (const std::optional<serve::RunProgress> progress = daemon_.progress_of(*id))
                out.object("progress", [&] {
                    out.number("listed", progress->listed);
                    out.number("done", progress->done);
                });
        });
        return tagged_json(out.take());
    });

    add("POST /api/v1/audits", Need::scan, [this](const server::Request& request, const server::RouteParameters&) {
        const Result<std::string> target = only_member(request, "target");
        if (!target) return problem_of(target.error(), request.id);
        const Result<store::Enqueued> job = daemon_.order_audit(*target);
        return job ? accepted(*job, "/api/v1/scans/") : problem_of(job.error(), request.id);
    });
    add("GET /api/v1/audits", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"kind", "limit", "cursor", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<std::size_t> limit = page_limit(request, 50, 1'000);
        if (!limit) return problem_of(limit.error(), request.id);
        const Result<report::Language> language = language_of(request);
        if (!language) return problem_of(language.error(), request.id);
        const std::string kind = parameter(request, "kind");
        if (!kind.empty() && kind != "audit" && kind != "scan") return server::problem(400, "", "kind is audit or scan.", "about:blank", request.id);
        const std::string cursor = parameter(request, "cursor");
        const std::optional<std::int64_t> before = parse_id(cursor);
        if (!cursor.empty() && !before) return server::problem(400, "", "cursor is what \"next\" of the page before says.", "about:blank", request.id);
        store::AuditQuery query{.before = before, .kind = {}, .limit = *limit + 1};  // one more tells whether there is a next page
        if (!kind.empty()) query.kind = kind == "scan" ? store::RunKind::scan : store::RunKind::audit;
        std::vector<store::AuditRecord> audits = daemon_.store().list_audits(query);
        if (audits.empty() && !daemon_.store().is_working()) return no_audit(request.id);
        const bool more = audits.size() > *limit;
        if (more) audits.pop_back();
        report::JsonOutput out;
        out.object([&] {
            out.list("audits", [&] {
                for (const store::AuditRecord& audit : audits) out.object([&] { write_audit(out, audit, audit_state(audit), *language); });
            });
            if (more) out.member("next", std::to_string(audits.back().id));
        });
        return tagged_json(out.take());
    });

    add("GET /api/v1/audits/{id}", Need::read, [this](const server::Request& request, const server::RouteParameters& parameters) {
        const std::optional<std::int64_t> id = parse_id(parameters["id"]);
        const std::optional<store::AuditRecord> audit = id ? daemon_.store().find_audit(*id) : std::nullopt;
        if (!audit) return no_audit(request.id);
        const Result<report::Language> language = language_of(request);
        if (!language) return problem_of(language.error(), request.id);
        report::JsonOutput out;
        out.object([&] { write_audit(out, *audit, audit_state(*audit), *language); });
        return tagged_json(out.take());
    });
    add("GET /api/v1/audits/{id}/report", Need::read, [this, written](const server::Request& request, const server::RouteParameters& parameters) {
        if (const Result<void> known = check_query(request, {"format", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<report::WriteOptions> options = write_options(request);
        if (!options) return problem_of(options.error(), request.id);
        const std::string format = parameter(request, "format").empty() ? "json" : parameter(request, "format");
        std::variant<Report, server::Response> found = report_of(parameters["id"], request.id);
        if (server::Response* refusal = std::get_if<server::Response>(&found)) return std::move(*refusal);
        Result<std::string> text = written(std::get<Report>(found), format, *options);
        return text ? tagged(content_type_of(format), std::move(*text)) : problem_of(text.error(), request.id);
    });
    // Several runs as one report: what a command line that named several images wants to print, in the order in which it names them.
    const auto joined = [this, written](const server::Request& request, std::string_view ids, std::size_t most) {
        const Result<report::WriteOptions> options = write_options(request);
        if (!options) return problem_of(options.error(), request.id);
        const std::string format = parameter(request, "format").empty() ? "json" : parameter(request, "format");
        const std::vector<std::string_view> parts = split(ids, ',');
        if (parts.size() > most) return server::problem(400, "", "At most " + std::to_string(most) + " runs in one report.", "about:blank", request.id);
        std::optional<Report> whole;
        std::set<std::string_view> seen;
        for (const std::string_view part : parts) {
            if (!seen.insert(part).second) continue;
            std::variant<Report, server::Response> found = report_of(part, request.id);
            if (server::Response* refusal = std::get_if<server::Response>(&found)) return std::move(*refusal);
            if (whole)
                append(*whole, std::move(std::get<Report>(found)));
            else
                whole = std::move(std::get<Report>(found));
        }
        if (!whole) return no_audit(request.id);
        Result<std::string> text = written(*whole, format, *options);
        return text ? tagged(content_type_of(format), std::move(*text)) : problem_of(text.error(), request.id);
    };
    add("GET /api/v1/report", Need::read, [joined](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"audits", "format", "lang"}); !known) return problem_of(known.error(), request.id);
        return joined(request, parameter(request, "audits"), kMostReports);
    });
    // A query has no room for thousands.
    add("POST /api/v1/report", Need::read, [joined](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"format", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<std::string> ids = only_member(request, "audits");
        return ids ? joined(request, *ids, kMostReportsInBody) : problem_of(ids.error(), request.id);
    });
    add("GET /api/v1/audits/{id}/diff/{other}", Need::read, [this](const server::Request& request, const server::RouteParameters& parameters) {
        if (const Result<void> known = check_query(request, {"format", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<report::WriteOptions> options = write_options(request);
        if (!options) return problem_of(options.error(), request.id);
        const std::string format = parameter(request, "format").empty() ? "json" : parameter(request, "format");
        std::variant<Report, server::Response> later = report_of(parameters["id"], request.id);
        if (server::Response* refusal = std::get_if<server::Response>(&later)) return std::move(*refusal);
        std::variant<Report, server::Response> earlier = report_of(parameters["other"], request.id);
        if (server::Response* refusal = std::get_if<server::Response>(&earlier)) return std::move(*refusal);
        Result<std::string> text = report::write_difference(report::compare(std::get<Report>(earlier), std::get<Report>(later)), format, *options);
        return text ? tagged(content_type_of(format), std::move(*text)) : problem_of(text.error(), request.id);
    });
}

}  // namespace veritag::api
