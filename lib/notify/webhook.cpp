#include "notify/webhook.h"

#include "base/digest.h"
#include "base/hmac.h"
#include "base/text.h"
#include "report/json_output.h"
#include "report/messages.h"

namespace veritag::notify {
namespace {

constexpr std::size_t kDeliveryDigits = 32;

void put_references(report::JsonOutput& out, std::string_view name, const std::vector<std::string>& references) {
    out.list(name, [&] {
        for (const std::string& each : references) out.value(each);
    });
}

void put_evidence(report::JsonOutput& out, const std::vector<Evidence>& evidence, report::Language language) {
    out.list("evidence", [&] {
        for (const Evidence& each : evidence)
            out.object([&] {
                out.member("source", to_string(each.source));
                out.member("path", each.path);
                if (each.layer >= 0) out.number("layer", static_cast<std::uint64_t>(each.layer));
                if (!each.diff_id.empty()) out.member("diffId", each.diff_id);
                out.member("detail", report::detail_for(each, language));
            });
    });
}

void put_cause(report::JsonOutput& out, const CauseChange& cause, report::Language language) {
    out.object([&] {
        const Finding& finding = cause.example;
        out.member("cause", cause.id);
        out.member("code", finding.code);
        out.member("severity", to_string(finding.severity));
        out.member("component", finding.component);
        if (finding.claimed) out.member("claimed", *finding.claimed);
        if (finding.observed) out.member("observed", *finding.observed);
        out.member("message", report::message_for(finding, language));
        if (finding.suggestion) out.member("suggestion", *finding.suggestion);
        put_references(out, "fresh", cause.fresh);
        put_references(out, "mended", cause.mended);
        put_references(out, "remaining", cause.remaining);
        out.member("example", cause.example_reference);
        put_evidence(out, finding.evidence, language);
    });
}

}  // namespace

std::string notice_json(const Notice& notice, std::string_view delivery, report::Language language) {
    report::JsonOutput out;
    out.object([&] {
        out.member("schema", "veritag.notice/1");
        out.member("id", delivery);
        out.member("target", notice.target);
        out.member("run", notice.run);
        out.member("firstRun", notice.first_run);
        out.member("when", rfc3339(notice.when));
        out.flag("firstLook", notice.first_look);
        if (!notice.link.empty()) out.member("link", notice.link);
        report::write_verdicts(out, "counts", notice.counts);
        out.list("causes", [&] {
            for (const CauseChange& cause : notice.causes) put_cause(out, cause, language);
        });
    });
    return out.take();
}

std::string delivery_id(const Channel& channel, const Notice& notice) {
    std::string text = "veritag delivery";
    for (const std::string* part : {&channel.name, &notice.target, &notice.first_run, &notice.run}) text.append(1, '\0').append(*part);
    return std::string(sha256_of(text).hex().substr(0, kDeliveryDigits));
}

outbound::HttpRequest webhook_request(const Channel& channel, const Notice& notice) {
    const auto& webhook = std::get<WebhookChannel>(channel.kind);
    const std::string delivery = delivery_id(channel, notice);
    outbound::HttpRequest request;
    request.method = "POST";
    request.url = webhook.url;
    request.body = notice_json(notice, delivery, channel.language);
    request.headers = {{"Content-Type", "application/json"}, {"X-Veritag-Event", "notice"}, {"X-Veritag-Delivery", delivery}};
    if (!webhook.secret.empty()) request.headers.emplace_back("X-Veritag-Signature-256", "sha256=" + hmac_sha256_hex(webhook.secret, request.body));
    request.headers.insert(request.headers.end(), webhook.headers.begin(), webhook.headers.end());
    request.ca_file = webhook.ca_file;
    request.allow_internal = webhook.allow_internal;
    return request;
}

}  // namespace veritag::notify
