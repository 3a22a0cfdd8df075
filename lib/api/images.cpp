// What is there now.
#include "api/forms.h"
#include "api/service.h"

#include "base/text.h"
#include "oci/reference.h"
#include "report/json_output.h"
#include "report/json_writer.h"
#include "report/messages.h"
#include "rules/pattern.h"
#include "scan/build_steps.h"

#include <algorithm>
#include <array>
#include <set>

namespace veritag::api {
namespace {

std::optional<Verdict> verdict_from(std::string_view text) {
    for (const Verdict each : kVerdicts)
        if (text == to_string(each)) return each;
    return std::nullopt;
}

Result<serve::ImageQuery> query_of(const server::Request& request) {
    VERITAG_CHECK(check_query(request, {"registry", "repository", "tag", "q", "verdict", "code", "waived", "limit", "cursor"}));
    serve::ImageQuery query{.registry = parameter(request, "registry"), .repository = parameter(request, "repository"), .tag = parameter(request, "tag"), .text = parameter(request, "q"),
                            .verdict = std::nullopt, .code = parameter(request, "code"), .waived = std::nullopt, .limit = 0, .cursor = parameter(request, "cursor")};
    VERITAG_TRY(query.limit, page_limit(request, 100, 5'000));
    if (const std::string verdict = parameter(request, "verdict"); !verdict.empty()) {
        query.verdict = verdict_from(verdict);
        if (!query.verdict) return Error{ErrorCode::usage, "read query", "verdict", quote(verdict), "one of pass, warn, fail, unknown, error"};
    }
    if (const std::string waived = parameter(request, "waived"); !waived.empty()) {
        if (waived != "yes" && waived != "no") return Error{ErrorCode::usage, "read query", "waived", quote(waived), "one of yes, no"};
        query.waived = waived == "yes";
    }
    VERITAG_CHECK(source::check_filter({.repositories = query.repository.empty() ? std::vector<std::string>{} : std::vector{query.repository}, .not_repositories = {},
                                        .tags = query.tag.empty() ? std::vector<std::string>{} : std::vector{query.tag}, .not_tags = {}}));
    return query;
}

void write_line(report::JsonOutput& out, const serve::ImageLine& line) {
    out.object([&] {
        out.member("reference", line.reference());
        out.member("registry", line.key.registry);
        out.member("repository", line.key.repository);
        out.member("tag", line.key.tag);
        out.member("platform", line.platform);
        out.member("digest", line.digest);
        if (!line.index_digest.empty()) out.member("indexDigest", line.index_digest);
        out.member("verdict", to_string(line.verdict));
        if (!line.tier.empty()) out.member("tier", line.tier);
        out.list("codes", [&] {
            for (const std::string& code : line.codes) out.value(code);
        });
        out.list("notes", [&] {
            for (const std::string& code : line.notes) out.value(code);
        });
        out.list("waived", [&] {
            for (const std::string& code : line.waived) out.value(code);
        });
        if (!line.error.empty()) out.member("error", line.error);
        out.number("audit", static_cast<std::uint64_t>(line.audit));
        out.member("seen", rfc3339(line.seen));
    });
}

}  // namespace

Report Service::what_is_known(const std::set<store::ReferenceKey>& references, const std::function<bool(const ImageReport&)>& wanted) {
    Report report;
    report.tool_version = daemon_.options().tool_version;
    report.rules_digest = daemon_.workshop()->rules.digest();
    const std::shared_ptr<const config::Settings> settings = daemon_.settings();
    for (const store::ReferenceKey& reference : references) {
        std::optional<store::CurrentReference> current = daemon_.store().find_current(reference);
        if (!current) continue;
        report.generated = std::max(report.generated, rfc3339(current->seen));
        for (ImageReport& image : current->judged.images) {
            if (!wanted(image)) continue;
            waivers::mark(settings->waivers, daemon_.options().today(), image);
            report.images.push_back(std::move(image));
        }
    }
    scan::add_build_steps(daemon_.store(), settings->limits, report);
    return report;
}

std::optional<Report> Service::what_was_found(std::optional<std::int64_t> audit) {
    std::optional<Report> report = audit ? daemon_.store().read_audit(*audit) : std::nullopt;
    if (!report) return report;
    const std::shared_ptr<const config::Settings> settings = daemon_.settings();
    waivers::mark(settings->waivers, daemon_.options().today(), *report);
    scan::add_build_steps(daemon_.store(), settings->limits, *report);
    return report;
}

void Service::add_images() {
    add("GET /api/v1/images", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        const Result<serve::ImageQuery> query = query_of(request);
        if (!query) return problem_of(query.error(), request.id);
        const std::shared_ptr<const serve::Picture> picture = daemon_.images().picture();
        const Result<serve::ImagePage> page = serve::find_images(*picture, *query);
        if (!page) return problem_of(page.error(), request.id);
        report::JsonOutput out;
        out.object([&] {
            out.list("images", [&] {
                for (const serve::ImageLine* line : page->images) write_line(out, *line);
            });
            out.number("total", page->total);
            if (!page->next.empty()) out.member("next", page->next);
        });
        return tagged_json(out.take());
    });

    // So that nobody takes what was not looked at for what is well.
    add("GET /api/v1/skipped", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"limit", "cursor", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<std::size_t> limit = page_limit(request, 100, 5'000);
        if (!limit) return problem_of(limit.error(), request.id);
        const Result<report::Language> language = language_of(request);
        if (!language) return problem_of(language.error(), request.id);
        const std::shared_ptr<const serve::Picture> picture = daemon_.images().picture();
        const Result<serve::SkippedPage> page = serve::list_skipped(*picture, *limit, parameter(request, "cursor"));
        if (!page) return problem_of(page.error(), request.id);
        report::JsonOutput out;
        out.object([&] {
            out.list("skipped", [&] {
                for (const serve::SkippedLine* line : page->skipped)
                    out.object([&] {
                        out.member("reference", line->reference());
                        if (!line->digest.empty()) out.member("digest", line->digest);
                        out.member("reason", report::reason_for({line->reference(), line->digest, line->reason}, *language));
                        out.number("audit", static_cast<std::uint64_t>(line->audit));
                        out.member("seen", rfc3339(line->seen));
                    });
            });
            out.number("total", picture->skipped.size());
            if (!page->next.empty()) out.member("next", page->next);
        });
        return tagged_json(out.take());
    });

    // Every tag under which the image is known, each judged by itself.
    add("GET /api/v1/images/{digest}", Need::read, [this](const server::Request& request, const server::RouteParameters& parameters) {
        if (const Result<void> known = check_query(request, {"lang"}); !known) return problem_of(known.error(), request.id);
        const Result<report::WriteOptions> options = write_options(request);
        if (!options) return problem_of(options.error(), request.id);
        const Result<Digest> digest = Digest::parse(parameters["digest"]);
        if (!digest) return server::problem(400, "", "The path ends with a digest, as sha256:…", "about:blank", request.id);
        const std::string text = digest->str();
        std::set<store::ReferenceKey> references;
        const std::shared_ptr<const serve::Picture> picture = daemon_.images().picture();
        for (const serve::ImageLine& line : picture->images)
            if (line.digest == text || line.index_digest == text) references.insert(line.key);
        const Report report = what_is_known(references, [&](const ImageReport& image) { return image.digest == text || image.index_digest == text; });
        if (report.images.empty()) return server::problem(404, "", "No image with this digest is known.", "about:blank", request.id);
        return tagged_json(report::write_json(report, *options));
    });

    // What could not be read has no digest, but it has a name.
    add("GET /api/v1/reference", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> known = check_query(request, {"name", "lang"}); !known) return problem_of(known.error(), request.id);
        const Result<report::WriteOptions> options = write_options(request);
        if (!options) return problem_of(options.error(), request.id);
        const Result<oci::Reference> name = oci::parse_reference(parameter(request, "name"));
        if (!name) return problem_of(name.error(), request.id);
        const Report report = what_is_known({{name->registry, name->repository, name->tag}}, [](const ImageReport&) { return true; });
        if (report.images.empty()) return server::problem(404, "", "No image of this name is known.", "about:blank", request.id);
        return tagged_json(report::write_json(report, *options));
    });
}

}  // namespace veritag::api
