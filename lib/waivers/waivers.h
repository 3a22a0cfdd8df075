// Exceptions that somebody made for findings, for a time and with a reason:
//
//   waivers:
//     - target: 'quay.io/openeuler/cann:8.0.*'   # glob over REGISTRY/REPOSITORY:TAG, as rules/pattern.h reads them; see below
//       code: os-mismatch
//       component: openeuler                      # may be left out: then of any component
//       reason: rebuilt with the next release
//       owner: ai-sig@example.org
//       expiry: 2026-12-31                        # the last day on which it holds
//
// A waived finding stays visible. It changes no verdict: an image that is not what its tag says does not become one because somebody knows.
// It only counts no more where a gate decides (Finding::waived, unwaived_verdict()).
// That parts of an image could not be read (`unproven` without a component) is never waived: nobody knows what is there.
// A finding about a tree of declarations has no image. There the glob goes over its file as the report names it (`AI/cann/meta.yml`), and of
// `catalog check` over REPOSITORY:TAG too.
#pragma once

#include "base/result.h"
#include "model/report.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::waivers {

struct Waiver {
    std::string target;
    std::string code;
    std::string component;  ///< empty: any
    Waived waived;
    std::chrono::sys_days last_day;
    int line = 0;  ///< where it begins in its file
};

/// `path` is for messages. A key that is unknown or missing, a code that no finding has, and a day that is none are `config` errors with line
/// and column.
Result<std::vector<Waiver>> parse_waivers(std::string_view path, std::string_view text);

/// A file of waivers, or none: then it waives nothing, and no report speaks of it.
struct WaiverFile {
    std::string path;  ///< empty: none
    std::vector<Waiver> waivers;
};

/// Reads a file of at most 4 MiB. No file is read for an empty path.
Result<WaiverFile> read_waivers(const std::string& path);

/// Marks the findings of one image that are waived on that day, and takes away marks of earlier days. Of several waivers that fit a finding
/// the first is shown.
void mark(const WaiverFile& file, std::chrono::sys_days today, ImageReport& image);

/// Marks all findings of a report and says in Report::waivers how many: for a report that looks at a part of what the waivers are for.
void mark(const WaiverFile& file, std::chrono::sys_days today, Report& report);

/// The same, and says which waivers did nothing: for a report over everything they are for.
void apply(const WaiverFile& file, std::chrono::sys_days today, Report& report);

/// The same for a report over a part. There a waiver is unused only where it is for something that was judged, and of a code that such a run can
/// find; the others are WaiverUse::elsewhere. `declarations`: files, and REPOSITORY:TAG, that were judged and have no finding now.
void apply_to_part(const WaiverFile& file, std::chrono::sys_days today, Report& report, const std::vector<std::string>& declarations = {});

/// Adds what waivers did in one more part of a whole: a waiver did nothing where it did nothing in any part.
void add(WaiverUse& whole, const WaiverUse& part);

}  // namespace veritag::waivers
