#include "report/html_writer.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "report/entries.h"
#include "report/html_style.h"
#include "report/markup.h"
#include "report/messages.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace veritag::report {
namespace {

constexpr std::size_t kShownEvidence = 10;
constexpr std::size_t kShownNotes = 20;
constexpr std::size_t kShownCommands = 10;
constexpr std::size_t kOpenMembers = 12;  // longer lists are folded

// `'sha256-…'` of a style, as Content Security Policy Level 3 (section 2.3.1) writes it.
std::string source_of(std::string_view style) {
    const Digest digest = sha256_of(style);
    const std::string_view hex = digest.hex();
    const auto nibble = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(nibble(hex[i]) << 4 | nibble(hex[i + 1]));
    return "'sha256-" + base64_encode(bytes) + "'";
}

std::string code(std::string_view value) { return "<code>" + markup_text(value) + "</code>"; }
std::string at_line(const std::string& file, int line) { return code(line > 0 ? file + ":" + std::to_string(line) : file); }

class Html {
public:
    explicit Html(const WriteOptions& options) : language_(options.language) {}
    std::string write(const Report& report);

private:
    [[nodiscard]] std::string word(Text which) const { return std::string(text(which, language_)); }
    [[nodiscard]] std::string colon() const { return language_ == Language::zh ? "：" : ": "; }
    [[nodiscard]] std::string comma() const { return language_ == Language::zh ? "，" : ", "; }
    [[nodiscard]] std::string mark(Verdict verdict) const {
        return "<span class=\"v " + std::string(to_string(verdict)) + "\">" + std::string(verdict_word(verdict, language_)) + "</span>";
    }
    [[nodiscard]] std::string codes(const std::vector<std::string>& items) const {
        std::string list;
        for (const std::string& each : items) list += (list.empty() ? "" : comma()) + code(each);
        return list;
    }
    [[nodiscard]] std::string in_brackets(const std::string& markup) const { return language_ == Language::zh ? "（" + markup + "）" : " (" + markup + ")"; }
    [[nodiscard]] std::string count_of(const Group& group) const {
        std::set<std::string_view> references;
        for (const CauseMember& each : group.members) references.insert(each.image != nullptr ? each.image->reference : each.finding->file);
        return fill(word(group.members.front().image != nullptr ? Text::image_count : Text::place_count), {std::to_string(references.size())});
    }
    void line(const std::string& markup) { out_ += markup + "\n"; }
    void paragraph(const std::string& markup, std::string_view kind = "") { line((kind.empty() ? "<p>" : "<p class=\"" + std::string(kind) + "\">") + markup + "</p>"); }
    void heading(Text which) { line("<h2>" + word(which) + "</h2>"); }
    void small_heading(const std::string& markup) { line("<h4>" + markup + "</h4>"); }
    void items(const std::vector<std::string>& list, std::string_view kind = "") {
        if (list.empty()) return;
        line(kind.empty() ? "<ul>" : "<ul class=\"" + std::string(kind) + "\">");
        for (const std::string& each : list) line("<li>" + each + "</li>");
        line("</ul>");
    }

    void head();
    void counts(const Report& report);
    void targets(const std::vector<ListedTarget>& targets);
    bool entries(const Report& report, CauseKind kind, Text title);
    bool notes(const Report& report);
    void entry(const Entry& entry);
    void members(const Group& group, bool same);
    void group(const Entry& entry, const Group& group);
    void evidence(const CauseMember& member);
    void family(const std::vector<FamilyStep>& steps);
    void whereabouts(const Entry& entry);
    void mends(const Entry& entry);
    void images(const std::vector<ImageReport>& images, bool fleet);
    void unread(const std::vector<ImageReport>& images);
    void skipped(const std::vector<Skipped>& skipped);
    void waivers(const WaiverUse& use);

    Language language_;
    std::string out_;
};

void Html::head() {
    line("<!DOCTYPE html>\n<html lang=\"" + std::string(language_ == Language::zh ? "zh-CN" : "en") + "\">\n<head>\n<meta charset=\"utf-8\">");
    line("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src " + source_of(kHtmlStyle) + "; base-uri 'none'; form-action 'none'\">");
    line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">");
    line("<title>" + word(Text::report_title) + "</title>\n<style>" + std::string(kHtmlStyle) + "</style>\n</head>\n<body>\n<header>\n<h1>" + word(Text::report_title) + "</h1>");
}

