#include "report/entries.h"

#include "base/text.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace veritag::report {
namespace {

// The layer by which a finding is proven, counted from 0; -1 where it hangs on no layer. The judge puts the strongest evidence first.
int proving_layer(const Finding& finding) noexcept {
    const auto found = std::find_if(finding.evidence.begin(), finding.evidence.end(), [](const Evidence& each) { return each.layer >= 0; });
    return found == finding.evidence.end() ? -1 : found->layer;
}

// References by digest of the manifest: other names of one image.
using Names = std::map<std::string_view, std::set<std::string>>;
Names names_by_digest(const Report& report) {
    Names names;
    for (const ImageReport& image : report.images)
        if (!image.digest.empty()) names[image.digest].insert(image.reference);
    return names;
}

std::string shell_word(std::string_view word) {
    static constexpr std::string_view kPlain = "-._/:@+,=%";
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos; };
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

void fill_images(Entry& entry, const Names& names) {
    std::set<std::string> registries, own(entry.cause.references.begin(), entry.cause.references.end()), aliases;
    std::set<std::string> commands;
    for (const CauseMember& member : entry.cause.members) {
        if (member.finding->mend && std::find(entry.mends.begin(), entry.mends.end(), *member.finding->mend) == entry.mends.end()) entry.mends.push_back(*member.finding->mend);
        if (member.image == nullptr) continue;
        const ImageReport& image = *member.image;
        if (!image.registry.empty()) registries.insert(image.registry);
        if (commands.insert(scan_command(image)).second) entry.commands.push_back(scan_command(image));
        const auto same = names.find(image.digest);
        if (same != names.end()) std::copy_if(same->second.begin(), same->second.end(), std::inserter(aliases, aliases.end()), [&](const std::string& each) { return !own.contains(each); });
    }
    if (entry.commands.empty()) entry.commands.emplace_back("veritag lint .");
    entry.registries.assign(registries.begin(), registries.end());
    entry.aliases.assign(aliases.begin(), aliases.end());
    std::sort(entry.mends.begin(), entry.mends.end(), [](const LineMend& a, const LineMend& b) { return std::tie(a.file, a.line, a.after) < std::tie(b.file, b.line, b.after); });
}

}  // namespace

int urgency(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::fail: return 0;
        case Verdict::error: return 1;
        case Verdict::unknown: return 2;
        case Verdict::warn: return 3;
        case Verdict::pass: return 4;
    }
    return 0;
}

std::vector<FamilyStep> family_of(const Report& report, const ImageReport& image, const Finding& finding) {
    std::map<std::size_t, FamilyStep> by_layers;
    for (const Ancestor& each : image.lineage) {
        FamilyStep& step = by_layers[each.layers];
        if (!step.reference.empty()) {
            step.others.push_back(each.reference);
            continue;
        }
        step = {.reference = each.reference, .others = {}, .layers = each.layers, .current = each.current, .verdict = std::nullopt};
        const auto judged = std::find_if(report.images.begin(), report.images.end(), [&](const ImageReport& other) { return other.digest == each.digest && other.reference == each.reference; });
        if (judged != report.images.end()) step.verdict = judged->verdict;
    }
    std::vector<FamilyStep> steps;
    if (by_layers.empty()) return steps;
    for (auto& [layers, step] : by_layers) steps.push_back(std::move(step));
    steps.push_back({.reference = image.reference, .others = {}, .layers = image.diff_ids.size(), .verdict = std::nullopt});
    const int layer = proving_layer(finding);
    if (layer < 0) return steps;
    const auto first = std::find_if(steps.begin(), steps.end(), [&](const FamilyStep& step) { return step.layers > static_cast<std::size_t>(layer); });
    (first == steps.end() ? steps.back() : *first).went_wrong = true;
    return steps;
}

std::vector<std::pair<int, std::string>> steps_of(const ImageReport& image, const Finding& finding, std::size_t most) {
    std::vector<std::pair<int, std::string>> steps;
    for (const Evidence& each : finding.evidence) {
        const auto step = image.build_steps.find(each.layer);
        if (step == image.build_steps.end() || std::any_of(steps.begin(), steps.end(), [&](const auto& known) { return known.first == each.layer; })) continue;
        steps.emplace_back(each.layer, printable(step->second, most));
    }
    return steps;
}

