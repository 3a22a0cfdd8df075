#include "serve/orders.h"

#include "oci/json.h"
#include "report/json_output.h"

namespace veritag::serve {
namespace {

Result<rapidjson::Document> parse(std::string_view json) {
    VERITAG_TRY(rapidjson::Document root, oci::parse_json("read job", "", json, Limits{}));
    if (!root.IsObject()) return Error{ErrorCode::malformed, "read job", "", "no JSON object", ""};
    return root;
}

Error lacks(std::string_view member) { return Error{ErrorCode::malformed, "read job", "", "it lacks \"" + std::string(member) + "\"", ""}; }

}  // namespace

std::string to_json(const AuditOrder& order) {
    report::JsonOutput out;
    out.object([&] {
        if (!order.target.empty()) out.member("target", order.target);
        if (!order.listing.empty()) out.member("listing", order.listing);
    });
    return out.take();
}

Result<AuditOrder> parse_audit_order(std::string_view json) {
    VERITAG_TRY(const rapidjson::Document root, parse(json));
    AuditOrder order{.target = oci::json_string(root, "target"), .listing = oci::json_string(root, "listing")};
    if (order.target.empty() == order.listing.empty()) return lacks("target");
    return order;
}

std::string to_json(const ScanOrder& order) {
    report::JsonOutput out;
    out.object([&] {
        out.member("registry", order.reference.registry);
        out.member("repository", order.reference.repository);
        out.member("tag", order.reference.tag);
        if (!order.digest.empty()) out.member("digest", order.digest);
        if (!order.origin.empty()) out.member("origin", order.origin);
        if (!order.media_type.empty()) out.member("mediaType", order.media_type);
    });
    return out.take();
}

Result<ScanOrder> parse_scan_order(std::string_view json) {
    VERITAG_TRY(const rapidjson::Document root, parse(json));
    ScanOrder order{.reference = {oci::json_string(root, "registry"), oci::json_string(root, "repository"), oci::json_string(root, "tag")},
                    .digest = oci::json_string(root, "digest"),
                    .origin = oci::json_string(root, "origin"),
                    .media_type = oci::json_string(root, "mediaType")};
    if (order.reference.registry.empty()) return lacks("registry");
    if (order.reference.repository.empty()) return lacks("repository");
    if (order.reference.tag.empty()) return lacks("tag");
    return order;
}

std::string to_json(const NoticeOrder& order) {
    report::JsonOutput out;
    out.object([&] {
        out.member("channel", order.channel);
        out.member("target", order.target);
    });
    return out.take();
}

Result<NoticeOrder> parse_notice_order(std::string_view json) {
    VERITAG_TRY(const rapidjson::Document root, parse(json));
    NoticeOrder order{.channel = oci::json_string(root, "channel"), .target = oci::json_string(root, "target")};
    if (order.channel.empty()) return lacks("channel");
    if (order.target.empty()) return lacks("target");
    return order;
}

std::string to_json(const AttachOrder& order) {
    report::JsonOutput out;
    out.object([&] {
        out.member("registry", order.reference.registry);
        out.member("repository", order.reference.repository);
        out.member("tag", order.reference.tag);
        out.number("audit", static_cast<std::uint64_t>(order.audit));
        out.member("rules", order.rules_digest);
        out.flag("everyPlatform", order.every_platform);
    });
    return out.take();
}

Result<AttachOrder> parse_attach_order(std::string_view json) {
    VERITAG_TRY(const rapidjson::Document root, parse(json));
    AttachOrder order{.reference = {oci::json_string(root, "registry"), oci::json_string(root, "repository"), oci::json_string(root, "tag")}, .audit = 0, .rules_digest = oci::json_string(root, "rules")};
    if (order.reference.registry.empty()) return lacks("registry");
    if (order.reference.repository.empty()) return lacks("repository");
    if (order.reference.tag.empty()) return lacks("tag");
    if (order.rules_digest.empty()) return lacks("rules");
    const auto audit = root.FindMember("audit");
    const auto every = root.FindMember("everyPlatform");
    if (audit == root.MemberEnd() || !audit->value.IsInt64()) return lacks("audit");
    if (every == root.MemberEnd() || !every->value.IsBool()) return lacks("everyPlatform");
    order.audit = audit->value.GetInt64();
    order.every_platform = every->value.GetBool();
    return order;
}

void write_run_result(report::JsonOutput& out, const RunResult& result) {
    out.number("audit", static_cast<std::uint64_t>(result.audit));
    out.number("images", result.images);
    if (!result.worst.empty()) out.member("worst", result.worst);
    out.flag("unread", result.unread);
    if (result.verdicts) report::write_verdicts(out, "verdicts", *result.verdicts);
    if (result.error)
        out.object("error", [&] {
            out.member("code", result.error->code);
            out.member("message", result.error->message);
        });
}

std::string to_json(const RunResult& result) {
    report::JsonOutput out;
    out.object([&] { write_run_result(out, result); });
    return out.take();
}

Result<RunResult> parse_run_result(std::string_view json) {
    VERITAG_TRY(const rapidjson::Document root, parse(json));
    RunResult result{.worst = oci::json_string(root, "worst")};
    const auto audit = root.FindMember("audit");
    const auto images = root.FindMember("images");
    const auto unread = root.FindMember("unread");
    if (audit == root.MemberEnd() || !audit->value.IsInt64()) return lacks("audit");
    if (images == root.MemberEnd() || !images->value.IsUint64()) return lacks("images");
    if (unread == root.MemberEnd() || !unread->value.IsBool()) return lacks("unread");
    result.audit = audit->value.GetInt64();
    result.images = images->value.GetUint64();
    result.unread = unread->value.GetBool();
    if (const rapidjson::Value* const verdicts = oci::json_member(root, "verdicts")) {
        result.verdicts.emplace();
        for (const Verdict verdict : kVerdicts) {
            const rapidjson::Value* const count = oci::json_member(*verdicts, to_string(verdict));
            if (count == nullptr || !count->IsUint64()) return lacks(to_string(verdict));
            result.verdicts->of(verdict) = count->GetUint64();
        }
    }
    if (const rapidjson::Value* const error = oci::json_member(root, "error"); error != nullptr && error->IsObject())
        result.error = {oci::json_string(*error, "code"), oci::json_string(*error, "message")};
    return result;
}

}  // namespace veritag::serve