void Html::counts(const Report& report) {
    std::vector<std::string> list;
    for (const Verdict verdict : {Verdict::fail, Verdict::error, Verdict::unknown, Verdict::warn, Verdict::pass}) {
        const auto count = std::count_if(report.images.begin(), report.images.end(), [&](const ImageReport& each) { return each.verdict == verdict; });
        list.push_back("<b>" + std::to_string(count) + "</b> " + mark(verdict));
    }
    if (!report.images.empty()) items(list, "counts");
    for (const std::string& each : coverage_of(report, language_)) paragraph(markup_text(each), "quiet");
}

void Html::targets(const std::vector<ListedTarget>& targets) {
    std::vector<std::string> list;
    for (const ListedTarget& each : targets) {
        std::string text = fill(word(Text::listed_target), {code(each.target), markup_text(each.driver), std::to_string(each.repositories), std::to_string(each.tags)});
        if (each.error) text += "<br><span class=\"wrong\">" + word(Text::error) + "</span>" + colon() + markup_text(message_for(*each.error, language_));
        for (std::size_t i = 0; i < std::min(each.notes.size(), kShownNotes); ++i) text += "<br>" + markup_text(note_for(each.notes[i], language_));
        if (each.notes.size() > kShownNotes) text += "<br>" + fill(word(Text::and_more), {std::to_string(each.notes.size() - kShownNotes)});
        list.push_back(std::move(text));
    }
    items(list);
}

// Each with its own sentence, unless one is true of all.
void Html::members(const Group& group, bool same) {
    std::vector<std::string> list;
    for (const Line& each : lines_of(group.members, language_)) {
        const Finding& finding = *each.member->finding;
        const std::string sentence = same ? std::string() : markup_text(message_for(finding, language_));
        if (each.member->image == nullptr) {
            const std::string place = finding.file.empty() ? std::string() : at_line(finding.file, finding.line);
            if (!place.empty() || !sentence.empty()) list.push_back(place + (place.empty() || sentence.empty() ? "" : colon()) + sentence);
            continue;
        }
        const ImageReport& image = *each.member->image;
        std::string text = mark(image.verdict) + " " + code(image.reference);
        if (const std::string name = judged_name(image); !name.empty()) text += " " + fill(word(Text::judged_as), {code(name)});
        if (!each.platforms.empty()) text += " " + codes(each.platforms);
        list.push_back(text + (same ? "" : colon() + sentence));
    }
    const bool folded = list.size() > kOpenMembers;
    if (folded) line("<details><summary>" + count_of(group) + "</summary>");
    items(list);
    if (folded) line("</details>");
}

void Html::group(const Entry& entry, const Group& group) {
    const CauseMember& first = group.members.front();
    if (entry.groups.size() > 1 && first.image != nullptr) small_heading((group.base.empty() ? word(Text::brought_by_none) : fill(word(Text::brought_by), {code(group.base)})) + comma() + count_of(group));
    const bool same = say_the_same(group.members, language_);
    members(group, same);
    const bool said = entry.groups.size() > 1 && &group != &entry.groups.front() && say_the_same({entry.groups.front().members.front(), first}, language_);
    if (same && !said) paragraph(markup_text(message_for(*first.finding, language_)), "claim");
    for (const std::string& each : repeated_sentences(group.members, language_)) paragraph(fill(word(Text::same_by_parent), {code("parent-mismatch"), markup_text(each)}));
    if (first.finding->waived && &group == &entry.groups.front()) paragraph(fill(word(Text::waived), {code(first.finding->waived->expiry), markup_text(first.finding->waived->owner), markup_text(first.finding->waived->reason)}));
    evidence(first);
    family(group.family);
}

void Html::evidence(const CauseMember& member) {
    const std::vector<Evidence>& all = member.finding->evidence;
    if (all.empty()) return;
    small_heading(fill(word(Text::evidence_heading), {code(member.image != nullptr ? member.image->reference : member.finding->file)}));
    std::vector<std::string> list;
    for (std::size_t i = 0; i < std::min(all.size(), kShownEvidence); ++i) {
        const std::string place = evidence_place(all[i], language_);
        std::string text = place.empty() ? "" : code(place);
        if (!all[i].detail.empty()) text += (text.empty() ? "" : colon()) + code(detail_for(all[i], language_));
        if (all[i].layer >= 0) text += comma() + fill(word(Text::in_layer), {std::to_string(all[i].layer)});
        if (!all[i].diff_id.empty()) text += " <span class=\"quiet\">" + code(all[i].diff_id) + "</span>";
        list.push_back(std::move(text));
    }
    if (all.size() > kShownEvidence) list.push_back(fill(word(Text::and_more), {std::to_string(all.size() - kShownEvidence)}));
    if (member.image != nullptr)
        for (const auto& [layer, step] : steps_of(*member.image, *member.finding)) list.push_back(fill(word(Text::layer_made_by), {std::to_string(layer), code(step)}));
    items(list);
}

