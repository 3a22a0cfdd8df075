// The JSON of a statement; names of members live here alone (docs/attestation.md).
#include "attach/statement.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "base/times.h"
#include "oci/fields.h"
#include "report/json_output.h"

#include <array>
#include <utility>

namespace veritag::attach {
namespace {

using oci::Fields;
using oci::Json;
using oci::json_member;

constexpr std::string_view kRead = "read attached report";
constexpr std::size_t kMostText = 4096;  // of one text: versions and names of images may be any bytes
constexpr std::size_t kMostSubjects = 16;

// Cut between characters. Both what is written and what is compared has passed it, since write_statement() makes no other texts.
std::string short_text(std::string_view text) {
    std::string valid = to_valid_utf8(text);
    if (valid.size() <= kMostText) return valid;
    std::size_t end = kMostText;
    while (end > 0 && (static_cast<unsigned char>(valid[end]) & 0xC0U) == 0x80U) --end;
    return valid.substr(0, end) + "…";
}

// ---- writing ----

void optional_member(report::JsonOutput& out, std::string_view name, const std::optional<std::string>& text) {
    if (text) out.member(name, short_text(*text));
}

void write_image(report::JsonOutput& out, const JudgedImage& image) {
    out.object([&] {
        out.member("digest", image.digest.str());
        out.member("platform", short_text(image.platform));
        out.member("verdict", to_string(image.verdict));
        out.member("grammar", image.grammar);
        if (!image.tier.empty()) out.member("tier", image.tier);
        out.flag("partial", image.partial);
        out.list("claims", [&] {
            for (const Claim& claim : image.claims)
                out.object([&] {
                    out.member("component", claim.component);
                    out.member("kind", to_string(claim.kind));
                    out.member("version", short_text(claim.version));
                });
        });
        out.list("observed", [&] {
            for (const Observation& seen : image.observed)
                out.object([&] {
                    out.member("component", short_text(seen.component));
                    out.member("kind", to_string(seen.kind));
                    out.member("version", short_text(seen.version));
                    out.flag("proof", seen.proof);
                });
        });
        out.list("findings", [&] {
            for (const Finding& finding : image.findings)
                out.object([&] {
                    out.member("code", finding.code);
                    out.member("severity", to_string(finding.severity));
                    out.member("component", short_text(finding.component));
                    optional_member(out, "claimed", finding.claimed);
                    optional_member(out, "observed", finding.observed);
                    out.member("message", short_text(finding.message));
                    optional_member(out, "suggestion", finding.suggestion);
                });
        });
    });
}

// ---- reading ----

template <class Enum, std::size_t N>
Result<Enum> read_word(const Fields& in, const Json& object, std::string_view name, const std::string& prefix, const std::array<Enum, N>& known) {
    VERITAG_TRY(const std::string word, in.string(object, name, prefix));
    for (const Enum each : known)
        if (to_string(each) == word) return each;
    return in.error(prefix + std::string(name), "\"" + quote(word) + "\" is not known");
}

Result<Verdict> read_verdict(const Fields& in, const Json& object, const std::string& prefix) {
    return read_word(in, object, "verdict", prefix, std::array{Verdict::pass, Verdict::warn, Verdict::fail, Verdict::unknown, Verdict::error});
}

Result<ComponentKind> read_kind(const Fields& in, const Json& object, const std::string& prefix) {
    VERITAG_TRY(const std::string word, in.string(object, "kind", prefix));
    const std::optional<ComponentKind> kind = component_kind_from(word);
    if (!kind) return in.error(prefix + "kind", "\"" + quote(word) + "\" is not known");
    return *kind;
}

Result<bool> read_flag(const Fields& in, const Json& object, std::string_view name, const std::string& prefix) {
    const Json* value = Fields::optional(object, name);
    if (value == nullptr) return in.error(prefix + std::string(name), "missing");
    if (!value->IsBool()) return in.error(prefix + std::string(name), oci::wrong_type(*value, "true or false"));
    return value->GetBool();
}

Result<std::optional<std::string>> read_optional(const Fields& in, const Json& object, std::string_view name, const std::string& prefix) {
    if (Fields::optional(object, name) == nullptr) return std::optional<std::string>();
    VERITAG_TRY(std::string text, in.optional_string(object, name, prefix));
    return std::optional(std::move(text));
}

// A list of objects, each read by `read_one(object, its prefix)`.
template <class Value, class ReadOne>
Result<std::vector<Value>> read_list(const Fields& in, const Json& object, std::string_view name, const std::string& prefix, ReadOne read_one) {
    std::vector<Value> values;
    VERITAG_TRY(const Json* list, in.list(object, name, prefix));
    if (list == nullptr) return in.error(prefix + std::string(name), "is null");
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        const std::string field = prefix + std::string(name) + "[" + std::to_string(i) + "]";
        VERITAG_TRY(const Json* each, in.object(&(*list)[i], field));
        VERITAG_TRY(Value value, read_one(*each, field + "."));
        values.push_back(std::move(value));
    }
    return values;
}

Result<JudgedImage> read_image(const Fields& in, const Json& object, const std::string& prefix) {
    JudgedImage image;
    const Json* digest = json_member(object, "digest");
    if (digest == nullptr) return in.error(prefix + "digest", "missing");
    VERITAG_TRY(image.digest, in.digest(*digest, prefix + "digest"));
    VERITAG_TRY(image.platform, in.optional_string(object, "platform", prefix));
    VERITAG_TRY(image.verdict, read_verdict(in, object, prefix));
    VERITAG_TRY(image.grammar, in.optional_string(object, "grammar", prefix));
    VERITAG_TRY(image.tier, in.optional_string(object, "tier", prefix));
    VERITAG_TRY(image.partial, read_flag(in, object, "partial", prefix));
    const auto read_claim = [&](const Json& each, const std::string& at) -> Result<Claim> {
        Claim claim;
        VERITAG_TRY(claim.component, in.optional_string(each, "component", at));
        VERITAG_TRY(claim.kind, read_kind(in, each, at));
        VERITAG_TRY(claim.version, in.optional_string(each, "version", at));
        return claim;
    };
    const auto read_observation = [&](const Json& each, const std::string& at) -> Result<Observation> {
        Observation seen;
        VERITAG_TRY(seen.component, in.optional_string(each, "component", at));
        VERITAG_TRY(seen.kind, read_kind(in, each, at));
        VERITAG_TRY(seen.version, in.optional_string(each, "version", at));
        VERITAG_TRY(seen.proof, read_flag(in, each, "proof", at));
        return seen;
    };
    const auto read_finding = [&](const Json& each, const std::string& at) -> Result<Finding> {
        Finding finding;
        VERITAG_TRY(finding.code, in.string(each, "code", at));
        VERITAG_TRY(finding.severity, read_word(in, each, "severity", at, std::array{Severity::error, Severity::warning, Severity::info}));
        VERITAG_TRY(finding.component, in.optional_string(each, "component", at));
        VERITAG_TRY(finding.claimed, read_optional(in, each, "claimed", at));
        VERITAG_TRY(finding.observed, read_optional(in, each, "observed", at));
        VERITAG_TRY(finding.message, in.optional_string(each, "message", at));
        VERITAG_TRY(finding.suggestion, read_optional(in, each, "suggestion", at));
        return finding;
    };
    VERITAG_TRY(image.claims, read_list<Claim>(in, object, "claims", prefix, read_claim));
    VERITAG_TRY(image.observed, read_list<Observation>(in, object, "observed", prefix, read_observation));
    VERITAG_TRY(image.findings, read_list<Finding>(in, object, "findings", prefix, read_finding));
    return image;
}

// {"sha256": "…"}, of the first subject.
Result<Digest> read_subject(const Fields& in, const Json& root) {
    const auto read_one = [&](const Json& each, const std::string& at) -> Result<Digest> {
        VERITAG_TRY(const Json* digests, in.object(json_member(each, "digest"), at + "digest"));
        for (const char* algorithm : {"sha256", "sha512"}) {
            const Json* hex = json_member(*digests, algorithm);
            if (hex == nullptr) continue;
            if (!hex->IsString()) return in.error(at + "digest." + algorithm, oci::wrong_type(*hex, "a string"));
            Result<Digest> digest = Digest::parse(std::string(algorithm) + ":" + std::string(oci::text_of(*hex)));
            if (!digest) return Error{digest.error().code, std::string(kRead), at + "digest", digest.error().saw, ""};
            return *digest;
        }
        return in.error(at + "digest", "names no sha256");
    };
    const Json* list = json_member(root, "subject");
    if (list != nullptr && list->IsArray() && list->Size() > kMostSubjects) return in.error("subject", std::to_string(list->Size()) + " subjects");
    VERITAG_TRY(const std::vector<Digest> subjects, read_list<Digest>(in, root, "subject", "", read_one));
    if (subjects.size() != 1) return in.error("subject", std::to_string(subjects.size()) + " subjects, not one");
    return subjects.front();
}

Result<void> read_predicate(const Fields& in, const Json& predicate, Statement& statement) {
    const std::string prefix = "predicate.";
    VERITAG_TRY(const Json* tool, in.object(json_member(predicate, "tool"), prefix + "tool"));
    VERITAG_TRY(statement.tool_version, in.string(*tool, "version", prefix + "tool."));
    VERITAG_TRY(const Json* rules, in.object(json_member(predicate, "rules"), prefix + "rules"));
    VERITAG_TRY(statement.rules_digest, in.string(*rules, "digest", prefix + "rules."));
    VERITAG_TRY(const std::string judged, in.string(predicate, "judged", prefix));
    const std::optional<SystemTime> time = parse_rfc3339(judged);
    if (!time) return in.error(prefix + "judged", "\"" + quote(judged) + "\" is no time of RFC 3339");
    statement.judged = *time;
    VERITAG_TRY(statement.reference, in.string(predicate, "reference", prefix));
    VERITAG_TRY(statement.registry, in.optional_string(predicate, "registry", prefix));
    VERITAG_TRY(statement.repository, in.string(predicate, "repository", prefix));
    VERITAG_TRY(statement.tag, in.string(predicate, "tag", prefix));
    VERITAG_TRY(statement.verdict, read_verdict(in, predicate, prefix));
    VERITAG_TRY(statement.images, read_list<JudgedImage>(in, predicate, "images", prefix, [&](const Json& each, const std::string& at) { return read_image(in, each, at); }));
    return ok();
}

// What one part says must not be belied by another. An image that could not be read has no findings to be held against, and is never spoken of.
Result<void> check(const Fields& in, const Statement& statement) {
    if (statement.images.empty()) return in.error("predicate.images", "there is none");
    Verdict worst = Verdict::pass;
    for (std::size_t i = 0; i < statement.images.size(); ++i) {
        const JudgedImage& image = statement.images[i];
        if (const Verdict deserved = verdict_of(image.findings); image.verdict != deserved)
            return in.error("predicate.images[" + std::to_string(i) + "].verdict", std::string(to_string(image.verdict)) + ", but its findings say " + std::string(to_string(deserved)));
        if (is_worse(image.verdict, worst)) worst = image.verdict;
    }
    if (statement.verdict != worst)
        return in.error("predicate.verdict", std::string(to_string(statement.verdict)) + ", but the worst of its images is " + std::string(to_string(worst)));
    return ok();
}

}  // namespace

