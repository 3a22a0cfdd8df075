// What `attach` and `verify` print.
#pragma once

#include "attach/attach.h"
#include "attach/verify.h"
#include "base/result.h"
#include "report/messages.h"
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
    std::optional<report::Text> why = {};  ///< the same in the words of the catalogue, where it has them
    std::optional<Error> error = {};
};

/// `table` and `json` (schema `veritag.attach/1`).
Result<std::string> write_attached(const std::vector<AttachLine>& lines, std::string_view format, report::Language language);

/// The statements as they would be attached: one is an object, several are a list.
Result<std::string> write_statements(const std::vector<Statement>& statements, const Limits& limits);

/// Who reads.
struct Reading {
    std::chrono::sys_seconds now;  ///< for ages
    std::string rules_digest;      ///< of the rules here: a report that was made by others may judge in another way
};

/// `table` and `json` (schema `veritag.verify/1`), which both say that nobody signed what was found.
Result<std::string> write_verified(const std::vector<Verified>& answers, std::string_view format, report::Language language, const Reading& reading);

}  // namespace veritag::attach
