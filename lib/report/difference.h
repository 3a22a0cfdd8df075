// What is new, mended and as before between two audits.
#pragma once

#include "base/result.h"
#include "model/report.h"
#include "report/writers.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// One finding of one image, or of none (then the reference is empty).
struct Change {
    std::string reference;
    std::string platform;
    Finding finding;
};

struct Difference {
    std::vector<Change> fresh;      ///< only in the later report
    std::vector<Change> mended;     ///< only in the earlier one, and the later one looked at the same thing
    std::vector<Change> unchanged;
    std::vector<Change> not_seen;   ///< in the earlier one; the later one did not look there, or could not read it
};

/// Findings are the same where code, component, claim and content are: words and evidence may change.
Difference compare(const Report& earlier, const Report& later);

/// `table` or `json`.
Result<std::string> write_difference(const Difference& difference, std::string_view format, const WriteOptions& options);

}  // namespace veritag::report
