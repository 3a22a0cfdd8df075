#include "attach/attach.h"

#include "base/log.h"
#include "base/text.h"
#include "oci/artifact.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <utility>

namespace veritag::attach {
namespace {

using std::chrono::milliseconds;

constexpr int kRounds = 10;                       // of changing one list while others do
constexpr milliseconds kLeastSettling{300};
constexpr int kTimesOfOurChange = 4;
constexpr milliseconds kMostSettling{10'000};
constexpr milliseconds kJitter{250};              // so that two do not go on in step

bool is_passing(ErrorCode code) { return code == ErrorCode::network || code == ErrorCode::timeout || code == ErrorCode::server || code == ErrorCode::rate_limited; }

/// A statement under way.
struct Work {
    oci::Descriptor entry;  ///< how the list shall show it
    Digest subject;
    bool listed = true;     ///< nothing is left to do
    int rounds = 0;
    milliseconds change{0};  ///< how long it took from reading the list to having written it
    std::optional<Result<Attached>> answer;
};

class Attaching {
public:
    Attaching(Repository& repository, std::chrono::sys_seconds now, const Limits& limits) : repository_(repository), now_(now), limits_(limits), random_(std::random_device{}()) {}

    Work begin(const Statement& statement) {
        Work work;
        work.subject = statement.subject;
        if (Result<void> pushed = push(statement, work); !pushed) work.answer = pushed.error();
        if (!work.answer && !work.listed) change_list(work);
        return work;
    }

    /// Until every list that was changed still has what was put there.
    void settle(std::vector<Work>& all) {
        for (;;) {
            milliseconds longest{0};
            bool any = false;
            for (const Work& work : all) {
                if (work.answer) continue;
                any = true;
                longest = std::max(longest, work.change);
            }
            if (!any) return;
            repository_.wait(std::clamp(longest * kTimesOfOurChange, kLeastSettling, kMostSettling) + jitter());
            for (Work& work : all)
                if (!work.answer) look_again(work);
        }
    }

private:
    Result<void> push(Statement statement, Work& work) {
        VERITAG_TRY(std::string text, write_statement(statement, limits_));
        VERITAG_TRY(const Statement written, parse_statement(text, limits_));  // as it will be read
        const auto hold = [&](const Statement& other) -> Result<void> {
            if (same_images(other, written)) return ok();
            return Error{ErrorCode::malformed, "check attached report", "predicate.images", "it speaks of other images than the subject has", ""};
        };
        const Search search{.subject = statement.subject, .name = statement.name(), .now = now_, .hold = hold};
        VERITAG_TRY(FoundReports found, find_reports(repository_, search, limits_));
        if (!found.problems.empty())
            log::warn("reports that are attached already cannot be taken", {{"image", search.subject.str()}, {"number", std::to_string(found.problems.size())}, {"first", found.problems[0]}});
        if (found.newest && says_the_same(found.newest->statement, written)) {
            work.answer = Attached{.unchanged = true, .referrer = found.newest->referrer, .kept_by_registry = found.kept_by_registry};
            return ok();
        }
        if (found.newest && found.newest->statement.judged >= statement.judged) {
            VERITAG_CHECK(come_after(*found.newest, statement));
            VERITAG_TRY(text, write_statement(statement, limits_));
        }
        VERITAG_TRY(oci::Descriptor subject, describe_subject(statement.subject));
        const oci::Artifact artifact{.type = std::string(kArtifactType),
                                     .subject = std::move(subject),
                                     .layers = {oci::describe(oci::media_type::kInToto, text)},
                                     .annotations = {{std::string(oci::kCreatedAnnotation), rfc3339(statement.judged)},
                                                     {std::string(kNameAnnotation), statement.name()},
                                                     {std::string(kVerdictAnnotation), std::string(to_string(statement.verdict))}}};
        const std::string manifest = oci::write_artifact(artifact);
        work.entry = oci::referrer_entry(artifact, manifest);
        VERITAG_CHECK(repository_.push_blob(oci::kEmptyConfigBody));
        VERITAG_CHECK(repository_.push_blob(text));
        VERITAG_TRY(const registry::PushedManifest pushed, repository_.push_manifest(work.entry.digest, manifest, oci::media_type::kOciManifest));
        work.listed = pushed.subject_taken;
        if (work.listed) work.answer = Attached{.unchanged = false, .referrer = work.entry.digest, .kept_by_registry = true};
        return ok();
    }

    // The newest report counts, so one of the same second, or of a clock that is a little ahead, would hide what is said now.
    Result<void> come_after(const FoundReport& newest, Statement& statement) const {
        if (newest.statement.judged - statement.judged > kMostSkew)
            return Error{ErrorCode::protocol, "attach report", repository_.name() + "@" + newest.referrer.str(),
                         "a report is there that was judged later, " + rfc3339(newest.statement.judged) + ", than this one, " + rfc3339(statement.judged), "judge the image again, or set the clock"};
        statement.judged = newest.statement.judged + std::chrono::seconds(1);
        return ok();
    }

    // The registry's own words on what the image is: type and size.
    Result<oci::Descriptor> describe_subject(const Digest& digest) {
        const std::string where = repository_.name() + "@" + digest.str();
        VERITAG_TRY(const std::optional<registry::FetchedManifest> fetched, repository_.find_manifest(digest));
        if (!fetched) return Error{ErrorCode::not_found, "attach report", where, "the image is not there any more", ""};
        const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(fetched->body, fetched->content_type, limits_);
        if (!parsed) return parsed.error().at(where);
        oci::Descriptor subject;
        subject.media_type = std::visit([](const auto& document) { return document.media_type; }, *parsed);
        subject.digest = digest;
        subject.size = fetched->body.size();
        return subject;
    }

    Error not_listed(const Work& work, const std::string& why) const {
        return {ErrorCode::protocol, "list report", repository_.name() + ":" + oci::fallback_tag(work.subject), why + "; the report itself is there as " + work.entry.digest.str(), ""};
    }

    /// Reads the list, adds to it and writes it back, until nobody came in between that the registry noticed.
    void change_list(Work& work) {
        for (;;) {
            if (repository_.stopped()) return give_up(work, Error{ErrorCode::cancelled, "list report", repository_.name(), "stopped on request", ""});
            if (++work.rounds > kRounds)
                return give_up(work, not_listed(work, "it was lost again each of " + std::to_string(kRounds) + " times; others change that list, or the registry does not keep it"));
            const auto start = std::chrono::steady_clock::now();
            const Result<bool> changed = change_once(work);
            work.change = std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - start);
            if (changed && *changed) return;
            if (!changed && (!is_passing(changed.error().code) || work.rounds == kRounds)) return give_up(work, not_listed_because(work, changed.error()));
            repository_.wait(jitter());
        }
    }

    /// False: somebody came in between.
    Result<bool> change_once(const Work& work) {
        VERITAG_TRY(const std::optional<FallbackIndex> before, fetch_fallback_index(repository_, work.subject));
        VERITAG_TRY(const std::string after, oci::add_referrer(before ? std::optional<std::string_view>(before->body) : std::nullopt, work.entry, limits_));
        if (before && after == before->body) return true;
        // A weak tag says only that two are alike, and never matches (RFC 9110, 13.1.1).
        const bool strong = before && before->etag.starts_with('"');
        VERITAG_TRY(const registry::PushedManifest pushed, repository_.push_manifest(oci::fallback_tag(work.subject), after, oci::media_type::kOciIndex, strong ? before->etag : ""));
        return pushed.stored;
    }

    void look_again(Work& work) {
        const Result<std::optional<FallbackIndex>> now = fetch_fallback_index(repository_, work.subject);
        if (!now) return give_up(work, not_listed_because(work, now.error()));
        const Result<oci::Referrers> read = *now ? oci::parse_referrers((*now)->body, limits_) : Result<oci::Referrers>(oci::Referrers{});
        if (!read) return give_up(work, not_listed_because(work, read.error()));
        if (std::any_of(read->entries.begin(), read->entries.end(), [&](const oci::Descriptor& entry) { return entry.digest == work.entry.digest; })) {
            work.answer = Attached{.unchanged = false, .referrer = work.entry.digest, .kept_by_registry = false};
            return;
        }
        log::info("somebody else changed the list of referrers; once more", {{"tag", oci::fallback_tag(work.subject)}, {"round", std::to_string(work.rounds)}});
        change_list(work);
    }

    Error not_listed_because(const Work& work, Error error) const {
        error.saw += "; the report itself is there as " + work.entry.digest.str() + ", but no list names it";
        return error;
    }
    static void give_up(Work& work, Error error) { work.answer = std::move(error); }
    milliseconds jitter() { return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, kJitter.count())(random_)); }

    Repository& repository_;
    std::chrono::sys_seconds now_;
    const Limits& limits_;
    std::minstd_rand random_;
};

}  // namespace

std::vector<Result<Attached>> attach_all(Repository& repository, const std::vector<Statement>& statements, std::chrono::sys_seconds now, const Limits& limits) {
    Attaching attaching(repository, now, limits);
    std::vector<Work> all;
    for (const Statement& statement : statements) all.push_back(attaching.begin(statement));
    attaching.settle(all);
    std::vector<Result<Attached>> answers;
    for (Work& work : all) answers.push_back(std::move(*work.answer));
    return answers;
}

}  // namespace veritag::attach
