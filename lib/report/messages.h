// Words of the reports in English and Chinese.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace veritag::report {

/// The sentence of a finding. English is the judge's own; Chinese is made from the code and the fields, and falls back to the
/// English sentence for a code, or a set of fields, without a template.
std::string message_for(const Finding& finding, Language language);

std::string_view verdict_word(Verdict verdict, Language language) noexcept;    ///< `FAIL`, `不符`
std::string_view severity_word(Severity severity, Language language) noexcept;
std::string_view kind_word(ComponentKind kind, Language language) noexcept;

/// What a finding code means, in a few words; the code itself for one without a name.
std::string_view name_of_code(std::string_view code, Language language) noexcept;

/// One word or sentence of the table in the language; `{0}`, `{1}`, … are filled by fill().
enum class Text {
    observed, unproven_mark, packages, problem, error, skipped, and_more, layer, suggestion, judged_as, no_images, no_platform,
    coverage_listed, coverage_judged, coverage_open, coverage_work,
    partial, partial_layers, restored, restored_layers,
    listed_target, causes, cause, new_findings, mended_findings, unchanged_findings, unseen_findings,
    grammar, tier, dev, claims, parents, yes, none, from_repository, any_version,
    finding_count, no_tags, coverage_tree, tree_findings, mends_offered, unreadable_tag,
};
std::string_view text(Text which, Language language) noexcept;
std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values);

}  // namespace veritag::report
