// Notices as people read them: a mail, an issue, its comments. Whatever comes from an image or a server is escaped; in issues nothing of it
// can become markup, a mention or a reference.
#pragma once

#include "notify/notice.h"
#include "report/writers.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::notify {

std::string mail_subject(const Notice& notice, report::Language language);  ///< one line, at most 200 bytes
std::string mail_body(const Notice& notice, report::Language language);     ///< lines end with "\n"

/// What an issue tells: one cause as it stands now.
struct IssueContent {
    const Notice& notice;                        ///< target, run, time, link
    const CauseChange& cause;                    ///< sentence and evidence
    const std::vector<std::string>& references;  ///< all that have it now, sorted; empty: mended
};

std::string issue_title(const IssueContent& content, report::Language language);  ///< one line, at most 180 bytes

/// Markdown of at most 60,000 bytes. The first line is `<!-- veritag cause ID -->`, the last one `<!-- veritag end -->`.
std::string issue_body(const IssueContent& content, report::Language language);

/// The cause that a body was written for, by its first line; empty for any other body.
std::string cause_of_body(std::string_view body);
/// The references that a body of issue_body() lists; nullopt where it names only some of them, or its list was changed.
std::optional<std::vector<std::string>> references_of_body(std::string_view body);
/// What somebody wrote below the last line of such a body; empty for nothing.
std::string_view tail_of_body(std::string_view body);

std::string mended_comment(const Notice& notice, report::Language language);
std::string back_comment(const Notice& notice, std::size_t images, report::Language language);

}  // namespace veritag::notify
