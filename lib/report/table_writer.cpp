#include "report/table_writer.h"

#include "base/text.h"
#include "report/causes.h"
#include "report/component_names.h"
#include "report/entries.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace veritag::report {
namespace {

constexpr std::size_t kVerdictColumns = 10;   // the verdict, and the indent of everything below it
constexpr std::size_t kLabelColumns = 10;     // `warning`, `observed`, `实际内容`
constexpr std::size_t kLeastTextColumns = 30; // on a very narrow terminal lines run over rather than become ladders
constexpr std::size_t kShownEvidence = 3;
constexpr std::size_t kShownProblems = 5;
constexpr std::size_t kShownObservations = 12;
constexpr std::size_t kSentenceBytes = 4000;
constexpr std::size_t kEvidenceBytes = 500;

class TableWriter {
public:
    explicit TableWriter(const WriteOptions& options) : options_(options) {}

    void report(const Report& report, const Surroundings& surroundings);
    void explanation(const Explanation& explanation);
    std::string take() { return std::move(out_); }

private:
    [[nodiscard]] std::string_view word(Text which) const noexcept { return text(which, options_.language); }
    [[nodiscard]] std::string_view separator() const noexcept { return options_.language == Language::zh ? "、" : ", "; }
    [[nodiscard]] std::string painted(std::string_view value, Colour colour) const { return paint(value, colour, options_.colour); }

    // A label in `columns` columns after `indent`, then the text wrapped beside it.
    void row(std::size_t indent, std::size_t columns, std::string_view label, Colour label_colour, std::string_view value, Colour colour = Colour::none) {
        const std::size_t start = indent + columns;
        const std::size_t width = options_.width > start + kLeastTextColumns ? options_.width - start : kLeastTextColumns;
        bool first = true;
        for (const std::string& line : wrap(value, width)) {
            out_.append(indent, ' ');
            if (first) out_ += painted(label, label_colour);
            const std::size_t used = first ? display_width(label) : 0;
            if (!line.empty()) out_.append(columns > used ? columns - used : 1, ' ');
            out_ += painted(line, colour) + "\n";
            first = false;
        }
    }
    void detail(std::string_view label, Colour label_colour, std::string_view value, Colour colour = Colour::none) {
        row(kVerdictColumns, kLabelColumns, label, label_colour, value, colour);
    }

    [[nodiscard]] std::string_view colon() const noexcept { return options_.language == Language::zh ? "：" : ": "; }
    [[nodiscard]] std::string heading(const std::vector<const ImageReport*>& platforms) const;
    void image(const Report& report, const Surroundings& surroundings, const std::vector<const ImageReport*>& platforms);
    void passing_line(const ImageReport& image);
    void finding(const Finding& finding, const ImageReport* image = nullptr);
    void waivers(const WaiverUse& use);
    void family(const Surroundings& surroundings, const ImageReport& image);
    void whereabouts(const Report& report, const Surroundings& surroundings, const ImageReport& image);
    [[nodiscard]] std::string package_counts(const PackageCounts& packages) const;
    void observations(const std::vector<const ImageReport*>& platforms);
    void layer_note(Text title, Text note, const std::vector<int>& layers);
    void problems(const std::vector<Problem>& problems);
    void package_list(const std::vector<Package>& packages);
    void coverage(const Report& report);
    void declarations(const std::vector<Finding>& findings);
    void declaration(const Finding& finding);
    void published(const std::vector<const Finding*>& group);
    void coverage_lines(const std::vector<std::string>& lines);

