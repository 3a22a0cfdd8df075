#include "report/markdown_writer.h"

#include "base/text.h"
#include "report/entries.h"
#include "report/markup.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace veritag::report {
namespace {

constexpr std::size_t kShownEvidence = 10;
constexpr std::size_t kShownNotes = 20;
constexpr std::size_t kShownCommands = 10;

std::string in_cell(const std::string& code) {
    std::string safe;
    for (const char c : code) safe += c == '|' ? std::string("\\|") : std::string(1, c);
    return safe;
}

std::string at_line(const std::string& file, int line) { return markdown_code(line > 0 ? file + ":" + std::to_string(line) : file); }

class Markdown {
public:
    explicit Markdown(Language language) : language_(language) {}
    void report(const Report& report);
    void tag_page(const JudgedReference& judged);
    std::string take() { return std::move(out_); }

private:
    [[nodiscard]] std::string word(Text which) const { return std::string(text(which, language_)); }
    [[nodiscard]] std::string colon() const { return language_ == Language::zh ? "：" : ": "; }
    [[nodiscard]] std::string comma() const { return language_ == Language::zh ? "，" : ", "; }
    [[nodiscard]] std::string strong(Verdict verdict) const { return "**" + std::string(verdict_word(verdict, language_)) + "**"; }
    [[nodiscard]] std::string codes(const std::vector<std::string>& items) const {
        std::string list;
        for (const std::string& each : items) list += (list.empty() ? "" : comma()) + markdown_code(each);
        return list;
    }
    [[nodiscard]] std::string waiver_of(const Waived& waived) const {
        return fill(word(Text::waived), {markdown_code(waived.expiry), markdown_text(waived.owner), markdown_text(waived.reason)});
    }
    [[nodiscard]] std::string in_brackets(const std::string& text) const { return language_ == Language::zh ? "（" + text + "）" : " (" + text + ")"; }
    [[nodiscard]] std::string count_of(const Group& group) const {
        std::set<std::string_view> references;
        for (const CauseMember& each : group.members) references.insert(each.image != nullptr ? each.image->reference : each.finding->file);
        return fill(word(group.members.front().image != nullptr ? Text::image_count : Text::place_count), {std::to_string(references.size())});
    }
    void line(const std::string& text = {}) { out_ += text + "\n"; }
    void item(const std::string& text) { line("- " + text); }
    void lead(const std::string& text) { line(std::string(trim(text + colon())) + "\n"); }
    void heading(Text which) { line("## " + word(which) + "\n"); }

    bool entries(const Report& report, CauseKind kind, Text title);
    bool notes(const Report& report);
    void entry(const Entry& entry);
    void members(const Group& group, bool same);
    void group(const Entry& entry, const Group& group);
    void evidence(const CauseMember& member);
    void family(const std::vector<FamilyStep>& steps);
    void whereabouts(const Entry& entry);
    void mends(const Entry& entry);
    void targets(const std::vector<ListedTarget>& targets);
    void images(const std::vector<ImageReport>& images, bool fleet);
    void contents(const ImageReport& image);
    void unread(const std::vector<ImageReport>& images);
    void skipped(const std::vector<Skipped>& skipped);
    void waivers(const WaiverUse& use);

