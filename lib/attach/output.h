// What `attach` and `verify` print.
#pragma once

#include "attach/attach.h"
#include "attach/verify.h"
#include "base/result.h"
#include "report/writers.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::attach {

/// What became of one subject.
struct AttachLine {
    std::string reference;
    std::string subject;   ///< empty where nothing is known of it
    std::string platform;  ///< empty for an index
    std::optional<Verdict> verdict = {};
    std::optional<Attached> attached = {};
    std::string skipped = {};  ///< why nothing was to be attached
    std::optional<Error> error = {};
};

/// `table` and `json` (schema `veritag.attach/1`).
Result<std::string> write_attached(const std::vector<AttachLine>& lines, std::string_view format, report::Language language);

/// The statements as they would be attached: one is an object, several are a list.
Result<std::string> write_statements(const std::vector<Statement>& statements, const Limits& limits);

/// `table` and `json` (schema `veritag.verify/1`), which both say that nobody signed what was found. `now`: for ages.
Result<std::string> write_verified(const std::vector<Verified>& answers, std::string_view format, report::Language language, std::chrono::sys_seconds now);

}  // namespace veritag::attach
