#include "notify/text.h"

#include "base/text.h"
#include "notify/words.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>

namespace veritag::notify {
namespace {

using report::fill;
using report::Language;
using report::printable;

constexpr std::size_t kSentenceBytes = 2000;
constexpr std::size_t kReferenceBytes = 600;
constexpr std::size_t kMailReferences = 20;  // of one cause
constexpr std::size_t kMailCauses = 100;
constexpr std::size_t kEvidence = 6;
constexpr std::size_t kSubjectBytes = 200;
constexpr std::size_t kLinkBytes = 2000;

std::string number(std::size_t count) { return std::to_string(count); }

class Mail {
public:
    Mail(const Notice& notice, Language language) : notice_(notice), language_(language) {}
    std::string write() {
        line(fill(word(Word::target), {printable(notice_.target)}));
        line(fill(word(Word::run), {printable(notice_.run), rfc3339(notice_.when)}));
        const VerdictCounts& counts = notice_.counts;
        line(fill(word(Word::counts), {number(counts.pass), number(counts.warn), number(counts.fail), number(counts.unknown), number(counts.error)}));
        if (notice_.first_look) line(std::string(word(Word::first_look)));
        block(Word::fresh_causes, &CauseChange::fresh);
        block(Word::mended_causes, &CauseChange::mended);
        if (!notice_.link.empty()) line("\n" + fill(word(Word::details), {printable(notice_.link, kLinkBytes)}));
        return std::move(text_);
    }

private:
    using List = std::vector<std::string> CauseChange::*;
    [[nodiscard]] std::string_view word(Word which) const { return notify::word(which, language_); }
    void line(const std::string& text) { text_ += text + "\n"; }

    void block(Word title, List list) {
        const auto all = static_cast<std::size_t>(std::count_if(notice_.causes.begin(), notice_.causes.end(), [&](const CauseChange& cause) { return !(cause.*list).empty(); }));
        if (all == 0) return;
        line("\n" + fill(word(title), {number(all)}));
        std::size_t shown = 0;
        for (const CauseChange& each : notice_.causes) {
            if ((each.*list).empty() || shown == kMailCauses) continue;
            ++shown;
            cause(each, list, shown);
        }
        if (shown < all) line("\n" + fill(word(Word::and_more), {number(all - shown)}));
    }
    void cause(const CauseChange& each, List list, std::size_t index) {
        const Finding& finding = each.example;
        line("\n" + number(index) + ". " + std::string(report::severity_word(finding.severity, language_)) + " " + printable(finding.code) + ": " +
             printable(report::name_of_code(finding.code, language_)));
        line("   " + printable(report::message_for(finding, language_), kSentenceBytes));
        const std::vector<std::string>& references = each.*list;
        line("   " + fill(word(Word::in_images), {number(references.size())}));
        for (std::size_t i = 0; i < std::min(references.size(), kMailReferences); ++i) line("     " + printable(references[i], kReferenceBytes));
        if (references.size() > kMailReferences) line("     " + fill(word(Word::and_more), {number(references.size() - kMailReferences)}));
        const bool is_fresh = list == &CauseChange::fresh;
        // Of a mended cause, what is new elsewhere has it still, too.
        const std::size_t others = each.remaining.size() + (is_fresh ? 0 : each.fresh.size());
        if (others > 0) line("   " + fill(word(is_fresh ? Word::also_in : Word::still_in), {number(others)}));
        if (is_fresh) evidence(each);
    }
    void evidence(const CauseChange& each) {
        if (!each.example.evidence.empty()) line("   " + fill(word(Word::evidence), {printable(each.example_reference, kReferenceBytes)}));
        for (std::size_t i = 0; i < std::min(each.example.evidence.size(), kEvidence); ++i) {
            const Evidence& one = each.example.evidence[i];
            const std::string layer = one.layer < 0 ? "" : " " + fill(word(Word::layer), {std::to_string(one.layer)});
            line("     " + printable(one.path, kReferenceBytes) + layer + (one.detail.empty() ? "" : ": " + printable(report::detail_for(one, language_))));
        }
        if (each.example.suggestion) line("   " + fill(word(Word::suggestion), {printable(*each.example.suggestion)}));
    }

    const Notice& notice_;
    Language language_;
    std::string text_;
};

}  // namespace

std::string mail_subject(const Notice& notice, Language language) {
    const auto count = [&](auto CauseChange::*list) {
        return number(static_cast<std::size_t>(std::count_if(notice.causes.begin(), notice.causes.end(), [&](const CauseChange& cause) { return !(cause.*list).empty(); })));
    };
    const std::string target = printable(notice.target, 100);
    if (notice.first_look) return printable(fill(word(Word::subject_first, language), {target, count(&CauseChange::fresh)}), kSubjectBytes);
    return printable(fill(word(Word::subject_changes, language), {target, count(&CauseChange::fresh), count(&CauseChange::mended)}), kSubjectBytes);
}

std::string mail_body(const Notice& notice, Language language) { return Mail(notice, language).write(); }

}  // namespace veritag::notify
