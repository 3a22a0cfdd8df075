// What there is to tell after a run: which causes are new, which are mended. Pure functions over the difference of two reports.
#pragma once

#include "base/times.h"
#include "model/report.h"
#include "report/difference.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::notify {

/// One mistake and what became of it: findings with the same code, component, claim and content, as report/causes.h takes them together.
/// A reference stands in one of the lists only; each list is sorted. Findings without a reference stand under their file, or under what
/// they claim or observe (`catalog-unpublished`).
struct CauseChange {
    std::string id;       ///< 16 hex digits over target, code and content: the same in every run and every language
    Finding example;      ///< the first of them, those that are there now before those that are mended
    std::string example_reference;
    std::vector<std::string> fresh;      ///< have it now and did not before
    std::vector<std::string> mended;     ///< had it and do not any more, or are gone
    std::vector<std::string> remaining;  ///< had it and still do, or were not looked at again
    friend bool operator==(const CauseChange& a, const CauseChange& b);  ///< of the example only code and content count
};

/// Where a notice comes from.
struct NoticeOrigin {
    std::string target;  ///< as it is configured: `quay.io/openeuler`
    std::string run;     ///< id of the audit or scan
    SystemTime when;     ///< when it ended
    bool first_look = false;  ///< nothing was known of the target before
    VerdictCounts counts;           ///< images of the run
    std::string link;               ///< the daemon's page about the run; empty: none
    std::vector<std::string> gone;  ///< references that are no more (Report::gone): what they had is mended
};

struct Notice {
    std::string target;
    std::string run;        ///< of the latest run that it tells of
    std::string first_run;  ///< of the first one; the same unless notices were merged
    SystemTime when;        ///< of the latest run
    bool first_look = false;
    VerdictCounts counts;   ///< of the latest run
    std::string link;
    std::vector<CauseChange> causes;  ///< worst first, then those that are new in the most images; each has something fresh or mended
    friend bool operator==(const Notice&, const Notice&) = default;
};

/// What is new and mended, info findings left out; nullopt where nothing is. For the first look at a target compare with an empty report.
std::optional<Notice> notice_from(const report::Difference& difference, const NoticeOrigin& origin);

/// What somebody wants to be told. Globs are those of rules/pattern.h; an empty list is everything.
struct NoticeFilter {
    Severity least = Severity::warning;  ///< `error` or `warning`
    std::vector<std::string> targets;    ///< over the target: `quay.io/**`
    std::vector<std::string> codes;      ///< over the code: `os-*`
};

/// The part of a notice that passes; nullopt where nothing does.
std::optional<Notice> filtered(const Notice& notice, const NoticeFilter& filter);

/// One notice in place of two about one target, the later one second: what came and went between them is not told. Nullopt where
/// nothing is left.
std::optional<Notice> merged(const Notice& earlier, const Notice& later);

/// For keeping a notice that waits. Reading gives `malformed` for anything that serialise() did not write.
std::string serialise(const Notice& notice);
Result<Notice> deserialise_notice(std::string_view bytes);

}  // namespace veritag::notify
