#include "base/text.h"
#include "notify/text.h"
#include "notify/words.h"
#include "report/component_names.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>

namespace veritag::notify {
namespace {

using report::fill;
using report::Language;
using report::printable;

constexpr std::string_view kMarker = "<!-- veritag cause ";
constexpr std::string_view kMarkerEnd = " -->";
constexpr std::string_view kListStart = "<!-- veritag images -->";
constexpr std::string_view kListEnd = "<!-- veritag images end -->";
constexpr std::string_view kListCut = "<!-- veritag images cut -->";
constexpr std::string_view kLastLine = "<!-- veritag end -->";
constexpr std::size_t kTitleBytes = 180;     // with "…" still below the 191 characters that Gitee takes
constexpr std::size_t kListBytes = 40'000;   // GitHub takes 65,536 characters in all
constexpr std::size_t kSentenceBytes = 2000;
constexpr std::size_t kReferenceBytes = 600;
constexpr std::size_t kEvidence = 10;
constexpr std::size_t kLinkBytes = 2000;

// Between backticks nothing is markup; a backtick inside would end it.
std::string code(std::string_view text, std::size_t most = kReferenceBytes) {
    std::string quoted = printable(text, most);
    std::replace(quoted.begin(), quoted.end(), '`', '\'');
    return "`" + (quoted.empty() ? " " : quoted) + "`";
}

// A sentence in Markdown. Forges look for addresses, @name, #1, ~label and the like after Markdown was read, so a character without width
// stands behind each such mark.
std::string prose(std::string_view text) {
    static constexpr std::string_view kMarkup = "\\`*_{}[]<>()|~&";
    static constexpr std::string_view kMarks = "@#!$%~&^:";
    static constexpr std::string_view kWordJoiner = "\xE2\x81\xA0";
    std::string safe;
    for (const char c : printable(text, kSentenceBytes)) {
        if (kMarkup.find(c) != std::string_view::npos) safe += '\\';
        safe += c;
        if (kMarks.find(c) != std::string_view::npos) safe += kWordJoiner;
    }
    return safe;
}

class Body {
public:
    Body(const IssueContent& content, Language language) : content_(content), finding_(content.cause.example), language_(language) {}
    std::string write() {
        line(std::string(kMarker) + content_.cause.id + std::string(kMarkerEnd));
        line(prose(report::message_for(finding_, language_)) + "\n");
        item(Word::issue_cause, {code(finding_.code), prose(report::name_of_code(finding_.code, language_)), report::severity_word(finding_.severity, language_)});
        item(Word::issue_target, {code(content_.notice.target)});
        if (!finding_.component.empty()) item(Word::issue_component, {code(report::component_name(finding_.component, language_))});
        if (finding_.claimed) item(Word::issue_claimed, {code(*finding_.claimed)});
        if (finding_.observed) item(Word::issue_observed, {code(*finding_.observed)});
        item(Word::issue_last_change, {code(content_.notice.run), rfc3339(content_.notice.when)});
        if (!content_.notice.link.empty()) item(Word::details, {printable(content_.notice.link, kLinkBytes)});
        images();
        if (!content_.references.empty()) evidence();
        line("\n---");
        line(std::string(word(Word::issue_footer, language_)));
        return std::move(text_) + std::string(kLastLine) + "\n";
    }

private:
    void line(const std::string& text) { text_ += text + "\n"; }
    void item(Word which, std::initializer_list<std::string_view> values) { line("- " + fill(word(which, language_), values)); }

    void images() {
        const std::vector<std::string>& references = content_.references;
        line("\n### " + fill(word(Word::issue_images, language_), {std::to_string(references.size())}) + "\n");
        line(std::string(kListStart));
        std::size_t shown = 0;
        for (const std::size_t start = text_.size(); shown < references.size() && text_.size() - start < kListBytes; ++shown) line("- " + code(references[shown]));
        if (shown < references.size()) line("- " + fill(word(Word::and_more, language_), {std::to_string(references.size() - shown)}));
        line(std::string(shown < references.size() ? kListCut : kListEnd));
        if (references.empty()) line("\n" + std::string(word(Word::issue_no_images, language_)));
    }
    void evidence() {
        if (!finding_.evidence.empty()) line("\n### " + fill(word(Word::evidence, language_), {code(content_.cause.example_reference)}) + "\n");
        for (std::size_t i = 0; i < std::min(finding_.evidence.size(), kEvidence); ++i) {
            const Evidence& one = finding_.evidence[i];
            const std::string layer = one.layer < 0 ? "" : " " + fill(word(Word::layer, language_), {std::to_string(one.layer)});
            line("- " + code(one.path) + layer + (one.detail.empty() ? "" : ": " + code(report::detail_for(one, language_))));
        }
        if (finding_.suggestion) line("\n" + fill(word(Word::suggestion, language_), {code(*finding_.suggestion)}));
    }

    const IssueContent& content_;
    const Finding& finding_;
    Language language_;
    std::string text_;
};

// Forges may hand a body back with CRLF.
std::vector<std::string_view> lines_of(std::string_view body) {
    std::vector<std::string_view> lines = split(body, '\n');
    for (std::string_view& each : lines) each = trim(each);
    return lines;
}

}  // namespace

std::string issue_title(const IssueContent& content, Language language) {
    const Finding& finding = content.cause.example;
    return printable(fill(word(Word::issue_title, language), {finding.code, report::message_for(finding, language)}), kTitleBytes);
}

std::string issue_body(const IssueContent& content, Language language) { return Body(content, language).write(); }

std::string cause_of_body(std::string_view body) {
    const std::string_view first = trim(body.substr(0, body.find('\n')));
    if (!first.starts_with(kMarker) || !first.ends_with(kMarkerEnd) || first.size() < kMarker.size() + kMarkerEnd.size()) return {};
    const std::string_view id = first.substr(kMarker.size(), first.size() - kMarker.size() - kMarkerEnd.size());
    const bool fits = id.size() == 16 && std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return fits ? std::string(id) : std::string();
}

std::optional<std::vector<std::string>> references_of_body(std::string_view body) {
    const std::vector<std::string_view> lines = lines_of(body);
    auto line = std::find(lines.begin(), lines.end(), kListStart);
    if (line == lines.end()) return std::nullopt;
    std::vector<std::string> references;
    for (++line; line != lines.end(); ++line) {
        if (*line == kListEnd) {
            std::sort(references.begin(), references.end());
            return references;
        }
        if (!line->starts_with("- `") || !line->ends_with('`') || line->size() < 5) return std::nullopt;
        references.emplace_back(line->substr(3, line->size() - 4));
    }
    return std::nullopt;
}

std::string_view tail_of_body(std::string_view body) {
    for (std::size_t start = 0; start < body.size();) {
        const std::size_t end = std::min(body.find('\n', start), body.size());
        if (trim(body.substr(start, end - start)) == kLastLine) {
            const std::string_view tail = body.substr(std::min(end + 1, body.size()));
            return trim(tail).empty() ? std::string_view() : tail;
        }
        start = end + 1;
    }
    return {};
}

std::string mended_comment(const Notice& notice, Language language) {
    return fill(word(Word::comment_mended, language), {code(notice.run), rfc3339(notice.when)}) + (notice.link.empty() ? "" : "\n\n" + printable(notice.link, kLinkBytes));
}

std::string back_comment(const Notice& notice, std::size_t images, Language language) {
    return fill(word(Word::comment_back, language), {std::to_string(images), code(notice.run), rfc3339(notice.when)}) +
           (notice.link.empty() ? "" : "\n\n" + printable(notice.link, kLinkBytes));
}

}  // namespace veritag::notify
