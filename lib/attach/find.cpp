#include "attach/find.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

namespace veritag::attach {
namespace {

constexpr std::string_view kRead = "read attached report";

std::string annotation(const oci::Descriptor& entry, std::string_view name) {
    const auto found = entry.annotations.find(std::string(name));
    return found == entry.annotations.end() ? std::string() : found->second;
}

// The registry was asked to filter, and perhaps did; some leave the type out, and then the manifest must tell.
bool may_be_report(const oci::Descriptor& entry) {
    const bool manifest = entry.media_type == oci::media_type::kOciManifest;
    return entry.artifact_type == kArtifactType || (entry.artifact_type.empty() && manifest);
}

// What was made later first; what tells no time must be looked at in any case.
void newest_first(std::vector<oci::Descriptor>& entries) {
    std::stable_sort(entries.begin(), entries.end(), [](const oci::Descriptor& a, const oci::Descriptor& b) {
        const std::string one = annotation(a, oci::kCreatedAnnotation), other = annotation(b, oci::kCreatedAnnotation);
        if (one.empty() != other.empty()) return one.empty();
        return one > other;
    });
}

// Some registries label everything alike; then the body's shape tells.
bool may_be_index(std::string_view content_type) {
    const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    return oci::is_referrers_type(type) || type.empty() || type == "application/json" || type == "text/plain";
}

// Else somebody could not be reached or let us not in, which tells nothing of a report.
bool is_fault_of_the_artifact(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::malformed:
        case ErrorCode::unsupported:
        case ErrorCode::not_found:
        case ErrorCode::digest_mismatch:
        case ErrorCode::over_limit:
        case ErrorCode::truncated:
            return true;
        default:
            return false;
    }
}

// Nothing of what an artifact says counts before this.
Result<void> check_report(const FoundReport& report, const Search& search, const std::string& where) {
    if (report.statement.judged > search.now + kMostSkew)
        return Error{ErrorCode::malformed, std::string(kRead), where, "it says to be of " + rfc3339(report.statement.judged) + ", and now it is " + rfc3339(search.now),
                     "set the clock, or delete that report in the registry"};
    if (const Result<void> held = search.hold(report.statement); !held) return held.error().at(where);
    return ok();
}

bool is_newer(const FoundReport& one, const FoundReport& than) {
    return std::pair(one.statement.judged, one.referrer) > std::pair(than.statement.judged, than.referrer);
}

}  // namespace

Result<std::optional<FallbackIndex>> fetch_fallback_index(Repository& repository, const Digest& subject) {
    const std::string tag = oci::fallback_tag(subject);
    VERITAG_TRY(std::optional<registry::FetchedManifest> found, repository.find_manifest(tag));
    if (!found || found->digest == subject || sha256_of(found->body) == subject) return std::optional<FallbackIndex>();
    if (!may_be_index(found->content_type))
        return Error{ErrorCode::protocol, "read list of referrers", repository.name() + ":" + tag,
                     "an image has the tag that a list of referrers should have: type \"" + quote(found->content_type) + "\"", ""};
    return std::optional(FallbackIndex{std::move(found->body), std::move(found->etag)});
}

Result<ReferrerList> list_reports(Repository& repository, const Digest& subject, const Limits& limits) {
    VERITAG_TRY(std::optional<oci::Referrers> listed, repository.list_referrers(subject, kArtifactType));
    ReferrerList list{.entries = {}, .unreadable = 0, .kept_by_registry = listed.has_value()};
    if (!listed) {
        VERITAG_TRY(const std::optional<FallbackIndex> index, fetch_fallback_index(repository, subject));
        if (!index) return list;
        Result<oci::Referrers> read = oci::parse_referrers(index->body, limits);
        if (!read) return read.error().at(repository.name() + ":" + oci::fallback_tag(subject));
        listed = std::move(*read);
    }
    // Another tool's entries are no concern of ours, unless one does not tell what it is.
    list.unreadable = static_cast<std::size_t>(
        std::count_if(listed->unreadable.begin(), listed->unreadable.end(), [](const std::string& type) { return type.empty() || type == kArtifactType; }));
    std::copy_if(listed->entries.begin(), listed->entries.end(), std::back_inserter(list.entries), may_be_report);
    newest_first(list.entries);
    return list;
}

