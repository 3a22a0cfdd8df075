// What was found, by cause, as people read it: one line for one mistake, however many images have it.
#pragma once

#include "report/writers.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// One finding of a cause. The report must live as long.
struct CauseMember {
    const Finding* finding = nullptr;
    const ImageReport* image = nullptr;   ///< null: a finding about a declaration
    const Finding* repeated = nullptr;    ///< the `parent-mismatch` of the same image that says of its base what this one says of the image
};

/// Findings with the same code, component, claim, content and sentence are taken as one cause: a template that was copied, a base that moved. Of
/// the sentence of an image only what tells it from others counts not: digests, its own names, counts. Declarations tell themselves apart by
/// the names of files and tags, so theirs does not count at all. Notes are one by code and kind of component.
/// What a catalogue says of a registry is one by code: its claim and content are the place.
/// Notices (notify/notice.h) take together by code, component, claim and content alone: their causes have numbers that must stay the same from
/// one day to the next, whatever a later version says in its sentences.
struct Cause {
    Finding example;                      ///< the first of them
    std::vector<std::string> references;  ///< in which they are, sorted, each once
    std::size_t findings = 0;             ///< platforms counted apart
    std::vector<CauseMember> members;     ///< by reference, platform, file and line
};

/// Whether one sentence is true of all of them, so that it need be said only once.
bool say_the_same(const std::vector<CauseMember>& members, Language language);

/// What their `parent-mismatch` say, each sentence once.
std::vector<std::string> repeated_sentences(const std::vector<CauseMember>& members, Language language);

/// `REPOSITORY:TAG` of a finding about what is published and declared nowhere, or the other way round; else empty.
std::string_view published_name(const Finding& finding) noexcept;

/// A claimed or observed value that tells findings apart. Digests are other ones with every build; by them everything would be new each day.
std::string without_digest(const std::optional<std::string>& value);

enum class CauseKind {
    counting,  ///< errors and warnings that nobody waived
    notes,     ///< info findings
    waived,    ///< one waiver a cause, whatever the severity
};

/// Worst first, then those in the most images. A `parent-mismatch` that a finding of the same image says already is no cause of its own.
std::vector<Cause> causes_of(const Report& report, CauseKind kind = CauseKind::counting);

/// The layer by which a finding is proven, counted from 0; -1 where it hangs on no layer. The judge puts the strongest evidence first.
int proving_layer(const Finding& finding) noexcept;

/// The part of a table that an audit begins with: what was listed where, and causes. Empty for a report without targets.
std::string write_audit_summary(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
