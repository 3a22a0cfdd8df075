// What is new, mended and as before between two audits.
#pragma once

#include "base/result.h"
#include "model/report.h"
#include "report/writers.h"

#include <optional>
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

/// Of which the later report knows nothing: an image that the earlier one could read or judge, or did not have; or a target that was not listed.
struct Unread {
    std::string reference;          ///< or the target
    std::string platform;
    Verdict verdict = Verdict::error;  ///< error: it could not be read; unknown: it could not be judged
    std::optional<Verdict> before;     ///< of the same image in the earlier report
    std::optional<Error> error;        ///< why it could not be read
    std::optional<Finding> finding;    ///< why it could not be judged
};

struct Difference {
    std::vector<Change> fresh;      ///< only in the later report
    std::vector<Change> mended;     ///< only in the earlier one, and the later one looked at the same thing
    std::vector<Change> unchanged;
    std::vector<Change> not_seen;   ///< in the earlier one; the later one did not look there, or could not read it
    std::vector<Unread> unread;     ///< images that the later one could not read or judge, where that is new
    std::vector<Unread> unlisted;   ///< targets that the later one could not list, or not to their end
};

/// An image is unknown where a finding that is not waived says so. Findings are the same where code, component, claim and content are: words and evidence may change.
Difference compare(const Report& earlier, const Report& later);

/// `table` or `json`.
Result<std::string> write_difference(const Difference& difference, std::string_view format, const WriteOptions& options);

}  // namespace veritag::report