    Language language_;
    std::string out_;
};

// Each with its own sentence, unless one is true of all.
void Markdown::members(const Group& group, bool same) {
    for (const Line& each : lines_of(group.members, language_)) {
        const Finding& finding = *each.member->finding;
        const std::string sentence = same ? std::string() : markdown_text(message_for(finding, language_));
        if (each.member->image == nullptr) {
            const std::string place = finding.file.empty() ? std::string() : at_line(finding.file, finding.line);
            if (!place.empty() || !sentence.empty()) item(place + (place.empty() || sentence.empty() ? "" : colon()) + sentence);
            continue;
        }
        const ImageReport& image = *each.member->image;
        std::string text = strong(image.verdict) + " " + markdown_code(image.reference);
        if (const std::string name = judged_name(image); !name.empty()) text += " " + fill(word(Text::judged_as), {markdown_code(name)});
        if (!each.platforms.empty()) text += " " + codes(each.platforms);
        item(text + (same ? "" : colon() + sentence));
    }
    line();
}

void Markdown::group(const Entry& entry, const Group& group) {
    const CauseMember& first = group.members.front();
    if (entry.groups.size() > 1 && first.image != nullptr) lead((group.base.empty() ? word(Text::brought_by_none) : fill(word(Text::brought_by), {markdown_code(group.base)})) + comma() + count_of(group));
    const bool same = say_the_same(group.members, language_);
    members(group, same);
    const bool said = entry.groups.size() > 1 && &group != &entry.groups.front() && say_the_same({entry.groups.front().members.front(), first}, language_);
    if (same && !said) line(markdown_text(message_for(*first.finding, language_)) + "\n");
    for (const std::string& each : repeated_sentences(group.members, language_)) line(fill(word(Text::same_by_parent), {markdown_code("parent-mismatch"), markdown_text(each)}) + "\n");
    if (first.finding->waived && &group == &entry.groups.front()) line(waiver_of(*first.finding->waived) + "\n");
    evidence(first);
    family(group.family);
}

void Markdown::evidence(const CauseMember& member) {
    const std::vector<Evidence>& all = member.finding->evidence;
    if (all.empty()) return;
    lead(fill(word(Text::evidence_heading), {markdown_code(member.image != nullptr ? member.image->reference : member.finding->file)}));
    for (std::size_t i = 0; i < std::min(all.size(), kShownEvidence); ++i) {
        const std::string place = evidence_place(all[i], language_);
        std::string text = place.empty() ? "" : markdown_code(place);
        if (!all[i].detail.empty()) text += (text.empty() ? "" : colon()) + markdown_code(detail_for(all[i], language_));
        if (all[i].layer >= 0) text += comma() + fill(word(Text::in_layer), {std::to_string(all[i].layer)});
        if (!all[i].diff_id.empty()) text += " " + markdown_code(all[i].diff_id);
        item(text);
    }
    if (all.size() > kShownEvidence) item(fill(word(Text::and_more), {std::to_string(all.size() - kShownEvidence)}));
    if (member.image != nullptr)
        for (const auto& [layer, step] : steps_of(*member.image, *member.finding)) item(fill(word(Text::layer_made_by), {std::to_string(layer), markdown_code(step)}));
    line();
}

void Markdown::family(const std::vector<FamilyStep>& steps) {
    if (steps.empty()) return;
    lead(word(Text::family_heading));
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const FamilyStep& step = steps[i];
        std::string text = std::string(2 * i, ' ') + "- " + markdown_code(step.reference);
        if (!step.others.empty()) text += comma() + fill(word(Text::also_named), {codes(step.others)});
        if (step.layers > 0) text += comma() + fill(word(Text::layer_count), {std::to_string(step.layers)});
        if (step.verdict) text += comma() + strong(*step.verdict);
        if (!step.current) text += comma() + word(Text::superseded);
        if (step.went_wrong) text += " **← " + word(step.brought ? Text::went_wrong_here : Text::wrong_parent) + "**";
        line(text);
    }
    line();
}

// Which registries and names it is under, where it is declared, and how it should be called.
void Markdown::whereabouts(const Entry& entry) {
    std::vector<std::string> lines;
    const auto add = [&](std::string text) {
        if (std::find(lines.begin(), lines.end(), text) == lines.end()) lines.push_back(std::move(text));  // platforms say the same
    };
    if (!entry.registries.empty()) add(word(Text::affected_registries) + colon() + codes(entry.registries));
    if (!entry.aliases.empty()) add(word(Text::same_image) + colon() + codes(entry.aliases));
    for (const CauseMember& each : entry.cause.members) {
        const std::string name = each.image != nullptr && entry.cause.references.size() > 1 ? markdown_code(each.image->reference) + colon() : "";
        if (each.image != nullptr && each.image->declared) add(name + word(Text::declared_at) + colon() + at_line(each.image->declared->file, each.image->declared->line));
        if (each.finding->suggestion) add(name + word(Text::deserved_tag) + colon() + markdown_code(*each.finding->suggestion));
    }
    for (const std::string& each : lines) item(each);
    if (!lines.empty()) line();
}

void Markdown::mends(const Entry& entry) {
    for (const LineMend& each : entry.mends) {
        lead(word(Text::patch) + comma() + at_line(each.file, each.line));
        line(markdown_block("diff", "-" + printable(each.before, kMarkupBytes) + "\n+" + printable(each.after, kMarkupBytes) + "\n"));
    }
    lead(word(Text::check_again));
    std::string commands;
    for (std::size_t i = 0; i < std::min(entry.commands.size(), kShownCommands); ++i) commands += printable(entry.commands[i], kMarkupBytes) + "\n";
    if (entry.commands.size() > kShownCommands) commands += "# " + fill(word(Text::and_more), {std::to_string(entry.commands.size() - kShownCommands)}) + "\n";
    line(markdown_block("sh", commands));
}

