// The scanner adapter for Harbor (goharbor/pluggable-scanner-spec: api/spec/scanner-adapter-openapi-v1.2.yaml; what Harbor really does:
// goharbor/harbor: src/pkg/scan/rest/v1). It answers at once, polls are told to come back, and it says of itself that it is no CVE scanner.
#include "api/forms.h"
#include "api/service.h"

#include "base/base64.h"
#include "base/log.h"
#include "base/text.h"
#include "oci/json.h"
#include "oci/reference.h"
#include "report/json_output.h"
#include "serve/harbor.h"
#include "serve/orders.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace veritag::api {
namespace {

constexpr std::string_view kReportType = "application/vnd.security.vulnerability.report; version=1.1";
constexpr std::string_view kErrorType = "application/vnd.scanner.adapter.error+json; version=1.0";
constexpr std::string_view kResponseType = "application/vnd.scanner.adapter.scan.response+json; version=1.0";
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";

server::Response adapter_error(unsigned status, const std::string& message) {
    report::JsonOutput out;
    out.object([&] { out.object("error", [&] { out.member("message", message); }); });
    return server::reply(status, kErrorType, out.take());
}

bool is_same(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

bool is_harbor(const server::Request& request, const config::HarborSettings& harbor) {
    std::string_view sent = request.headers.get("Authorization");
    std::optional<std::string> basic;
    if (harbor.scheme == "api-key") {
        sent = request.headers.get("X-ScannerAdapter-API-Key");
    } else {
        const std::string_view scheme = harbor.scheme == "basic" ? "basic" : "bearer";
        const std::size_t space = sent.find(' ');
        if (space == std::string_view::npos || !equals_ignoring_case(sent.substr(0, space), scheme)) return false;
        sent = trim(sent.substr(space + 1));
        if (scheme == "basic") {
            basic = base64_decode(sent);
            if (!basic) return false;
            sent = *basic;
        }
    }
    bool known = false;
    for (const std::string& secret : harbor.secrets) known = is_same(sent, secret) || known;
    return known;
}

// `application/x; version=1.0`, whatever stands between.
std::pair<std::string, std::string> media_type(std::string_view text) {
    const std::size_t semicolon = text.find(';');
    std::pair<std::string, std::string> type{to_lower(trim(text.substr(0, semicolon))), ""};
    while (semicolon != std::string_view::npos && text.find(';') != std::string_view::npos) {
        text = text.substr(text.find(';') + 1);
        const std::string_view parameter = trim(text.substr(0, text.find(';')));
        if (to_lower(parameter.substr(0, parameter.find('='))) == "version" && parameter.find('=') != std::string_view::npos) type.second = trim(parameter.substr(parameter.find('=') + 1));
        if (text.find(';') == std::string_view::npos) break;
    }
    return type;
}

struct AdapterRequest {
    serve::ScanOrder order;
    serve::AdapterAccess access;
};

Result<AdapterRequest> parse_request(const server::Request& request, const config::HarborSettings& harbor) {
    constexpr const char* kWhat = "read scan request";
    VERITAG_TRY(const rapidjson::Document root, oci::parse_json(kWhat, "", request.body, Limits{}));
    const rapidjson::Value* registry = oci::json_member(root, "registry");
    const rapidjson::Value* artifact = oci::json_member(root, "artifact");
    if (!root.IsObject() || registry == nullptr || !registry->IsObject() || artifact == nullptr || !artifact->IsObject())
        return Error{ErrorCode::malformed, kWhat, "", "it lacks registry or artifact", ""};
    AdapterRequest found;
    const std::string url = oci::json_string(*registry, "url");
    found.access.plain_http = url.starts_with("http://");
    std::string host = found.access.plain_http ? url.substr(7) : url.starts_with("https://") ? url.substr(8) : std::string();
    host.resize(std::min(host.size(), host.find('/')));
    if (std::find(harbor.registries.begin(), harbor.registries.end(), host) == harbor.registries.end())
        return Error{ErrorCode::usage, kWhat, "registry.url", quote(url), "list it under harbor_adapter.registries where it is right"};
    found.access.registry = host;
    const rapidjson::Value* insecure = oci::json_member(*registry, "insecure");
    found.access.insecure = insecure != nullptr && insecure->IsBool() && insecure->GetBool();
    if (const std::string authorization = oci::json_string(*registry, "authorization"); !authorization.empty()) {
        const std::optional<std::string> login = authorization.starts_with("Basic ") ? base64_decode(authorization.substr(6)) : std::nullopt;
        const std::size_t colon = login ? login->find(':') : std::string::npos;
        if (colon == std::string::npos) return Error{ErrorCode::usage, kWhat, "registry.authorization", "no Basic credential", "leave the adapter's registry authorization at Basic"};
        found.access.username = login->substr(0, colon);
        found.access.password = login->substr(colon + 1);
    }
    serve::ScanOrder& order = found.order;
    order.reference = {host, oci::json_string(*artifact, "repository"), oci::json_string(*artifact, "tag")};
    order.digest = oci::json_string(*artifact, "digest");
    order.origin = "harbor";
    if (!oci::is_valid_repository(order.reference.repository)) return Error{ErrorCode::usage, kWhat, "artifact.repository", quote(order.reference.repository), ""};
    if (!Digest::parse(order.digest)) return Error{ErrorCode::usage, kWhat, "artifact.digest", quote(order.digest), ""};
    if (!oci::is_valid_tag(order.reference.tag))
        return Error{ErrorCode::usage, kWhat, "artifact.tag", quote(order.reference.tag), "the tag is what is judged; an artifact without one has nothing to be compared with"};
    // Harbor sends what metadata() says is consumed; another registry, or another Harbor, may send more.
    order.media_type = oci::json_string(*artifact, "mime_type");
    if (!order.media_type.empty() && media_type(order.media_type).first != kDockerManifest && media_type(order.media_type).first != kOciManifest)
        return Error{ErrorCode::usage, kWhat, "artifact.mime_type", quote(order.media_type),
                     "this adapter scans images, which are " + std::string(kDockerManifest) + " and " + std::string(kOciManifest) + "; of an index ask for each of its images"};
    if (const rapidjson::Value* capabilities = oci::json_member(root, "enabled_capabilities"); capabilities != nullptr && capabilities->IsArray())
        for (const rapidjson::Value& each : capabilities->GetArray()) {
            if (const std::string type = oci::json_string(each, "type"); !type.empty() && type != "vulnerability")
                return Error{ErrorCode::unsupported, kWhat, "enabled_capabilities", quote(type), "this adapter has the capability vulnerability"};
            const rapidjson::Value* produced = oci::json_member(each, "produces_mime_types");
            if (produced == nullptr || !produced->IsArray() || produced->Empty()) continue;
            const bool has_ours = std::any_of(produced->Begin(), produced->End(), [](const rapidjson::Value& one) {
                return one.IsString() && media_type({one.GetString(), one.GetStringLength()}) == media_type(kReportType);
            });
            if (!has_ours) {
                const rapidjson::Value& first = *produced->Begin();
                return Error{ErrorCode::unsupported, kWhat, "enabled_capabilities.produces_mime_types", first.IsString() ? quote(first.GetString()) : "no text",
                             "this adapter produces " + std::string(kReportType)};
            }
        }
    return found;
}

std::string metadata(const std::string& version) {
    report::JsonOutput out;
    out.object([&] {
        out.object("scanner", [&] {
            out.member("name", "veritag tag compliance (not CVE)");
            out.member("vendor", "veritag");
            out.member("version", version);
        });
        out.list("capabilities", [&] {
            out.object([&] {
                out.member("type", "vulnerability");
                out.list("consumes_mime_types", [&] {
                    out.value(kDockerManifest);
                    out.value(kOciManifest);
                });
                out.list("produces_mime_types", [&] { out.value(kReportType); });
            });
        });
        out.object("properties", [&] {
            out.member("harbor.scanner-adapter/scanner-type", "os-package-vulnerability");
            out.member("harbor.scanner-adapter/registry-authorization-type", "Basic");
            out.member("org.label-schema.description", "Judges whether an image is what its tag says. It finds no vulnerabilities: where it is a project's scanner, nobody else looks for CVEs there.");
        });
    });
    return out.take();
}

std::string report_text(const store::Job& job, const serve::ScanOrder& order, const std::string& version) {
    const std::string severity = serve::harbor_severity(job.result);
    report::JsonOutput out;
    out.object([&] {
        out.member("generated_at", rfc3339(std::chrono::floor<std::chrono::seconds>(job.info.changed)));
        out.object("artifact", [&] {
            out.member("repository", order.reference.repository);
            out.member("digest", order.digest);
            out.member("tag", order.reference.tag);
            out.member("mime_type", order.media_type.empty() ? kDockerManifest : std::string_view(order.media_type));
        });
        out.object("scanner", [&] {
            out.member("name", "veritag tag compliance (not CVE)");
            out.member("vendor", "veritag");
            out.member("version", version);
        });
        if (!severity.empty()) out.member("severity", severity);
    });
    // The rows are a JSON object of their own, {"vulnerabilities": […]}: its members join these.
    std::string head = out.take();
    const std::size_t head_end = head.rfind('}'), rows_begin = job.result.find('{');
    if (head_end == std::string::npos || rows_begin == std::string::npos) return head;
    std::string joined(trim(std::string_view(head).substr(0, head_end)));
    return joined + "," + job.result.substr(rows_begin + 1);
}

}  // namespace

void Service::add_harbor() {
    const auto guarded = [this](const auto& body) {
        return [this, body](const server::Request& request, const server::RouteParameters& parameters) {
            const std::shared_ptr<const config::Settings> settings = daemon_.settings();
            if (!settings->harbor.enabled) return server::problem(404, "", "The scanner adapter is not enabled.", "about:blank", request.id);
            if (!is_harbor(request, settings->harbor)) {
                server::Response response = adapter_error(401, "the credential is wrong or missing");
                response.headers.add("WWW-Authenticate", settings->harbor.scheme == "basic" ? "Basic realm=\"veritag\"" : "Bearer realm=\"veritag\"");
                return response;
            }
            return body(request, parameters, settings->harbor);
        };
    };
    for (const char* probe : {"/harbor/probe/healthy", "/harbor/probe/ready"})
        add(std::string("GET ") + probe, Need::nothing, [this](const server::Request&, const server::RouteParameters&) {
            return daemon_.settings()->harbor.enabled ? server::reply(200, "text/plain", std::string("ok\n")) : server::problem(404);
        });
    add("GET /harbor/api/v1/metadata", Need::own, guarded([this](const server::Request&, const server::RouteParameters&, const config::HarborSettings&) {
            return server::reply(200, "application/vnd.scanner.adapter.metadata+json; version=1.1", metadata(daemon_.options().tool_version));
        }));
    add("POST /harbor/api/v1/scan", Need::own, guarded([this](const server::Request& request, const server::RouteParameters&, const config::HarborSettings& harbor) {
            const auto [type, version] = media_type(request.headers.get("Content-Type"));
            if (type != "application/vnd.scanner.adapter.scan.request+json" || (version != "1.0" && version != "1.1")) return adapter_error(415, "Content-Type is " + quote(request.headers.get("Content-Type")) + "; a scan request is application/vnd.scanner.adapter.scan.request+json, version 1.0 or 1.1");
            const Result<AdapterRequest> wanted = parse_request(request, harbor);
            if (!wanted) {
                const ErrorCode code = wanted.error().code;
                return adapter_error(code == ErrorCode::malformed ? 400 : code == ErrorCode::unsupported ? 501 : 422, wanted.error().message());
            }
            // A scan of its own each time: its credential is for it alone.
            const std::string key = request.id + '-' + std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
            if (!daemon_.adapter_scans().put(key, wanted->access)) return adapter_error(500, "too many scans wait");
            const store::EnqueueAnswer kept = daemon_.enqueuer().enqueue({{.kind = std::string(serve::kAdapterJob), .key = key, .payload = serve::to_json(wanted->order),
                                                                           .priority = store::Priority::on_demand, .most_attempts = 3, .deadline = harbor.deadline}});
            if (!kept) {
                daemon_.adapter_scans().drop(key);
                return adapter_error(500, "the scan could not be enqueued");
            }
            daemon_.wake();
            report::JsonOutput out;
            out.object([&] { out.member("id", std::to_string(kept->front().id)); });
            return server::reply(202, kResponseType, out.take());
        }));
    add("GET /harbor/api/v1/scan/{id}/report", Need::own, guarded([this](const server::Request& request, const server::RouteParameters& parameters, const config::HarborSettings& harbor) {
            const std::optional<std::int64_t> id = parse_id(parameters["id"]);
            const Result<std::optional<store::Job>> job = id ? daemon_.state().jobs().find(*id) : Result<std::optional<store::Job>>(std::nullopt);
            if (!job) return adapter_error(500, "the queue cannot be read");
            if (!*job || (*job)->info.kind != serve::kAdapterJob) return adapter_error(404, "no such scan is known");
            const auto [type, version] = media_type(request.headers.get("Accept"));
            const auto [produced, produced_version] = media_type(kReportType);
            if (!type.empty() && type != "*/*" && (type != produced || (!version.empty() && version != produced_version))) return adapter_error(406, "Accept asks for " + quote(request.headers.get("Accept")) + "; this adapter produces " + std::string(kReportType));
            const store::JobInfo& info = (*job)->info;
            if (info.state == store::JobState::done) {
                const Result<serve::ScanOrder> order = serve::parse_scan_order((*job)->payload);
                if (!order) return adapter_error(500, "the scan's own record cannot be read");
                return server::reply(200, kReportType, report_text(**job, *order, daemon_.options().tool_version));
            }
            // Harbor's own guard begins anew with each poll, so the end of waiting is ours to keep.
            const bool late = std::chrono::system_clock::now() - std::chrono::system_clock::time_point(info.enqueued) > harbor.deadline;
            if (info.state != store::JobState::waiting && info.state != store::JobState::running) return adapter_error(500, info.failure ? info.failure->message : "the scan was cancelled");
            if (late) return adapter_error(500, "the scan took longer than harbor_adapter.deadline");
            server::Response response = server::reply(302, "application/json", std::string("{}"));
            response.headers.add("Location", request.raw_target);
            response.headers.add("Refresh-After", "5");  // Harbor reads it as a signed byte
            response.headers.add("Retry-After", "5");
            return response;
        }));
}

}  // namespace veritag::api
