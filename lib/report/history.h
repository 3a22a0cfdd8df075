// The same target over several audits: how its verdicts went, and since when each finding is there.
#pragma once

#include "base/result.h"
#include "model/report.h"
#include "report/writers.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace veritag::report {

/// One audit of the target.
struct HistoryAudit {
    std::int64_t id = 0;
    std::chrono::sys_seconds started;
    std::string rules_digest;
    VerdictCounts verdicts;
};

/// A finding that at least one of the audits had.
struct SeenFinding {
    std::string reference;  ///< empty: of no image
    std::string platform;
    Finding finding;         ///< as it was seen last
    std::size_t first = 0;   ///< index of the audit that had it first
    std::size_t last = 0;    ///< and of the one that had it last
    bool not_seen = false;   ///< the newest audit did not look at that image, or could not read it, so nobody knows whether it is still there
};

struct History {
    std::vector<std::string> targets;  ///< as the audits named them
    std::vector<HistoryAudit> audits;  ///< oldest first
    std::vector<SeenFinding> findings;
};

/// Takes audits one after the other, the oldest first, so that only one report is in memory. A finding is the same as long as code, component,
/// claim and content are (as report/difference.h compares them).
class HistoryBuilder {
public:
    explicit HistoryBuilder(std::vector<std::string> targets) { history_.targets = std::move(targets); }
    /// Without `report` only the numbers are taken.
    void add(HistoryAudit audit, const Report* report);
    /// Findings worst first: those of the newest audit before those that went, the older ones first.
    [[nodiscard]] History take();

private:
    using Key = std::tuple<std::string, std::string, std::string, std::string, std::string, std::string, std::string, int>;
    void see(const std::string& reference, const std::string& platform, const Finding& finding);
    History history_;
    std::map<Key, std::size_t> known_;  // index of the finding
    std::set<std::pair<std::string, std::string>> read_;  // reference and platform of what the newest audit could read
};

/// `table` (audits and the trend) or `json` (schema `veritag.history/1`, with `firstSeen` and `lastSeen` of each finding, and whether it is there `now`).
Result<std::string> write_history(const History& history, std::string_view format, const WriteOptions& options);

}  // namespace veritag::report
