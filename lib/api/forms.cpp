#include "api/forms.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "oci/json.h"
#include "report/json_output.h"
#include "report/language.h"
#include "report/messages.h"
#include "serve/orders.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace veritag::api {
namespace {

unsigned status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::usage:
        case ErrorCode::malformed:
        case ErrorCode::truncated: return 400;
        case ErrorCode::auth: return 401;
        case ErrorCode::not_found: return 404;
        case ErrorCode::over_limit: return 413;
        case ErrorCode::unsupported: return 415;
        case ErrorCode::rate_limited: return 429;
        case ErrorCode::io:
        case ErrorCode::cancelled: return 503;  // the store fails, or the daemon ends
        default: return 500;
    }
}

// A weight of RFC 9110, 12.4.2; 0 for what is none.
double parse_quality(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    return error == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1 ? value : 0;
}

std::string time_text(store::TimePoint time) { return rfc3339(std::chrono::floor<std::chrono::seconds>(time)); }

}  // namespace

server::Response problem_of(const Error& error, const std::string& request_id) {
    const unsigned status = status_of(error.code);
    const bool ours = status >= 500;
    if (ours) log::error("request failed", {{"request", request_id}, {"error", error.message()}});
    server::Response response = server::problem(status, "", ours ? "It is written down in the log under this request's id." : error.message(), "about:blank", request_id);
    if (status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"veritag\", error=\"invalid_token\"");
    if (status == 429 || status == 503) response.headers.add("Retry-After", "5");
    return response;
}

server::Response tagged(std::string_view content_type, std::string body) {
    const std::string tag = sha256_of(body).str().substr(7, 32);
    server::Response response = server::reply(200, content_type, std::move(body));
    response.headers.add("ETag", '"' + tag + '"');
    return response;
}

server::Response tagged_json(std::string json) { return tagged("application/json", std::move(json)); }

Result<void> check_query(const server::Request& request, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : request.target.query.parameters()) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            std::string all;
            for (const std::string_view each : known) all += (all.empty() ? "" : ", ") + std::string(each);
            return Error{ErrorCode::usage, "read query", quote(name), "no parameter of this path", all.empty() ? "it has none" : "it has " + all};
        }
        if (request.target.query.all(name).size() > 1) return Error{ErrorCode::usage, "read query", quote(name), "it is there twice", ""};
    }
    return ok();
}

std::string parameter(const server::Request& request, std::string_view name) { return std::string(request.target.query.first(name).value_or("")); }

Result<std::size_t> page_limit(const server::Request& request, std::size_t usual, std::size_t most) {
    const std::optional<std::string_view> text = request.target.query.first("limit");
    if (!text) return usual;
    const std::optional<std::uint64_t> number = parse_u64(*text);
    if (!number || *number < 1 || *number > most) return Error{ErrorCode::usage, "read query", "limit", quote(*text), "a number from 1 to " + std::to_string(most)};
    return static_cast<std::size_t>(*number);
}

report::Language preferred_language(const server::RequestHead& request) {
    double best = 0;
    report::Language language = report::Language::en;
    for (const std::string_view element : request.headers.elements("Accept-Language")) {
        const std::vector<std::string_view> parts = split(element, ';');
        const std::string range = to_lower(trim(parts.front()));
        const bool chinese = range == "zh" || range.starts_with("zh-");
        if (!chinese && range != "en" && !range.starts_with("en-")) continue;
        double quality = 1;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            const std::string_view weight = trim(parts[i]);
            if (weight.starts_with("q=")) quality = parse_quality(weight.substr(2));
        }
        if (quality <= best) continue;  // of equals the first
        best = quality;
        language = chinese ? report::Language::zh : report::Language::en;
    }
    return language;
}

Result<report::Language> language_of(const server::Request& request) {
    const std::string language = parameter(request, "lang");
    if (language.empty()) return preferred_language(request);
    const std::optional<report::Language> known = report::language_from(language);
    return known ? Result<report::Language>(*known) : Error{ErrorCode::usage, "read query", "lang", quote(language), "en or zh"};
}

Result<report::WriteOptions> write_options(const server::Request& request) {
    report::WriteOptions options;
    VERITAG_TRY(options.language, language_of(request));
    return options;
}

