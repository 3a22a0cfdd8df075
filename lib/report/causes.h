// What an audit found, by cause: one line for one mistake, however many images have it.
#pragma once

#include "report/writers.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace veritag::report {

/// One finding of a cause. The report must live as long.
struct CauseMember {
    const Finding* finding = nullptr;
    const ImageReport* image = nullptr;  ///< null: a finding about a declaration
};

/// Findings with the same code, component, claim and content are taken as one cause: a template that was copied, a base that moved.
struct Cause {
    Finding example;                      ///< the first of them
    std::vector<std::string> references;  ///< in which they are, sorted, each once
    std::size_t findings = 0;             ///< platforms counted apart
    std::vector<CauseMember> members;     ///< by reference, platform, file and line
};

/// A claimed or observed value that tells findings apart. Digests are other ones with every build; by them everything would be new each day.
std::string without_digest(const std::optional<std::string>& value);

enum class CauseKind {
    counting,  ///< errors and warnings that nobody waived
    notes,     ///< info findings
    waived,    ///< one waiver a cause, whatever the severity
};

/// Worst first, then those in the most images.
std::vector<Cause> causes_of(const Report& report, CauseKind kind = CauseKind::counting);

/// The part of a table that an audit begins with: what was listed where, and causes. Empty for a report without targets.
std::string write_audit_summary(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
