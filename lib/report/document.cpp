#include "report/document.h"

#include "report/component_names.h"
#include "report/entries.h"
#include "report/messages.h"
#include "report/patch_text.h"

#include <algorithm>
#include <set>

namespace veritag::report {
namespace {

constexpr std::size_t kShownEvidence = 10;
constexpr std::size_t kShownNotes = 20;
constexpr std::size_t kShownCommands = 10;

std::string number(std::size_t count) { return std::to_string(count); }

class Document {
public:
    Document(const Report& report, Language language, Markup& out) : surroundings_(report), language_(language), out_(out) {}
    void report(const Report& report);
    void tag(const Report& report);

private:
    [[nodiscard]] std::string word(Text which) const { return std::string(text(which, language_)); }
    [[nodiscard]] std::string colon() const { return language_ == Language::zh ? "：" : ": "; }
    [[nodiscard]] std::string comma() const { return language_ == Language::zh ? "，" : ", "; }
    [[nodiscard]] std::string between() const { return language_ == Language::zh ? "、" : ", "; }
    [[nodiscard]] std::string in_brackets(const std::string& markup) const { return fill(word(Text::in_brackets), {markup}); }
    [[nodiscard]] std::string sentence_of(const Finding& finding) const { return out_.text(message_for(finding, language_)); }
    [[nodiscard]] std::string at_line(const std::string& file, int line) const { return out_.code(line > 0 ? file + ":" + std::to_string(line) : file); }
    [[nodiscard]] std::string codes(const std::vector<std::string>& items) const {
        std::string list;
        for (const std::string& each : items) list += (list.empty() ? "" : between()) + out_.code(each);
        return list;
    }
    [[nodiscard]] std::string image_count(std::size_t count) const { return fill(word(Text::image_count), {number(count)}); }
    [[nodiscard]] std::string count_of(const std::vector<CauseMember>& members, std::size_t references) const {
        return members.front().image != nullptr ? image_count(references) : fill(word(Text::place_count), {number(references)});
    }
    [[nodiscard]] std::string count_of(const Group& group) const {
        std::set<std::string_view> references;
        for (const CauseMember& each : group.members) references.insert(each.image != nullptr ? std::string_view(each.image->reference) : each.finding->file.empty() ? published_name(*each.finding) : std::string_view(each.finding->file));
        return count_of(group.members, references.size());
    }
    // A section that has nothing to say has no heading either.
    void section(Text title, const std::vector<std::string>& items) {
        if (items.empty()) return;
        out_.heading(word(title));
        out_.list(items);
    }

    void targets(const std::vector<ListedTarget>& targets);
    void counts(const std::vector<ImageReport>& images);
    bool findings(const Report& report);
    bool entries(const Report& report, CauseKind kind, Text title);
    bool notes(const Report& report);
    void entry(const Entry& entry);
    void group(const Entry& entry, const Group& group);
    void members(const Group& group, bool same);
    void evidence(const CauseMember& member);
    void family(const std::vector<FamilyStep>& steps, bool stale);
    void whereabouts(const Entry& entry);
    void mends(const Entry& entry);
    void images(const std::vector<ImageReport>& images, bool fleet);
    void contents(const ImageReport& image);
    void unread(const std::vector<ImageReport>& images);
    void skipped(const std::vector<Skipped>& skipped);
    void waivers(const WaiverUse& use);

