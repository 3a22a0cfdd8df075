// Reading attached reports: which artifacts refer to a manifest, which of them are reports, and which report is the newest.
//
// Who may push to a repository may attach anything there. All digests are checked, that each artifact has the subject it is listed for, and that
// what it says can be true of that subject and of today; who wrote a report cannot be told, since it is not signed.
#pragma once

#include "attach/repository.h"
#include "attach/statement.h"
#include "base/limits.h"
#include "base/result.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::attach {

inline constexpr std::string_view kNameAnnotation = "veritag.name";        ///< `openeuler/cann:8.0.RC1-oe2203sp4`: what was judged
inline constexpr std::string_view kVerdictAnnotation = "veritag.verdict";
inline constexpr std::chrono::minutes kMostSkew{10};  ///< of other machines' clocks: what is dated later than that is from the future

/// What a registry lists for one subject.
struct ReferrerList {
    std::vector<oci::Descriptor> entries;  ///< of our type, or of none that is told
    std::size_t unreadable = 0;            ///< that may be of our type, but cannot be read
    bool kept_by_registry = false;         ///< false: it is, or would be, behind oci::fallback_tag()
};

/// By the referrers API, else behind the fallback tag. What that tag holds is taken for a list only where it is an index and not the subject
/// itself, to which GitLab resolves it.
Result<ReferrerList> list_reports(Repository& repository, const Digest& subject, const Limits& limits);

/// What the fallback tag holds.
struct FallbackIndex {
    std::string body;
    std::string etag;
};

/// nullopt where there is no list yet. `protocol` where the tag is somebody's image.
Result<std::optional<FallbackIndex>> fetch_fallback_index(Repository& repository, const Digest& subject);

struct FoundReport {
    Statement statement;
    Digest referrer;  ///< the artifact's manifest
};

struct FoundReports {
    std::optional<FoundReport> newest;  ///< of the name that was asked for
    std::vector<std::string> other_names;  ///< of which there are reports, too, sorted, as far as they had to be looked at
    std::vector<std::string> problems;  ///< what is listed as a report and is none that can be taken; none that is known to be older than `newest`
    bool kept_by_registry = false;
};

/// Which report is looked for.
struct Search {
    Digest subject;
    std::string name;              ///< `REPOSITORY:TAG`; empty: any
    std::chrono::sys_seconds now;  ///< a report that is dated later, by more than kMostSkew, is a problem
    /// `malformed` where a statement cannot be true of the subject: it is a problem then, and an older one is looked for.
    std::function<Result<void>(const Statement&)> hold;
};

/// The newest report that can be taken. At most limits.referrers_read are fetched to find it, else it is `over_limit`.
Result<FoundReports> find_reports(Repository& repository, const Search& search, const Limits& limits);

/// The report in one artifact. `malformed` and the like where it is none, or names another subject.
Result<FoundReport> read_report(Repository& repository, const Digest& subject, const oci::Descriptor& entry, const Limits& limits);

}  // namespace veritag::attach