    const WriteOptions& options_;
    std::string out_;
};

std::string TableWriter::heading(const std::vector<const ImageReport*>& platforms) const {
    const ImageReport& image = *platforms.front();
    std::string platform = image.platform.empty() ? std::string(word(Text::no_platform)) : printable(image.platform);
    for (std::size_t i = 1; i < platforms.size(); ++i) platform += std::string(separator()) + printable(platforms[i]->platform);
    std::string line = printable(image.reference, kSentenceBytes) + "  " + platform;
    if (const std::string name = judged_name(image); !name.empty()) line += "  " + fill(word(Text::judged_as), {name});
    return line;
}

void TableWriter::passing_line(const ImageReport& image) {
    std::string line = heading({&image});
    std::vector<std::string> codes;
    for (const Finding& each : image.findings)
        if (std::find(codes.begin(), codes.end(), each.code) == codes.end()) codes.push_back(each.code);
    if (!codes.empty()) line += "  (" + printable(join(codes, separator())) + ")";
    row(0, kVerdictColumns, verdict_word(image.verdict, options_.language), colour_of(image.verdict), line);
}

void TableWriter::image(const Report& report, const Surroundings& surroundings, const std::vector<const ImageReport*>& platforms) {
    const ImageReport& image = *platforms.front();
    row(0, kVerdictColumns, verdict_word(image.verdict, options_.language), colour_of(image.verdict), heading(platforms), Colour::bold);
    if (image.error)
        detail(word(Text::error), Colour::red, std::string(to_string(image.error->code)) + std::string(colon()) + printable(message_for(*image.error, options_.language), kSentenceBytes));
    // Where it comes from and what mends it stands right below what is wrong, not below what is only noted.
    const auto serious = [](const Finding& each) { return each.severity != Severity::info || each.suggestion; };
    const auto last = std::find_if(image.findings.rbegin(), image.findings.rend(), serious).base();
    for (auto each = image.findings.begin(); each != last; ++each) finding(*each, &image);
    if (!image.findings.empty()) whereabouts(report, surroundings, image);
    for (auto each = last; each != image.findings.end(); ++each) finding(*each, &image);
    observations(platforms);
    layer_note(Text::restored, Text::restored_layers, image.restored_layers);
    layer_note(Text::partial, Text::partial_layers, image.partial_layers);
    // The finding that speaks of unreadable parts has shown them already.
    const auto speaks_of_problems = [](const Finding& each) { return each.code == "unproven" && each.component.empty(); };
    if (std::none_of(image.findings.begin(), image.findings.end(), speaks_of_problems)) problems(image.problems);
    if (options_.list_packages) package_list(image.package_list);
}

void TableWriter::finding(const Finding& finding, const ImageReport* image) {
    const Colour quiet = finding.severity == Severity::info || finding.waived ? Colour::dim : Colour::none;
    detail(severity_word(finding.severity, options_.language), colour_of(finding.severity),
           printable(finding.code) + ": " + printable(message_for(finding, options_.language), kSentenceBytes), quiet);
    const std::size_t shown = std::min(finding.evidence.size(), kShownEvidence);
    for (std::size_t i = 0; i < shown; ++i) detail("", Colour::none, printable(evidence_line(finding, finding.evidence[i], options_.language), kEvidenceBytes), Colour::dim);
    if (finding.evidence.size() > shown)
        detail("", Colour::none, fill(word(Text::and_more), {std::to_string(finding.evidence.size() - shown)}), Colour::dim);
    if (image != nullptr)
        for (const auto& [layer, step] : steps_of(*image, finding, 200)) detail("", Colour::none, fill(word(Text::layer_made_by), {std::to_string(layer), step}), Colour::dim);
    if (finding.waived)
        detail("", Colour::none, fill(word(Text::waived), {printable(finding.waived->expiry), printable(finding.waived->owner), printable(finding.waived->reason, kSentenceBytes)}), Colour::bold);
}

// For a person to look at: nobody else would notice.
void TableWriter::waivers(const WaiverUse& use) {
    const std::size_t columns = std::max(display_width(word(Text::waiver_expired)), display_width(word(Text::waiver_unused))) + 2;
    const auto list = [&](Text why, const std::vector<IdleWaiver>& waivers) {
        for (const IdleWaiver& each : waivers)
            row(0, columns, word(why), Colour::yellow,
                printable(each.file, kSentenceBytes) + ":" + std::to_string(each.line) + std::string(colon()) +
                    fill(word(Text::waiver), {printable(each.component.empty() ? each.code : each.code + " " + each.component), printable(each.target), printable(each.waived.owner),
                                              printable(each.waived.expiry), printable(each.waived.reason, kSentenceBytes)}));
    };
    list(Text::waiver_expired, use.expired);
    list(Text::waiver_unused, use.unused);
    if (!use.elsewhere.empty()) row(0, 0, "", Colour::none, fill(word(Text::waivers_elsewhere), {std::to_string(use.elsewhere.size())}), Colour::dim);
}

// The published images below it, the nearest first, and which of them was wrong first.
void TableWriter::family(const Surroundings& surroundings, const ImageReport& image) {
    if (image.lineage.empty()) return;
    const auto proven = std::find_if(image.findings.begin(), image.findings.end(), [](const Finding& each) { return each.severity == Severity::error && !each.waived && proving_layer(each) >= 0; });
    const std::vector<FamilyStep> steps = surroundings.family(image, proven == image.findings.end() ? Finding() : *proven);
    if (steps.empty()) return;
    std::vector<std::string> parents;
    for (auto step = steps.rbegin() + 1; step != steps.rend(); ++step) {  // the first is the image
        if (parents.size() >= kShownEvidence && !step->went_wrong) continue;
        std::string parent = printable(step->reference, kSentenceBytes);
        if (!step->current) parent += fill(word(Text::in_brackets), {std::string(word(Text::superseded))});
        if (step->went_wrong) parent += " ← " + std::string(word(step->brought ? Text::went_wrong_here : Text::wrong_parent));
        parents.push_back(std::move(parent));
    }
    if (steps.size() - 1 > parents.size()) parents.push_back(fill(word(Text::and_more), {std::to_string(steps.size() - 1 - parents.size())}));
    if (steps.back().went_wrong) parents.push_back(std::string("← ") + std::string(word(steps.back().brought ? Text::went_wrong_itself : Text::wrong_parent)));
    detail(word(Text::built_on), Colour::dim, parents.front());
    for (std::size_t i = 1; i < parents.size(); ++i) detail("", Colour::none, parents[i]);
}

// What a finding leads to next, as people go on: the images below, other names, where the tag is declared, what mends it, and how to see that it did.
void TableWriter::whereabouts(const Report& report, const Surroundings& surroundings, const ImageReport& image) {
    family(surroundings, image);
    const auto counts = [](const Finding& each) { return each.severity != Severity::info && !each.waived; };
    const bool wrong = std::any_of(image.findings.begin(), image.findings.end(), counts);
    std::vector<std::string> names = wrong ? surroundings.aliases(image) : std::vector<std::string>();
    const std::size_t more = names.size() - std::min(names.size(), kShownEvidence);
    names.resize(names.size() - more);
    for (std::string& each : names) each = printable(each, kSentenceBytes);
    if (more > 0) names.push_back(fill(word(Text::and_more), {std::to_string(more)}));
    if (!names.empty()) detail(word(Text::also), Colour::dim, join(names, separator()));
    if (image.declared) detail(word(Text::declared), Colour::dim, printable(image.declared->file, kSentenceBytes) + ":" + std::to_string(image.declared->line));
    std::vector<std::string> told, bases;
    const auto tell = [&](const std::string& value) {
        if (value.empty() || std::find(told.begin(), told.end(), value) != told.end()) return;
        told.push_back(value);
        detail("", Colour::none, printable(value, kSentenceBytes), Colour::bold);
    };
    for (const Finding& each : image.findings)
        if (const std::string base = each.severity == Severity::error && !each.waived ? wrong_base(surroundings.family(image, each)) : std::string(); !base.empty()) tell(fill(word(Text::build_first), {base}));
    for (const Finding& each : image.findings) tell(surroundings.advice(&image, each, options_.language));
    std::vector<LineMend> mends;
    for (const Finding& each : image.findings)
        if (each.mend && !each.waived && std::find(mends.begin(), mends.end(), *each.mend) == mends.end()) mends.push_back(*each.mend);
    for (const LineMend& each : mends) {
        if (!image.declared || DeclaredAt{each.file, each.line} != *image.declared) detail("", Colour::none, printable(each.file, kSentenceBytes) + ":" + std::to_string(each.line), Colour::bold);
        detail("", Colour::none, "- " + printable(each.before), Colour::red);
        detail("", Colour::none, "+ " + printable(each.after), Colour::green);
    }
    std::vector<std::string> commands;
    for (const Finding& each : image.findings)
        if (counts(each))
            if (std::string command = check_command(report, &image, each); std::find(commands.begin(), commands.end(), command) == commands.end()) commands.push_back(std::move(command));
    for (std::size_t i = 0; i < commands.size(); ++i) detail(i == 0 ? word(Text::again) : std::string_view(), Colour::dim, printable(commands[i], kSentenceBytes), Colour::dim);
}

std::string TableWriter::package_counts(const PackageCounts& packages) const {
    std::vector<std::string> counts;
    const std::array<std::pair<const char*, std::size_t>, 5> kinds{{{"rpm", packages.rpm}, {"deb", packages.deb}, {"apk", packages.apk}, {"python", packages.python}, {"conda", packages.conda}}};
    for (const auto& [type, count] : kinds)
        if (count > 0) counts.push_back(std::to_string(count) + " " + type);
    return join(counts, separator());
}

void TableWriter::observations(const std::vector<const ImageReport*>& platforms) {
    const ImageReport& image = *platforms.front();
    std::vector<std::string> items = contents_of(image, options_.language);
    if (items.size() > kShownObservations) {
        const std::size_t more = items.size() - kShownObservations;
        items.resize(kShownObservations);
        items.push_back(fill(word(Text::and_more), {std::to_string(more)}));
    }
    if (!items.empty()) detail(word(Text::observed), Colour::none, join(items, separator()));
    std::vector<std::pair<std::string, std::vector<std::string>>> counts;  // with the platforms that have them
    for (const ImageReport* each : platforms) {
        const std::string count = package_counts(each->packages);
        if (counts.empty() || counts.back().first != count) counts.emplace_back(count, std::vector<std::string>());
        counts.back().second.push_back(printable(each->platform));
    }
    for (const auto& [count, names] : counts)
        if (!count.empty()) detail(word(Text::packages), Colour::dim, count + (counts.size() > 1 ? fill(word(Text::in_brackets), {join(names, separator())}) : ""), Colour::dim);
}

void TableWriter::layer_note(Text title, Text note, const std::vector<int>& layers) {
    std::vector<std::string> numbers;
    for (const int layer : layers) numbers.push_back(std::to_string(layer));
    if (!numbers.empty()) detail(word(title), Colour::dim, fill(word(note), {join(numbers, separator())}), Colour::dim);
}

void TableWriter::problems(const std::vector<Problem>& problems) {
    const std::size_t shown = std::min(problems.size(), kShownProblems);
    for (std::size_t i = 0; i < shown; ++i) {
        const std::string path = printable(problems[i].path);
        detail(word(Text::problem), Colour::yellow, (path.empty() ? "" : path + std::string(colon())) + printable(message_for(problems[i], options_.language), kSentenceBytes));
    }
    if (problems.size() > shown) detail("", Colour::none, fill(word(Text::and_more), {std::to_string(problems.size() - shown)}));
}

void TableWriter::package_list(const std::vector<Package>& packages) {
    for (const Package& each : packages) {
        std::string line = printable(each.name) + " " + printable(each.version);
        if (!each.arch.empty()) line += " " + printable(each.arch);
        if (each.layer >= 0) line = fill(word(Text::layer), {line, std::to_string(each.layer)});
        detail(to_string(each.type), Colour::dim, line);
    }
}

// Whether two platforms of one reference differ in nothing that is told of them.
bool are_told_the_same(const ImageReport& a, const ImageReport& b, Language language) {
    const auto told = [&](const ImageReport& image) {
        std::vector<std::string> lines = contents_of(image, language);
        for (const Finding& each : image.findings) {
            lines.push_back(each.code + ' ' + message_for(each, language) + ' ' + each.suggestion.value_or("") + (each.waived ? " " + each.waived->expiry : ""));
            // Where it lies, but not the line there: packages and programs name their architecture.
            for (const Evidence& evidence : each.evidence) lines.push_back(evidence_place(each, evidence, language) + ' ' + std::to_string(evidence.layer));
        }
        for (const Ancestor& each : image.lineage) lines.push_back(each.reference + (each.current ? "" : "?"));
        return lines;
    };
    const auto bare = [](const ImageReport& image) { return !image.error && image.problems.empty() && image.partial_layers.empty() && image.restored_layers.empty(); };
    return a.reference == b.reference && a.verdict == b.verdict && bare(a) && bare(b) && judged_name(a) == judged_name(b) && told(a) == told(b);
}

// A line of its own says that nothing was judged.
void TableWriter::coverage_lines(const std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Colour colour = i + 1 < lines.size() ? Colour::yellow : Colour::none;
        for (const std::string& each : wrap(lines[i], std::max(options_.width, kLeastTextColumns))) out_ += painted(each, colour) + "\n";
    }
}