void Html::family(const std::vector<FamilyStep>& steps) {
    if (steps.empty()) return;
    small_heading(word(Text::family_heading));
    std::string open = "<div class=\"tree\">", close = "</div>";
    for (const FamilyStep& step : steps) {
        open += "<ul><li>" + code(step.reference);
        if (!step.others.empty()) open += comma() + fill(word(Text::also_named), {codes(step.others)});
        if (step.layers > 0) open += comma() + fill(word(Text::layer_count), {std::to_string(step.layers)});
        if (step.verdict) open += comma() + mark(*step.verdict);
        if (!step.current) open += comma() + word(Text::superseded);
        if (step.went_wrong) open += " <span class=\"wrong\">← " + word(step.brought ? Text::went_wrong_here : Text::wrong_parent) + "</span>";
        open += "\n";
        close.insert(0, "</li></ul>");
    }
    line(open + close);
}

// Which registries and names it is under, where it is declared, and how it should be called.
void Html::whereabouts(const Entry& entry) {
    std::vector<std::string> list;
    const auto add = [&](std::string text) {
        if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));  // platforms say the same
    };
    if (!entry.registries.empty()) add(word(Text::affected_registries) + colon() + codes(entry.registries));
    if (!entry.aliases.empty()) add(word(Text::same_image) + colon() + codes(entry.aliases));
    for (const CauseMember& each : entry.cause.members) {
        const std::string name = each.image != nullptr && entry.cause.references.size() > 1 ? code(each.image->reference) + colon() : "";
        if (each.image != nullptr && each.image->declared) add(name + word(Text::declared_at) + colon() + at_line(each.image->declared->file, each.image->declared->line));
        if (each.finding->suggestion) add(name + word(Text::deserved_tag) + colon() + "<strong>" + code(*each.finding->suggestion) + "</strong>");
    }
    items(list);
}

void Html::mends(const Entry& entry) {
    for (const LineMend& each : entry.mends) {
        small_heading(word(Text::patch) + comma() + at_line(each.file, each.line));
        line("<pre><del>-" + markup_text(each.before) + "</del><ins>+" + markup_text(each.after) + "</ins></pre>");
    }
    small_heading(word(Text::check_again));
    std::string commands;
    for (std::size_t i = 0; i < std::min(entry.commands.size(), kShownCommands); ++i) commands += (i > 0 ? "\n" : "") + markup_text(entry.commands[i]);
    if (entry.commands.size() > kShownCommands) commands += "\n# " + fill(word(Text::and_more), {std::to_string(entry.commands.size() - kShownCommands)});
    line("<pre>" + commands + "</pre>");
}

void Html::entry(const Entry& entry) {
    const CauseMember& first = entry.cause.members.front();
    const Finding& finding = *first.finding;
    line("<section class=\"entry " + std::string(to_string(finding.severity)) + "\">");
    line("<h3>" + std::string(severity_word(finding.severity, language_)) + " " + code(finding.code) + colon() + markup_text(name_of_code(finding.code, language_)) + comma() +
         fill(word(first.image != nullptr ? Text::image_count : Text::place_count), {std::to_string(entry.cause.references.size())}) + "</h3>");
    for (const Group& each : entry.groups) group(entry, each);
    whereabouts(entry);
    mends(entry);
    line("</section>");
}

bool Html::entries(const Report& report, CauseKind kind, Text title) {
    const std::vector<Entry> all = entries_of(report, kind);
    if (!all.empty()) heading(title);
    for (const Entry& each : all) entry(each);
    return !all.empty();
}

// A note mends nothing, so a line is enough; the table of images says which have it.
bool Html::notes(const Report& report) {
    std::vector<std::string> list;
    for (const Cause& each : causes_of(report, CauseKind::notes)) {
        const Text count = each.members.front().image != nullptr ? Text::image_count : Text::place_count;
        const std::string sentence = markup_text(message_for(each.example, language_));
        const std::string number = in_brackets(fill(word(count), {std::to_string(each.references.size())}));
        if (say_the_same(each.members, language_))
            list.push_back(code(each.example.code) + colon() + sentence + number);
        else
            list.push_back(code(each.example.code) + (each.example.component.empty() ? "" : " " + code(each.example.component)) + colon() + markup_text(name_of_code(each.example.code, language_)) + number + comma() +
                           fill(word(Text::for_example), {sentence}));
    }
    if (!list.empty()) heading(Text::notes_heading);
    items(list);
    return !list.empty();
}