    Surroundings surroundings_;
    Language language_;
    Markup& out_;
};

void Document::targets(const std::vector<ListedTarget>& targets) {
    std::vector<std::string> items;
    for (const ListedTarget& each : targets) {
        std::string item = fill(word(Text::listed_target), {out_.code(each.target), out_.text(each.driver), number(each.repositories), number(each.tags)});
        if (each.error) item += out_.below(out_.alarm(word(Text::error)) + colon() + out_.text(message_for(*each.error, language_)));
        for (std::size_t i = 0; i < std::min(each.notes.size(), kShownNotes); ++i) item += out_.below(out_.text(note_for(each.notes[i], language_)));
        if (each.notes.size() > kShownNotes) item += out_.below(fill(word(Text::and_more), {number(each.notes.size() - kShownNotes)}));
        items.push_back(std::move(item));
    }
    out_.list(items);
}

void Document::counts(const std::vector<ImageReport>& images) {
    if (images.empty()) return;
    std::vector<std::pair<Verdict, std::size_t>> counts;
    for (const Verdict verdict : kWorstFirst)
        counts.emplace_back(verdict, std::count_if(images.begin(), images.end(), [&](const ImageReport& each) { return each.verdict == verdict; }));
    out_.counts(counts);
}

// Each with its own sentence, unless one is true of all.
void Document::members(const Group& group, bool same) {
    std::vector<std::string> items;
    for (const Line& each : lines_of(group.members, language_)) {
        const Finding& finding = *each.member->finding;
        const std::string sentence = same ? std::string() : sentence_of(finding);
        if (each.member->image == nullptr) {
            if (const std::string_view name = published_name(finding); finding.file.empty() && !name.empty()) {  // that says it all
                items.push_back(out_.code(name));
                continue;
            }
            const std::string place = finding.file.empty() ? std::string() : at_line(finding.file, finding.line);
            if (!place.empty() || !sentence.empty()) items.push_back(place + (place.empty() || sentence.empty() ? "" : colon()) + sentence);
            continue;
        }
        const ImageReport& image = *each.member->image;
        std::string item = out_.verdict(image.verdict) + " " + out_.code(image.reference);
        if (const std::string name = judged_name(image); !name.empty()) item += " " + fill(word(Text::judged_as), {out_.code(name)});
        if (!each.platforms.empty()) item += " " + codes(each.platforms);
        items.push_back(item + (same ? "" : colon() + sentence));
    }
    out_.long_list(count_of(group), items);
}

void Document::group(const Entry& entry, const Group& group) {
    const CauseMember& first = group.members.front();
    const bool is_first = &group == &entry.groups.front();
    if (entry.groups.size() > 1 && first.image != nullptr)
        out_.lead((group.base.empty() ? word(Text::brought_by_none) : fill(word(Text::brought_by), {out_.code(group.base)})) + comma() + count_of(group));
    const bool same = say_the_same(group.members, language_);
    members(group, same);
    const bool said = !is_first && say_the_same({entry.groups.front().members.front(), first}, language_);
    if (same && !said) out_.paragraph(sentence_of(*first.finding), Tone::loud);
    for (const std::string& each : repeated_sentences(group.members, language_)) out_.paragraph(fill(word(Text::same_by_parent), {out_.code("parent-mismatch"), out_.text(each)}));
    if (const std::optional<Waived>& waived = first.finding->waived; waived && is_first)
        out_.paragraph(fill(word(Text::waived), {out_.code(waived->expiry), out_.text(waived->owner), out_.text(waived->reason)}));
    evidence(first);
    family(group.family, group.members.front().finding->code == "parent-stale");
}

void Document::evidence(const CauseMember& member) {
    const std::vector<Evidence>& all = member.finding->evidence;
    if (all.empty()) return;
    out_.lead(fill(word(Text::evidence_heading), {out_.code(member.image != nullptr ? member.image->reference : member.finding->file)}));
    std::vector<std::string> items;
    for (std::size_t i = 0; i < std::min(all.size(), kShownEvidence); ++i) {
        const std::string place = evidence_place(*member.finding, all[i], language_);
        std::string item = place.empty() ? "" : out_.code(place);
        if (!all[i].detail.empty()) item += (item.empty() ? "" : colon()) + out_.code(detail_for(all[i], language_));
        if (all[i].layer >= 0) item += comma() + fill(word(Text::in_layer), {std::to_string(all[i].layer)});
        if (!all[i].diff_id.empty()) item += " " + out_.quiet(out_.code(all[i].diff_id));
        items.push_back(std::move(item));
    }
    if (all.size() > kShownEvidence) items.push_back(fill(word(Text::and_more), {number(all.size() - kShownEvidence)}));
    if (member.image != nullptr)
        for (const auto& [layer, step] : steps_of(*member.image, *member.finding)) items.push_back(fill(word(Text::layer_made_by), {std::to_string(layer), out_.code(step)}));
    out_.list(items);
}

void Document::family(const std::vector<FamilyStep>& steps, bool stale) {
    if (steps.empty()) return;
    out_.lead(word(Text::family_heading));
    std::vector<std::string> items;
    for (const FamilyStep& step : steps) {
        std::string item = out_.code(step.reference);
        if (!step.others.empty()) item += comma() + fill(word(Text::also_named), {codes(step.others)});
        if (step.layers > 0) item += comma() + fill(word(Text::layer_count), {number(step.layers)});
        if (step.verdict) item += comma() + out_.verdict(*step.verdict);
        if (!step.current) item += comma() + word(Text::superseded);
        if (step.went_wrong) item += " " + out_.alarm("← " + word(stale ? Text::stale_parent : step.brought ? Text::went_wrong_here : Text::wrong_parent));
        items.push_back(std::move(item));
    }
    out_.chain(items);
}

// Which registries and names it is under, where it is declared, and how it should be called.
void Document::whereabouts(const Entry& entry) {
    std::vector<std::string> items;
    const auto add = [&](std::string item) {
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(std::move(item));  // platforms say the same
    };
    if (!entry.registries.empty()) add(word(Text::affected_registries) + colon() + codes(entry.registries));
    for (const Aliases& each : entry.aliases) add((entry.cause.references.size() > 1 ? out_.code(each.reference) + colon() : "") + word(Text::same_image) + colon() + codes(each.others));
    for (const Group& each : entry.groups)
        if (const std::string base = wrong_base(each.family); !base.empty()) add(fill(word(Text::build_first), {out_.code(base)}));
    for (const CauseMember& each : entry.cause.members) {
        const std::string name = each.image != nullptr && entry.cause.references.size() > 1 ? out_.code(each.image->reference) + colon() : "";
        if (each.image != nullptr && each.image->declared) add(name + word(Text::declared_at) + colon() + at_line(each.image->declared->file, each.image->declared->line));
        if (!each.finding->suggestion) continue;
        const std::string_view taken = each.image != nullptr ? surroundings_.taken(*each.image, *each.finding->suggestion, language_) : std::string_view();
        add(name + word(Text::deserved_tag) + colon() + out_.strong(out_.code(*each.finding->suggestion)) + (taken.empty() ? "" : in_brackets(std::string(taken))));
    }
    out_.list(items);
}

void Document::mends(const Entry& entry) {
    for (auto first = entry.mends.begin(); first != entry.mends.end();) {  // by file and line
        const auto next = std::find_if(first, entry.mends.end(), [&](const LineMend& each) { return each.file != first->file; });
        out_.lead(word(Text::patch) + comma() + at_line(first->file, next - first == 1 ? first->line : 0));
        out_.patch(patch_of({first, next}));
        first = next;
    }
    out_.lead(word(Text::check_again));
    std::vector<std::string> lines(entry.commands.begin(), entry.commands.begin() + static_cast<std::ptrdiff_t>(std::min(entry.commands.size(), kShownCommands)));
    if (entry.commands.size() > kShownCommands) lines.push_back("# " + fill(word(Text::and_more), {number(entry.commands.size() - kShownCommands)}));
    out_.commands(lines);
}

void Document::entry(const Entry& entry) {
    const Finding& finding = *entry.cause.members.front().finding;
    out_.begin_entry(finding.severity, std::string(severity_word(finding.severity, language_)) + " " + out_.code(finding.code) + colon() + out_.text(name_of_code(finding.code, language_)) + comma() +
                                           count_of(entry.cause.members, entry.cause.references.size()));
    for (const Group& each : entry.groups) group(entry, each);
    whereabouts(entry);
    mends(entry);
    out_.end_entry();
}

bool Document::entries(const Report& report, CauseKind kind, Text title) {
    const std::vector<Entry> all = entries_of(report, kind);
    if (!all.empty()) out_.heading(word(title));
    for (const Entry& each : all) entry(each);
    return !all.empty();
}

// A note mends nothing, so a line is enough; the table of images says which have it.
bool Document::notes(const Report& report) {
    std::vector<std::string> items;
    for (const Cause& each : causes_of(report, CauseKind::notes)) {
        const Finding& example = each.example;
        const std::string count = in_brackets(count_of(each.members, each.references.size()));
        const bool one_component = std::all_of(each.members.begin(), each.members.end(), [&](const CauseMember& member) { return member.finding->component == example.component; });
        if (say_the_same(each.members, language_))
            items.push_back(out_.code(example.code) + colon() + sentence_of(example) + count);
        else
            items.push_back(out_.code(example.code) + (example.component.empty() || !one_component ? "" : " " + out_.code(component_name(example.component, language_))) + colon() + out_.text(name_of_code(example.code, language_)) + count + comma() +
                            fill(word(Text::for_example), {sentence_of(example)}));
    }
    section(Text::notes_heading, items);
    return !items.empty();
}

bool Document::findings(const Report& report) {
    const bool found = entries(report, CauseKind::counting, Text::causes_heading);
    const bool noted = notes(report);
    const bool waived = entries(report, CauseKind::waived, Text::waived_heading);
    return found || noted || waived;
}

void Document::images(const std::vector<ImageReport>& images, bool fleet) {
    if (images.empty()) return;
    out_.heading(word(Text::images_heading));
    const ImageTable table = table_of(images, fleet, language_);
    std::vector<std::vector<std::string>> rows;
    for (const ImageRow& each : table.rows)
        rows.push_back({out_.verdict(each.image->verdict), out_.code(each.image->reference), codes(each.platforms), codes(each.codes), codes(each.contents)});
    const std::vector<Column> columns{{word(Text::verdict_column)}, {word(Text::image_column)}, {word(Text::platform_column), true}, {word(Text::findings_column)}, {word(Text::contents_column)}};
    if (!rows.empty()) out_.table(word(Text::images_heading), columns, rows);
    std::vector<std::string> passing;
    for (const auto& [repository, count] : table.passing) passing.push_back(out_.code(repository) + colon() + image_count(count));
    if (!passing.empty()) out_.folded_list(fill(word(Text::passing_images), {image_count(table.passed)}), passing);
}

// What the tag says beside what is there.
void Document::contents(const ImageReport& image) {
    out_.heading(out_.verdict(image.verdict) + (image.platform.empty() ? "" : " " + out_.code(image.platform)));
    if (!image.digest.empty()) out_.paragraph(out_.code(image.digest));
    const auto observed = [&](const std::string& component) {
        std::string cell;
        for (const Observation& each : image.observed) {
            if (each.component != component) continue;
            const std::string version = each.version.empty() ? word(Text::yes) : out_.code(version_name(component, each.version, language_));
            cell += (cell.empty() ? "" : between()) + (each.proof ? version : fill(word(Text::unproven_mark), {version}));
        }
        return cell;
    };
    std::vector<std::vector<std::string>> rows;
    std::set<std::string> shown;
    const auto row = [&](const std::string& component, const std::string& claimed) {
        if (shown.insert(component).second) rows.push_back({out_.code(component_name(component, language_)), claimed, observed(component)});
    };
    for (const Claim& each : image.claims) row(each.component, each.version.empty() ? word(Text::any_version) : out_.code(version_name(each.component, each.version, language_)));
    for (const Observation& each : image.observed) row(each.component, "");
    if (!rows.empty()) out_.table(word(Text::contents_column), {{word(Text::component_column)}, {word(Text::claimed_column)}, {word(Text::observed_column)}}, rows);
}

void Document::unread(const std::vector<ImageReport>& images) {
    std::vector<std::string> items;
    for (const ImageReport& image : images) {
        const std::string name = out_.code(image.reference) + (image.platform.empty() ? "" : " " + out_.code(image.platform)) + colon();
        if (image.error) items.push_back(name + std::string(to_string(image.error->code)) + colon() + out_.text(message_for(*image.error, language_)));
        for (const Problem& each : image.problems) items.push_back(name + (each.path.empty() ? "" : out_.code(each.path) + colon()) + out_.text(message_for(each, language_)));
    }
    section(Text::problems_heading, items);
}

void Document::skipped(const std::vector<Skipped>& skipped) {
    std::vector<std::string> items;
    const auto attached = std::count_if(skipped.begin(), skipped.end(), is_attached);
    if (attached > 0) items.push_back(fill(word(Text::attached_artifacts), {number(static_cast<std::size_t>(attached))}));
    for (const Skipped& each : skipped)
        if (!is_attached(each)) items.push_back(out_.code(each.digest.empty() ? each.reference : each.reference + "@" + each.digest) + colon() + out_.text(reason_for(each, language_)));
    section(Text::skipped_heading, items);
}

void Document::waivers(const WaiverUse& use) {
    std::vector<std::string> items;
    const auto add = [&](Text why, const std::vector<IdleWaiver>& waivers) {
        for (const IdleWaiver& each : waivers)
            items.push_back(out_.strong(word(why)) + " " + at_line(each.file, each.line) + colon() +
                            fill(word(Text::waiver), {out_.code(each.component.empty() ? each.code : each.code + " " + each.component), out_.code(each.target), out_.text(each.waived.owner),
                                                      out_.code(each.waived.expiry), out_.text(each.waived.reason)}));
    };
    add(Text::waiver_expired, use.expired);
    add(Text::waiver_unused, use.unused);
    if (!use.elsewhere.empty()) items.push_back(fill(word(Text::waivers_elsewhere), {number(use.elsewhere.size())}));
    section(Text::waivers_heading, items);
}

void Document::report(const Report& report) {
    out_.title(word(Text::report_title));
    targets(report.targets);
    counts(report.images);
    for (const std::string& each : coverage_of(report, language_)) out_.paragraph(out_.text(each), Tone::quiet);
    out_.body();
    if (!findings(report)) out_.paragraph(word(Text::no_findings));
    images(report.images, !report.targets.empty());
    unread(report.images);
    skipped(report.skipped);
    if (report.waivers) waivers(*report.waivers);
    out_.end(fill(word(Text::made_by), {out_.text(report.tool_version), out_.code(report.rules_digest)}));
}

void Document::tag(const Report& report) {
    for (const ImageReport& each : report.images) contents(each);
    findings(report);
    unread(report.images);
    skipped(report.skipped);
}

}  // namespace

void write_document(const Report& report, Language language, Markup& out) { Document(report, language, out).report(report); }
void write_tag_document(const Report& report, Language language, Markup& out) { Document(report, language, out).tag(report); }

}  // namespace veritag::report
