// Words of the notices in English and Chinese. The sentences of findings are the report's (report/messages.h).
#pragma once

#include "report/writers.h"

#include <string_view>

namespace veritag::notify {

/// `{0}`, `{1}`, … are filled by report::fill(), with what the comment names.
enum class Word {
    subject_first,        ///< target, causes
    subject_changes,      ///< target, new causes, mended causes
    target,               ///< target
    run,                  ///< run, time
    counts,               ///< pass, warn, fail, unknown, error
    first_look,
    fresh_causes,         ///< causes
    mended_causes,        ///< causes
    in_images,            ///< images
    also_in,              ///< images
    still_in,             ///< images
    and_more,             ///< images
    evidence,             ///< reference
    layer,                ///< layer
    suggestion,           ///< tag
    details,              ///< link
    issue_title,          ///< code, sentence
    issue_cause,          ///< code, name of the code, severity
    issue_target,         ///< target
    issue_component,      ///< component
    issue_claimed,        ///< claimed
    issue_observed,       ///< observed
    issue_images,         ///< images
    issue_no_images,
    issue_last_change,    ///< run, time
    issue_footer,
    comment_mended,       ///< run, time
    comment_back,         ///< images, run, time
    last = comment_back
};
std::string_view word(Word which, report::Language language) noexcept;

}  // namespace veritag::notify