Result<FoundReport> read_report(Repository& repository, const Digest& subject, const oci::Descriptor& entry, const Limits& limits) {
    const std::string where = repository.name() + "@" + entry.digest.str();
    const auto wrong = [&](std::string saw) { return Error{ErrorCode::malformed, std::string(kRead), where, std::move(saw), ""}; };
    if (entry.size > limits.manifest_bytes) return limit_error(kRead, where, entry.size, "limits.manifest_bytes", limits.manifest_bytes);
    VERITAG_TRY(const std::optional<registry::FetchedManifest> fetched, repository.find_manifest(entry.digest));
    if (!fetched) return Error{ErrorCode::not_found, std::string(kRead), where, "it is listed and not there", ""};
    const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(fetched->body, fetched->content_type, limits);
    if (!parsed) return parsed.error().at(where);
    const auto* manifest = std::get_if<oci::Manifest>(&*parsed);
    if (manifest == nullptr || manifest->artifact_type != kArtifactType) return wrong("it is listed as a report and is none");
    if (!manifest->subject || manifest->subject->digest != subject) return wrong("it is attached to another manifest than it is listed for");
    if (manifest->layers.size() != 1 || manifest->layers[0].media_type != oci::media_type::kInToto) return wrong("it does not hold one statement");
    const oci::Descriptor& layer = manifest->layers[0];
    if (layer.size > limits.statement_bytes) return limit_error(kRead, where, layer.size, "limits.statement_bytes", limits.statement_bytes);
    VERITAG_TRY(const std::string body, repository.fetch_blob(layer, limits.statement_bytes));
    Result<Statement> statement = parse_statement(body, limits);
    if (!statement) return statement.error().at(where);
    if (statement->subject != subject) return wrong("it speaks of " + statement->subject.str());
    return FoundReport{std::move(*statement), entry.digest};
}

Result<FoundReports> find_reports(Repository& repository, const Search& search, const Limits& limits) {
    const std::string& name = search.name;
    const std::string list_name = repository.name() + "@" + search.subject.str();
    VERITAG_TRY(const ReferrerList list, list_reports(repository, search.subject, limits));
    FoundReports found{.newest = std::nullopt, .other_names = {}, .problems = {}, .kept_by_registry = list.kept_by_registry};
    if (list.unreadable > 0)
        found.problems.push_back(Error{ErrorCode::malformed, "read list of referrers", list_name, std::to_string(list.unreadable) + " of its entries cannot be read, and may be newer reports",
                                       "delete them, or what wrote them"}
                                     .message());
    std::set<std::string> others;
    std::size_t read = 0;
    std::string newest_time;  // by its annotation
    for (const oci::Descriptor& entry : list.entries) {
        const std::string told = annotation(entry, kNameAnnotation), time = annotation(entry, oci::kCreatedAnnotation);
        // Those of the same second are compared; all that follow are older.
        if (found.newest && !time.empty() && time < newest_time) break;
        if (!name.empty() && !told.empty() && told != name) {
            others.insert(quote(told));
            continue;
        }
        if (read++ == limits.referrers_read) return limit_error(kRead, list_name, read, "limits.referrers_read", limits.referrers_read);
        Result<FoundReport> report = read_report(repository, search.subject, entry, limits);
        if (!report) {
            if (!is_fault_of_the_artifact(report.error().code)) return report.error();
            // One of another type that does not say so is no problem.
            if (!entry.artifact_type.empty()) found.problems.push_back(report.error().message());
            continue;
        }
        if (!name.empty() && report->statement.name() != name) {
            others.insert(quote(report->statement.name()));
            continue;
        }
        if (const Result<void> right = check_report(*report, search, repository.name() + "@" + entry.digest.str()); !right) {
            if (!is_fault_of_the_artifact(right.error().code)) return right.error();
            found.problems.push_back(right.error().message());
            continue;
        }
        if (!found.newest || is_newer(*report, *found.newest)) {
            found.newest = std::move(*report);
            newest_time = rfc3339(found.newest->statement.judged);
        }
    }
    found.other_names.assign(others.begin(), others.end());
    return found;
}

}  // namespace veritag::attach