void TableWriter::coverage(const Report& report) {
    std::vector<std::string> lines = image_coverage(report, options_.language);
    lines.back() += work_of(report, options_.language);
    coverage_lines(lines);
    const auto attached = std::count_if(report.skipped.begin(), report.skipped.end(), is_attached);
    if (attached > 0) row(0, kVerdictColumns, word(Text::skipped), Colour::dim, fill(word(Text::attached_artifacts), {std::to_string(attached)}), Colour::dim);
    for (const Skipped& each : report.skipped) {
        if (is_attached(each)) continue;
        row(0, kVerdictColumns, word(Text::skipped), Colour::dim,
            printable(each.reference, kSentenceBytes) + (each.digest.empty() ? "" : "@" + printable(each.digest)) + std::string(colon()) + printable(reason_for(each, options_.language)), Colour::dim);
    }
}

// What a registry has and nobody declares, a repository a line.
void TableWriter::published(const std::vector<const Finding*>& group) {
    std::vector<std::pair<std::string_view, std::vector<std::string>>> repositories;
    for (const Finding* each : group) {
        const std::string_view name = published_name(*each);
        const std::size_t colon_at = std::min(name.rfind(':'), name.size());
        if (repositories.empty() || repositories.back().first != name.substr(0, colon_at)) repositories.emplace_back(name.substr(0, colon_at), std::vector<std::string>());
        repositories.back().second.push_back(printable(name.substr(std::min(colon_at + 1, name.size()))) + (each->waived ? fill(word(Text::in_brackets), {fill(word(Text::waived), {printable(each->waived->expiry), printable(each->waived->owner), printable(each->waived->reason)})}) : ""));
    }
    for (const auto& [repository, tags] : repositories) row(kVerdictColumns - 1, 1, "", Colour::none, printable(repository, kSentenceBytes) + std::string(colon()) + join(tags, separator()));
}