server::Response in_language_of(const server::Request& request, server::Response response) {
    if (response.headers.get("Content-Type") != "application/problem+json") return response;
    response.headers.add("Vary", "Accept-Language");
    const Result<report::Language> asked = language_of(request);
    const report::Language language = asked ? *asked : preferred_language(request);
    rapidjson::Document document;
    if (language == report::Language::en || document.Parse(response.body.data(), response.body.size()).HasParseError() || !document.IsObject() || !document.HasMember("detail")) return response;
    rapidjson::Value& detail = document["detail"];
    const std::string english(detail.GetString(), detail.GetStringLength());
    const std::string text = report::reply_for(english, language);
    if (text == english) return response;
    detail.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), document.GetAllocator());
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
    document.Accept(out);
    response.body.assign(buffer.GetString(), buffer.GetSize());
    response.headers.set("Content-Language", "zh");
    return response;
}

std::optional<std::int64_t> parse_id(std::string_view text) {
    const std::optional<std::uint64_t> number = parse_u64(text);
    constexpr std::uint64_t kMost = (1ULL << 53) - 1;  // what JSON's readers keep whole
    if (!number || *number == 0 || *number > kMost) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

Result<std::string> only_member(const server::Request& request, std::string_view name) {
    const std::string_view type = request.headers.get("Content-Type");
    if (to_lower(trim(type.substr(0, type.find(';')))) != "application/json") return Error{ErrorCode::unsupported, "read body", "Content-Type", quote(type), "send application/json"};
    VERITAG_TRY(const rapidjson::Document root, oci::parse_json("read body", "", request.body, Limits{}));
    const std::string shape = "{\"" + std::string(name) + "\": \"…\"}";
    if (!root.IsObject()) return Error{ErrorCode::malformed, "read body", "", "no JSON object", "send " + shape};
    for (const auto& member : root.GetObject()) {
        const std::string_view key(member.name.GetString(), member.name.GetStringLength());
        if (key != name) return Error{ErrorCode::malformed, "read body", quote(key), "no member of this request", "send " + shape};
    }
    const auto found = root.FindMember(rapidjson::Value(name.data(), static_cast<rapidjson::SizeType>(name.size())));
    if (found == root.MemberEnd() || !found->value.IsString() || found->value.GetStringLength() == 0) return Error{ErrorCode::malformed, "read body", std::string(name), "missing or no text", "send " + shape};
    return std::string(found->value.GetString(), found->value.GetStringLength());
}

void write_audit(report::JsonOutput& out, const store::AuditRecord& audit, std::string_view state, report::Language language) {
    out.number("id", static_cast<std::uint64_t>(audit.id));
    out.member("kind", to_string(audit.kind));
    out.list("targets", [&] {
        for (const std::string& target : audit.targets) out.value(target);
    });
    out.member("rules", audit.rules_digest);
    out.member("tool", audit.tool_version);
    out.member("started", rfc3339(audit.started));
    if (audit.ended) out.member("ended", rfc3339(*audit.ended));
    out.member("state", state);
    out.flag("complete", audit.is_complete());
    if (audit.job != 0) out.number("job", static_cast<std::uint64_t>(audit.job));
    if (!audit.failure.empty()) out.member("failure", report::error_text_for(audit.failure, language));
    if (audit.verdicts) report::write_verdicts(out, "verdicts", *audit.verdicts);
}

void write_job(report::JsonOutput& out, const store::JobInfo& job, report::Language language) {
    out.number("id", static_cast<std::uint64_t>(job.id));
    out.member("kind", job.kind);
    out.member("about", job.key);
    out.member("state", to_string(job.state));
    out.member("priority", to_string(job.priority));
    out.number("attempts", static_cast<std::uint64_t>(job.attempts));
    out.member("enqueued", time_text(job.enqueued));
    if (job.state == store::JobState::waiting) out.member("ready", time_text(job.ready));
    if (job.started) out.member("started", time_text(*job.started));
    out.member("changed", time_text(job.changed));
    if (job.cancel_asked) out.flag("cancelAsked", true);
    if (job.successor != 0) out.number("successor", static_cast<std::uint64_t>(job.successor));
    if (job.failure)
        out.object("failure", [&] {
            out.member("code", job.failure->code);
            out.member("message", report::error_text_for(job.failure->message, language));
        });
    if (job.state != store::JobState::done || (job.kind != serve::kScanJob && job.kind != serve::kAuditJob)) return;
    if (Result<serve::RunResult> result = serve::parse_run_result(job.short_result)) {
        if (result->error) result->error->message = report::error_text_for(result->error->message, language);
        out.object("result", [&] {
            serve::write_run_result(out, *result);
            out.member("report", "/api/v1/audits/" + std::to_string(result->audit) + "/report");
        });
    }
}

}  // namespace veritag::api
