// Words of the reports in English and Chinese.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// The sentence of a finding. English is the judge's own; Chinese is made from it (sentences.h), and is the Chinese name of the code
/// with the English sentence where no pattern fits.
std::string message_for(const Finding& finding, Language language);

/// The texts of errors, of parts that could not be read, of why a run did not end, of what was left out and of a listing's oddities; and what evidence says beside
/// its place, where that is not the image's own text. English is their maker's own; Chinese is made from it, and English where no pattern
/// fits. Not fit to be printed: values in them are an image's or a server's.
std::string message_for(const Error& error, Language language);
std::string message_for(const Problem& problem, Language language);
/// Of a problem document's `detail`: a sentence of the HTTP API, or an error's text.
std::string reply_for(const std::string& detail, Language language);
std::string error_text_for(const std::string& message, Language language);  ///< of Error::message(), as stores keep it
std::string reason_for(const Skipped& skipped, Language language);
std::string note_for(const std::string& note, Language language);
std::string detail_for(const Evidence& evidence, Language language);

std::string_view verdict_word(Verdict verdict, Language language) noexcept;    ///< `FAIL`, `不符`
std::string_view severity_word(Severity severity, Language language) noexcept;
std::string_view kind_word(ComponentKind kind, Language language) noexcept;

/// What a finding code means, in a few words; the code itself for one without a name.
std::string_view name_of_code(std::string_view code, Language language) noexcept;
/// Every code that has a name, sorted.
std::vector<std::string> finding_codes();

/// One word or sentence in the language; `{0}`, `{1}`, … are filled by fill(), and `{0|image|images}` by the word that goes with that number.
enum class Text {
    observed, unproven_mark, packages, problem, error, skipped, and_more, layer, suggestion, judged_as, no_images, no_platform,
    coverage_listed, coverage_judged, coverage_open, coverage_unreached, coverage_work,
    partial, partial_layers, restored, restored_layers,
    listed_target, causes, cause, new_findings, mended_findings, changed_findings, before, unchanged_findings, unseen_findings, unread_images, unlisted_targets, unlisted_target, verdict_before,
    grammar, tier, dev, claims, parents, yes, none, from_repository, any_version,
    finding_count, no_tags, coverage_tree, coverage_dockerfiles, tree_findings, mends_offered, unreadable_tag,
    waived, coverage_waived, waiver, waiver_expired, waiver_unused, waivers_elsewhere, waivers_heading,
    report_title, made_by, causes_heading, notes_heading, waived_heading, images_heading, skipped_heading, problems_heading, no_findings,
    image_count, place_count, evidence_heading, source_environment, source_label, source_history, source_registry, source_layers, also, again, went_wrong_itself, in_layer, layer_made_by, built_on, declared, in_brackets, family_heading, brought_by, brought_by_none, went_wrong_here, wrong_parent, stale_parent, same_by_parent, for_example, passing_images, attached_artifacts, superseded, layer_count, also_named,
    affected_registries, same_image, declared_at, deserved_tag, deserved_is_this, deserved_is_another, build_first, patch, check_again,
    verdict_column, image_column, platform_column, contents_column, findings_column, claimed_column, component_column, observed_column,
    image_unread, image_unknown, no_reason, part_unread, layer_place, layers_oldest_first, spdx_image, spdx_digest, spdx_platform, spdx_verdict,
    spdx_package, spdx_listed_in, spdx_brought_by, spdx_not_proven, spdx_report_on, spdx_skipped, spdx_rules,
    audit_column, began_column, no_audits, tree_written,
    attached, attached_before, not_attached, all_platforms, listed_by_registry, listed_by_tag, layers_unread, platforms_unread,
    no_report, no_report_on, other_reports, judged, judged_by, rules, rules_same, rules_other, subject, tag, report,
    tag_unknown, tag_same, tag_moved, tag_gone, not_signed,
    last = not_signed,
};
std::string_view text(Text which, Language language) noexcept;
std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values);

}  // namespace veritag::report