void TableWriter::declaration(const Finding& finding) {
    const auto line = [&](std::string_view value, Colour colour = Colour::none) { row(kVerdictColumns - 1, 1, "", Colour::none, value, colour); };
    if (!finding.file.empty()) {
        const std::string file = printable(finding.file, kSentenceBytes);
        line(finding.line > 0 ? file + ":" + std::to_string(finding.line) : file, Colour::bold);
    }
    line(printable(message_for(finding, options_.language), kSentenceBytes));
    if (finding.suggestion) line(fill(word(Text::suggestion), {printable(*finding.suggestion)}), Colour::bold);
    if (!finding.mend) return;
    line("- " + printable(finding.mend->before), Colour::red);
    line("+ " + printable(finding.mend->after), Colour::green);
}

// By cause: one group a severity and code, the worst first, of those the largest.
void TableWriter::declarations(const std::vector<Finding>& findings) {
    std::vector<std::vector<const Finding*>> groups;
    for (const Finding& each : findings) {
        const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.front()->severity == each.severity && group.front()->code == each.code; });
        if (same == groups.end())
            groups.push_back({&each});
        else
            same->push_back(&each);
    }
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
        if (a.front()->severity != b.front()->severity) return a.front()->severity < b.front()->severity;
        return a.size() > b.size();
    });
    for (const auto& group : groups) {
        const Finding& first = *group.front();
        row(0, kVerdictColumns, severity_word(first.severity, options_.language), colour_of(first.severity), fill(word(Text::finding_count), {printable(first.code), std::to_string(group.size())}), Colour::bold);
        if (first.file.empty() && !published_name(first).empty())
            published(group);
        else
            for (const Finding* each : group) declaration(*each);
        out_ += "\n";
    }
}

