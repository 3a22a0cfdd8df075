// What an audit found, by cause: one line for one mistake, however many images have it.
#pragma once

#include "report/writers.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace veritag::report {

/// Findings with the same code, component, claim and content are taken as one cause: a template that was copied, a base that moved.
struct Cause {
    Finding example;                      ///< the first of them
    std::vector<std::string> references;  ///< in which they are, sorted, each once
    std::size_t findings = 0;             ///< platforms counted apart
};

/// A claimed or observed value that tells findings apart. Digests are other ones with every build; by them everything would be new each day.
std::string without_digest(const std::optional<std::string>& value);

/// Worst first, then those in the most images. Info findings are left out.
std::vector<Cause> causes_of(const Report& report);

/// The part of a table that an audit begins with: what was listed where, and causes. Empty for a report without targets.
std::string write_audit_summary(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