std::string evidence_place(const Evidence& evidence) {
    const std::string path = printable(evidence.path);
    if (evidence.source != EvidenceSource::environment && evidence.source != EvidenceSource::label && evidence.source != EvidenceSource::history) return path;
    return std::string(to_string(evidence.source)) + (path.empty() ? "" : " " + path);
}

std::string scan_command(const ImageReport& image) {
    std::string command = "veritag scan " + shell_word(image.reference);
    const bool local = image.registry.empty() && !image.repository.empty();
    if (local) command += " --as " + shell_word(image.repository + (image.tag.empty() ? "" : ":" + image.tag));
    return command;
}

std::vector<std::string> contents_of(const ImageReport& image, Language language) {
    std::vector<std::string> items;
    for (const Observation& each : image.observed) {
        std::string item = printable(each.version.empty() ? each.component : each.component + " " + each.version);
        if (!each.proof) item = fill(text(Text::unproven_mark, language), {item});
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(std::move(item));
    }
    return items;
}

std::vector<std::string> tree_coverage(const TreeCoverage& tree, const std::vector<Finding>& findings, Language language) {
    const auto word = [&](Text which) { return text(which, language); };
    const auto number = [](auto value) { return std::to_string(value); };
    const auto count = [&](Severity severity) { return number(std::count_if(findings.begin(), findings.end(), [severity](const Finding& each) { return each.severity == severity; })); };
    const auto mends = std::count_if(findings.begin(), findings.end(), [](const Finding& each) { return each.mend.has_value(); });
    std::vector<std::string> lines;
    if (tree.tags == 0) lines.emplace_back(word(Text::no_tags));
    lines.push_back(fill(word(Text::coverage_tree), {number(tree.metas), number(tree.tags), number(tree.dockerfiles)}) +
                    fill(word(Text::tree_findings), {count(Severity::error), count(Severity::warning), count(Severity::info)}));
    if (mends > 0) lines.back() += fill(word(Text::mends_offered), {number(mends)});
    return lines;
}

std::vector<std::string> image_coverage(const Report& report, Language language) {
    const auto word = [&](Text which) { return text(which, language); };
    const auto number = [](auto value) { return std::to_string(value); };
    const auto count = [&](Verdict verdict) {
        return static_cast<std::size_t>(std::count_if(report.images.begin(), report.images.end(), [verdict](const ImageReport& each) { return each.verdict == verdict; }));
    };
    const std::size_t judged = count(Verdict::pass) + count(Verdict::warn) + count(Verdict::fail);
    std::vector<std::string> lines;
    if (judged == 0) lines.emplace_back(word(Text::no_images));
    lines.push_back(fill(word(Text::coverage_listed), {number(report.images.size() + report.skipped.size()), number(judged)}) +
                    fill(word(Text::coverage_judged), {number(count(Verdict::pass)), number(count(Verdict::warn)), number(count(Verdict::fail))}) +
                    fill(word(Text::coverage_open), {number(count(Verdict::unknown)), number(count(Verdict::error)), number(report.skipped.size())}) +
                    fill(word(Text::coverage_work), {human_bytes(report.bytes_fetched), number(report.layers_analyzed), number(report.layers_reused)}));
    if (report.waivers) lines.back() += fill(word(Text::coverage_waived), {number(report.waivers->findings)});
    return lines;
}

std::vector<std::string> coverage_of(const Report& report, Language language) {
    std::vector<std::string> lines;
    if (report.tree) lines = tree_coverage(*report.tree, report.findings, language);
    if (report.tree && report.images.empty()) return lines;
    for (std::string& each : image_coverage(report, language)) lines.push_back(std::move(each));
    return lines;
}

std::string judged_name(const ImageReport& image) {
    const std::string name = image.repository + ":" + image.tag;
    return image.repository.empty() || image.tag.empty() || image.reference.find(name) != std::string::npos ? std::string() : printable(name);
}

std::vector<Entry> entries_of(const Report& report, CauseKind kind) {
    const Names names = names_by_digest(report);
    std::vector<Entry> entries;
    for (Cause& cause : causes_of(report, kind)) {
        Entry& entry = entries.emplace_back();
        entry.cause = std::move(cause);
        fill_images(entry, names);
        if (entry.image() != nullptr) entry.family = family_of(report, *entry.image(), *entry.cause.members.front().finding);
    }
    return entries;
}

}  // namespace veritag::report