void TableWriter::report(const Report& report, const Surroundings& surroundings) {
    out_ += write_audit_summary(report, options_);
    declarations(report.findings);
    if (report.tree) coverage_lines(tree_coverage(report, options_.language));
    if (report.tree && report.images.empty()) {
        if (report.waivers) waivers(*report.waivers);
        return;
    }
    std::vector<const ImageReport*> images;
    for (const ImageReport& each : report.images) images.push_back(&each);
    std::stable_sort(images.begin(), images.end(), [](const ImageReport* a, const ImageReport* b) { return is_worse(a->verdict, b->verdict); });
    // Passing images share a block of one line each; one alone, or one with something to tell, has room for its details.
    const auto quiet = [&](const ImageReport& each) { return each.verdict == Verdict::pass && each.problems.empty() && each.partial_layers.empty() && each.restored_layers.empty() && !options_.list_packages; };
    const bool several = std::count_if(report.images.begin(), report.images.end(), quiet) > 1;
    bool after_passing_line = false;
    std::map<std::string_view, std::vector<const ImageReport*>> by_reference;
    for (const ImageReport* each : images) by_reference[each->reference].push_back(each);
    std::set<const ImageReport*> told;  // with an earlier platform
    for (const ImageReport* each : images) {
        if (!report.targets.empty() && quiet(*each)) continue;  // of thousands; the coverage counts them
        if (told.contains(each)) continue;
        const bool one_line = several && quiet(*each);
        if (after_passing_line && !one_line) out_ += "\n";
        if (one_line) {
            passing_line(*each);
        } else {
            std::vector<const ImageReport*> platforms{each};
            for (const ImageReport* other : by_reference.at(each->reference))
                if (other != each && !options_.list_packages && !told.contains(other) && are_told_the_same(*each, *other, options_.language)) platforms.push_back(other);
            told.insert(platforms.begin(), platforms.end());
            image(report, surroundings, platforms);
            out_ += "\n";
        }
        after_passing_line = one_line;
    }
    if (after_passing_line) out_ += "\n";
    coverage(report);
    if (report.waivers) waivers(*report.waivers);
}