void Html::images(const std::vector<ImageReport>& images, bool fleet) {
    if (images.empty()) return;
    heading(Text::images_heading);
    const ImageTable table = table_of(images, fleet, language_);
    const auto passing = [&] {
        if (table.passing.empty()) return;
        std::vector<std::string> list;
        for (const auto& [repository, count] : table.passing) list.push_back(code(repository) + colon() + fill(word(Text::image_count), {std::to_string(count)}));
        line("<details><summary>" + fill(word(Text::passing_images), {fill(word(Text::image_count), {std::to_string(table.passed)})}) + "</summary>");
        items(list);
        line("</details>");
    };
    if (table.rows.empty()) return passing();
    line("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + word(Text::images_heading) + "\">\n<table>\n<thead><tr>");
    for (const Text column : {Text::verdict_column, Text::image_column, Text::platform_column, Text::findings_column, Text::contents_column}) line("<th scope=\"col\">" + word(column) + "</th>");
    line("</tr></thead>\n<tbody>");
    for (const ImageRow& each : table.rows)
        line("<tr><td>" + mark(each.image->verdict) + "</td><td>" + code(each.image->reference) + "</td><td class=\"whole\">" + codes(each.platforms) + "</td><td>" + codes(each.codes) + "</td><td>" + codes(each.contents) + "</td></tr>");
    line("</tbody>\n</table>\n</div>");
    passing();
}

void Html::unread(const std::vector<ImageReport>& images) {
    std::vector<std::string> list;
    for (const ImageReport& image : images) {
        const std::string name = code(image.reference) + (image.platform.empty() ? "" : " " + code(image.platform)) + colon();
        if (image.error) list.push_back(name + std::string(to_string(image.error->code)) + colon() + markup_text(message_for(*image.error, language_)));
        for (const Problem& each : image.problems) list.push_back(name + (each.path.empty() ? "" : code(each.path) + colon()) + markup_text(message_for(each, language_)));
    }
    if (!list.empty()) heading(Text::problems_heading);
    items(list);
}

void Html::skipped(const std::vector<Skipped>& skipped) {
    std::vector<std::string> list;
    for (const Skipped& each : skipped) list.push_back(code(each.digest.empty() ? each.reference : each.reference + "@" + each.digest) + colon() + markup_text(reason_for(each, language_)));
    if (!list.empty()) heading(Text::skipped_heading);
    items(list);
}

void Html::waivers(const WaiverUse& use) {
    std::vector<std::string> list;
    const auto add = [&](Text why, const std::vector<IdleWaiver>& waivers) {
        for (const IdleWaiver& each : waivers)
            list.push_back("<strong>" + word(why) + "</strong> " + at_line(each.file, each.line) + colon() +
                           fill(word(Text::waiver), {code(each.component.empty() ? each.code : each.code + " " + each.component), code(each.target), markup_text(each.waived.owner),
                                                     code(each.waived.expiry), markup_text(each.waived.reason)}));
    };
    add(Text::waiver_expired, use.expired);
    add(Text::waiver_unused, use.unused);
    if (!list.empty()) heading(Text::waivers_heading);
    items(list);
}

std::string Html::write(const Report& report) {
    head();
    targets(report.targets);
    counts(report);
    line("</header>\n<main>");
    const bool found = entries(report, CauseKind::counting, Text::causes_heading);
    const bool noted = notes(report);
    const bool waived = entries(report, CauseKind::waived, Text::waived_heading);
    if (!found && !noted && !waived) paragraph(word(Text::no_findings));
    images(report.images, !report.targets.empty());
    unread(report.images);
    skipped(report.skipped);
    if (report.waivers) waivers(*report.waivers);
    line("</main>\n<footer>" + fill(word(Text::made_by), {markup_text(report.tool_version), code(report.rules_digest)}) + "</footer>\n</body>\n</html>");
    return std::move(out_);
}

}  // namespace

std::string write_html(const Report& report, const WriteOptions& options) { return Html(options).write(report); }

}  // namespace veritag::report