Result<std::string> write_statement(const Statement& statement, const Limits& limits) {
    report::JsonOutput out;
    out.object([&] {
        out.member("_type", kStatementType);
        out.list("subject", [&] {
            out.object([&] {
                out.member("name", short_text(statement.reference));
                out.object("digest", [&] { out.member(statement.subject.algorithm(), statement.subject.hex()); });
            });
        });
        out.member("predicateType", kPredicateType);
        out.object("predicate", [&] {
            out.object("tool", [&] {
                out.member("name", "veritag");
                out.member("version", statement.tool_version);
            });
            out.object("rules", [&] { out.member("digest", statement.rules_digest); });
            out.member("judged", rfc3339(statement.judged));
            out.member("reference", short_text(statement.reference));
            if (!statement.registry.empty()) out.member("registry", statement.registry);
            out.member("repository", statement.repository);
            out.member("tag", statement.tag);
            out.member("verdict", to_string(statement.verdict));
            out.list("images", [&] {
                for (const JudgedImage& image : statement.images) write_image(out, image);
            });
        });
    });
    std::string text = out.take();
    if (text.size() > limits.statement_bytes) return limit_error("write report", statement.reference, text.size(), "limits.statement_bytes", limits.statement_bytes);
    return text;
}

Result<Statement> parse_statement(std::string_view body, const Limits& limits) {
    if (body.size() > limits.statement_bytes) return limit_error(kRead, "", body.size(), "limits.statement_bytes", limits.statement_bytes);
    VERITAG_TRY(const rapidjson::Document root, oci::parse_json(kRead, "", body, limits));
    const Fields in{kRead};
    VERITAG_CHECK(in.object(&root, "document"));
    for (const auto& [name, wanted] : {std::pair{"_type", kStatementType}, std::pair{"predicateType", kPredicateType}}) {
        VERITAG_TRY(const std::string type, in.string(root, name, ""));
        if (type != wanted) return Error{ErrorCode::unsupported, std::string(kRead), name, "\"" + quote(type) + "\", not \"" + std::string(wanted) + "\"", ""};
    }
    Statement statement;
    VERITAG_TRY(statement.subject, read_subject(in, root));
    VERITAG_TRY(const Json* predicate, in.object(json_member(root, "predicate"), "predicate"));
    VERITAG_CHECK(read_predicate(in, *predicate, statement));
    VERITAG_CHECK(check(in, statement));
    return statement;
}

}  // namespace veritag::attach