void TableWriter::explanation(const Explanation& explanation) {
    if (!out_.empty()) out_ += "\n";
    out_ += painted(printable(explanation.reference, kSentenceBytes), Colour::bold) + "\n";
    const auto line = [&](std::string_view label, std::string_view value) { row(2, kLabelColumns, label, Colour::none, value); };
    line(word(Text::grammar), printable(explanation.grammar));
    line(word(Text::tier), explanation.tier ? to_string(*explanation.tier) : word(Text::unreadable_tag));
    if (explanation.dev) line(word(Text::dev), word(Text::yes));
    if (explanation.claims.empty()) line(word(Text::claims), word(Text::none));
    bool first = true;
    for (const Claim& claim : explanation.claims) {
        std::string what = printable(component_and_version(claim.component, claim.version.empty() ? word(Text::any_version) : std::string_view(claim.version), options_.language)) + "  (" +
                           std::string(kind_word(claim.kind, options_.language));
        if (claim.from_repository) what += (options_.language == Language::zh ? "，" : ", ") + std::string(word(Text::from_repository));
        line(first ? word(Text::claims) : std::string_view(), what + ")");
        first = false;
    }
    std::vector<std::string> parents;
    for (const auto& [component, version] : explanation.expected_parents) parents.push_back(printable(component_and_version(component, version, options_.language)));
    if (!parents.empty()) line(word(Text::parents), join(parents, separator()));
    for (const Finding& each : explanation.findings)
        row(2, kLabelColumns, severity_word(each.severity, options_.language), colour_of(each.severity),
            printable(each.code) + ": " + printable(message_for(each, options_.language), kSentenceBytes));
    for (const Finding& each : explanation.findings)
        if (each.suggestion) line("", fill(word(Text::suggestion), {printable(*each.suggestion)}));
}

}  // namespace

std::string write_table(const Report& report, const WriteOptions& options) {
    TableWriter writer(options);
    writer.report(report, Surroundings(report));
    return writer.take();
}

std::string write_table(const std::vector<Explanation>& explanations, const WriteOptions& options) {
    TableWriter writer(options);
    for (const Explanation& each : explanations) writer.explanation(each);
    return writer.take();
}

}  // namespace veritag::report
