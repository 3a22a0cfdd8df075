// modules: notify
// Input: a byte that says what follows: a forge's answer, an issue's body, what is kept of an issue, or a kept notice. Numbers of issues fit
// into a path; what was read from a kept form comes back the same; whatever a notice holds, its issue is found by its own mark only.
#include "notify/forge.h"
#include "notify/issue_record.h"
#include "notify/notice.h"
#include "notify/text.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace veritag;
using namespace veritag::notify;

namespace {

void check_answer(Forge forge, std::string_view json) {
    const auto check = [](const ForgeIssue& issue) { VERITAG_ASSERT(!issue.number.empty() && issue.number.size() <= 32 && issue.number.find_first_of("/?#.%") == std::string::npos); };
    if (const auto page = read_issues(forge, json)) {
        VERITAG_ASSERT(page->issues.size() <= page->count);
        std::for_each(page->issues.begin(), page->issues.end(), check);
    }
    if (const auto issue = read_issue(forge, json)) check(*issue);
}

void check_body(std::string_view body) {
    const std::string cause = cause_of_body(body);
    VERITAG_ASSERT(cause.empty() || cause.size() == 16);
    if (const auto references = references_of_body(body)) VERITAG_ASSERT(std::is_sorted(references->begin(), references->end()));
    VERITAG_ASSERT(tail_of_body(body).size() <= body.size());
}

void check_notice(std::string_view bytes) {
    const auto notice = deserialise_notice(bytes);
    if (!notice) return;
    VERITAG_ASSERT(serialise(*notice) == bytes);
    for (const report::Language language : {report::Language::en, report::Language::zh}) {
        const std::string mail = mail_body(*notice, language);
        VERITAG_ASSERT(is_valid_utf8(mail) && mail.find('\x1b') == std::string::npos);
        VERITAG_ASSERT(mail_subject(*notice, language).find('\n') == std::string::npos);
        for (CauseChange cause : notice->causes) {
            cause.id = "0123456789abcdef";
            const std::vector<std::string> references{"q/a:1", "q/b:2"};
            const std::string body = issue_body({*notice, cause, references}, language);
            VERITAG_ASSERT(cause_of_body(body) == cause.id && tail_of_body(body).empty());
            VERITAG_ASSERT(references_of_body(body) == references);
            VERITAG_ASSERT(issue_title({*notice, cause, references}, language).find('\n') == std::string::npos);
        }
    }
    if (const auto twice = merged(*notice, *notice)) VERITAG_ASSERT(twice->causes.size() <= notice->causes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0]) {
        case 'a': check_answer(Forge::gitee, text); break;
        case 'b': check_answer(Forge::gitcode, text); break;
        case 'c': check_answer(Forge::github, text); break;
        case 'd': check_answer(Forge::gitlab, text); break;
        case 'i': check_body(text); break;
        case 'r':
            if (const auto record = deserialise_issue_record(text)) VERITAG_ASSERT(serialise(*record) == text);
            break;
        case 'n': check_notice(text); break;
        default: break;
    }
    return 0;
}