void Markdown::entry(const Entry& entry) {
    const CauseMember& first = entry.cause.members.front();
    const Finding& finding = *first.finding;
    line("### " + std::string(severity_word(finding.severity, language_)) + " " + markdown_code(finding.code) + colon() + markdown_text(name_of_code(finding.code, language_)) + comma() +
         fill(word(first.image != nullptr ? Text::image_count : Text::place_count), {std::to_string(entry.cause.references.size())}) + "\n");
    for (const Group& each : entry.groups) group(entry, each);
    whereabouts(entry);
    mends(entry);
}

bool Markdown::entries(const Report& report, CauseKind kind, Text title) {
    const std::vector<Entry> all = entries_of(report, kind);
    if (!all.empty()) heading(title);
    for (const Entry& each : all) entry(each);
    return !all.empty();
}

// A note mends nothing, so a line is enough; the table of images says which have it.
bool Markdown::notes(const Report& report) {
    const std::vector<Cause> all = causes_of(report, CauseKind::notes);
    if (!all.empty()) heading(Text::notes_heading);
    for (const Cause& each : all) {
        const Text count = each.members.front().image != nullptr ? Text::image_count : Text::place_count;
        const std::string sentence = markdown_text(message_for(each.example, language_));
        const std::string number = fill(word(count), {std::to_string(each.references.size())});
        const std::string name = markdown_code(each.example.code) + (each.example.component.empty() ? "" : " " + markdown_code(each.example.component));
        if (say_the_same(each.members, language_))
            item(markdown_code(each.example.code) + colon() + sentence + in_brackets(number));
        else
            item(name + colon() + markdown_text(name_of_code(each.example.code, language_)) + in_brackets(number) + comma() + fill(word(Text::for_example), {sentence}));
    }
    if (!all.empty()) line();
    return !all.empty();
}

void Markdown::targets(const std::vector<ListedTarget>& targets) {
    for (const ListedTarget& each : targets) {
        item(fill(word(Text::listed_target), {markdown_code(each.target), markdown_text(each.driver), std::to_string(each.repositories), std::to_string(each.tags)}));
        if (each.error) line("  - **" + word(Text::error) + "**" + colon() + markdown_text(message_for(*each.error, language_)));
        for (std::size_t i = 0; i < std::min(each.notes.size(), kShownNotes); ++i) line("  - " + markdown_text(note_for(each.notes[i], language_)));
        if (each.notes.size() > kShownNotes) line("  - " + fill(word(Text::and_more), {std::to_string(each.notes.size() - kShownNotes)}));
    }
    if (!targets.empty()) line();
}

void Markdown::images(const std::vector<ImageReport>& images, bool fleet) {
    if (images.empty()) return;
    heading(Text::images_heading);
    const ImageTable table = table_of(images, fleet, language_);
    const auto passing = [&] {
        if (table.passing.empty()) return;
        lead(fill(word(Text::passing_images), {fill(word(Text::image_count), {std::to_string(table.passed)})}));
        for (const auto& [repository, count] : table.passing) item(markdown_code(repository) + colon() + fill(word(Text::image_count), {std::to_string(count)}));
        line();
    };
    if (table.rows.empty()) return passing();
    std::string head = "|", rule = "|";
    for (const Text column : {Text::verdict_column, Text::image_column, Text::platform_column, Text::findings_column, Text::contents_column}) {
        head += " " + word(column) + " |";
        rule += " --- |";
    }
    line(head);
    line(rule);
    for (const ImageRow& each : table.rows)
        line("| " + std::string(verdict_word(each.image->verdict, language_)) + " | " + in_cell(markdown_code(each.image->reference)) + " | " + in_cell(codes(each.platforms)) + " | " + in_cell(codes(each.codes)) + " | " +
             in_cell(codes(each.contents)) + " |");
    line();
    passing();
}

void Markdown::unread(const std::vector<ImageReport>& images) {
    bool first = true;
    const auto add = [&](const std::string& text) {
        if (first) heading(Text::problems_heading);
        first = false;
        item(text);
    };
    for (const ImageReport& image : images) {
        const std::string name = markdown_code(image.reference) + (image.platform.empty() ? "" : " " + markdown_code(image.platform)) + colon();
        if (image.error) add(name + std::string(to_string(image.error->code)) + colon() + markdown_text(message_for(*image.error, language_)));
        for (const Problem& each : image.problems) add(name + (each.path.empty() ? "" : markdown_code(each.path) + colon()) + markdown_text(message_for(each, language_)));
    }
    if (!first) line();
}

void Markdown::skipped(const std::vector<Skipped>& skipped) {
    if (skipped.empty()) return;
    heading(Text::skipped_heading);
    for (const Skipped& each : skipped) item(markdown_code(each.digest.empty() ? each.reference : each.reference + "@" + each.digest) + colon() + markdown_text(reason_for(each, language_)));
    line();
}

void Markdown::waivers(const WaiverUse& use) {
    if (use.expired.empty() && use.unused.empty()) return;
    heading(Text::waivers_heading);
    const auto list = [&](Text why, const std::vector<IdleWaiver>& waivers) {
        for (const IdleWaiver& each : waivers)
            item("**" + word(why) + "** " + at_line(each.file, each.line) + colon() +
                 fill(word(Text::waiver), {markdown_code(each.component.empty() ? each.code : each.code + " " + each.component), markdown_code(each.target), markdown_text(each.waived.owner),
                                           markdown_code(each.waived.expiry), markdown_text(each.waived.reason)}));
    };
    list(Text::waiver_expired, use.expired);
    list(Text::waiver_unused, use.unused);
    line();
}

void Markdown::report(const Report& report) {
    line("# " + word(Text::report_title) + "\n");
    targets(report.targets);
    for (const std::string& each : coverage_of(report, language_)) line(markdown_text(each) + "\n");
    const bool found = entries(report, CauseKind::counting, Text::causes_heading);
    const bool noted = notes(report);
    const bool waived = entries(report, CauseKind::waived, Text::waived_heading);
    if (!found && !noted && !waived) line(word(Text::no_findings) + "\n");
    images(report.images, !report.targets.empty());
    unread(report.images);
    skipped(report.skipped);
    if (report.waivers) waivers(*report.waivers);
    line(fill(word(Text::made_by), {markdown_code(report.tool_version), markdown_code(report.rules_digest)}));
}

// What the tag says beside what is there.
void Markdown::contents(const ImageReport& image) {
    line("## " + strong(image.verdict) + (image.platform.empty() ? "" : " " + markdown_code(image.platform)) + "\n");
    if (!image.digest.empty()) line(markdown_code(image.digest) + "\n");
    if (image.claims.empty() && image.observed.empty()) return;
    line("| " + word(Text::component_column) + " | " + word(Text::claimed_column) + " | " + word(Text::observed_column) + " |\n| --- | --- | --- |");
    const auto observed = [&](const std::string& component) {
        std::string text;
        for (const Observation& each : image.observed) {
            if (each.component != component) continue;
            const std::string version = each.version.empty() ? word(Text::yes) : markdown_code(each.version);
            text += (text.empty() ? "" : comma()) + (each.proof ? version : fill(word(Text::unproven_mark), {version}));
        }
        return in_cell(text);
    };
    std::vector<std::string> shown;
    const auto row = [&](const std::string& component, const std::string& claimed) {
        if (std::find(shown.begin(), shown.end(), component) != shown.end()) return;
        shown.push_back(component);
        line("| " + in_cell(markdown_code(component)) + " | " + claimed + " | " + observed(component) + " |");
    };
    for (const Claim& each : image.claims) row(each.component, each.version.empty() ? word(Text::any_version) : in_cell(markdown_code(each.version)));
    for (const Observation& each : image.observed) row(each.component, "");
    line();
}

void Markdown::tag_page(const JudgedReference& judged) {
    Report report;
    report.images = judged.images;
    const std::string name = !judged.images.empty() ? judged.images.front().reference : judged.skipped.empty() ? "" : judged.skipped.front().reference;
    line("# " + markdown_code(name) + "\n");
    for (const ImageReport& each : report.images) contents(each);
    entries(report, CauseKind::counting, Text::causes_heading);
    notes(report);
    entries(report, CauseKind::waived, Text::waived_heading);
    unread(report.images);
    skipped(judged.skipped);
}

}  // namespace

std::string write_markdown(const Report& report, const WriteOptions& options) {
    Markdown writer(options.language);
    writer.report(report);
    return writer.take();
}

std::string write_tag_page(const JudgedReference& judged, Language language) {
    Markdown writer(language);
    writer.tag_page(judged);
    std::string page = writer.take();
    while (page.ends_with("\n\n")) page.pop_back();
    return page;
}

}  // namespace veritag::report
