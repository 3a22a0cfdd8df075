#include "report/entries.h"

#include "base/text.h"
#include "oci/artifact.h"
#include "report/component_names.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace veritag::report {
namespace {

constexpr std::array<std::string_view, 5> kCodesOfNames{"tag-", "alias-", "mirror-", "platform-missing", "catalog-"};

std::string shell_word(std::string_view word) {
    static constexpr std::string_view kPlain = "-._/:@+,=%";
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos; };
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

bool is_of_layers(const Finding& finding) { return finding.code == "parent-mismatch" || finding.code == "parent-stale" || finding.code == "parent-unknown"; }
bool is_of_registry(const Finding& finding) {
    return finding.code.starts_with("mirror-") || finding.code.starts_with("platform-") || finding.code.starts_with("alias-") || finding.code == "tag-moved";
}

bool is_of_family(const Finding& finding) { return finding.code.starts_with("parent-"); }

// `openeuler/cann:8.0` of `hub.example/openeuler/cann:8.0`: mirrors have the same bases.
std::string_view without_registry(std::string_view reference) {
    const std::size_t slash = reference.find('/');
    return slash == std::string_view::npos ? reference : reference.substr(slash + 1);
}

// What the name or the registry is at fault in, and no layer: no image below has to do with it.
bool is_of_names(const Finding& finding) {
    return std::any_of(kCodesOfNames.begin(), kCodesOfNames.end(), [&](std::string_view start) { return finding.code.starts_with(start); });
}

// The ancestor that has the layer first. A finding that hangs on no layer is the nearest one's as much as the image's.
const Ancestor* owner_of(const ImageReport& image, const Finding& finding) {
    if (is_of_names(finding)) return nullptr;
    const int layer = proving_layer(finding);
    const Ancestor* owner = nullptr;
    for (const Ancestor& each : image.lineage) {
        const bool has_it = layer < 0 || each.layers > static_cast<std::size_t>(layer);
        const bool nearer = owner == nullptr || (layer < 0 ? each.layers > owner->layers : each.layers < owner->layers);
        if (has_it && nearer) owner = &each;
    }
    return owner;
}

// Whether the tag of an ancestor makes the image's claim, as far as that can be told for certain without the rules: it is spelt the same, or it is
// the version in the repository of that very component.
bool claims_the_same(std::string_view reference, const Claim& claim) {
    const std::size_t colon = reference.rfind(':');
    const std::size_t slash = reference.rfind('/');
    if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) return false;
    const std::string_view tag = reference.substr(colon + 1);
    const std::string_view repository = reference.substr(slash == std::string_view::npos ? 0 : slash + 1, colon - (slash == std::string_view::npos ? 0 : slash + 1));
    const auto same = [](std::string_view a, std::string_view b) { return a.size() == b.size() && starts_with_ignoring_case(a, b); };
    const std::vector<std::string_view> parts = split(tag, '-');
    if (!claim.from_repository && !claim.text.empty() && std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return same(part, claim.text); })) return true;
    return !claim.version.empty() && same(repository, claim.component) && (same(tag, claim.version) || same(parts.front(), claim.version));
}

// By reference and digest of the manifest.
using Judged = std::map<std::pair<std::string_view, std::string_view>, const ImageReport*>;

enum class Honesty { true_to_its_tag, wrong, untold };

Honesty honesty_of(const Judged& judged, const ImageReport& image, std::size_t layers, const Finding& finding) {
    bool wrong = false;
    for (const Ancestor& each : image.lineage) {
        if (each.layers != layers) continue;
        const auto known = judged.find({each.reference, each.digest});
        if (known != judged.end() && !known->second->error) {
            const std::vector<Finding>& theirs = known->second->findings;
            const bool has_it = std::any_of(theirs.begin(), theirs.end(), [&](const Finding& other) { return other.code == finding.code && other.component == finding.component; });
            if (!has_it) return Honesty::true_to_its_tag;
            wrong = true;
        } else {
            wrong = wrong || std::any_of(image.claims.begin(), image.claims.end(), [&](const Claim& claim) { return claim.component == finding.component && claims_the_same(each.reference, claim); });
        }
    }
    return wrong ? Honesty::wrong : Honesty::untold;
}

std::vector<FamilyStep> family_of(const Judged& judged, const ImageReport& image, const Finding& finding) {
    std::map<std::size_t, FamilyStep> by_layers;
    for (const Ancestor& each : image.lineage) {
        FamilyStep& step = by_layers[each.layers];
        if (!step.reference.empty()) {
            step.others.push_back(each.reference);
            continue;
        }
        step = {.reference = each.reference, .others = {}, .layers = each.layers, .current = each.current, .verdict = std::nullopt};
        if (const auto known = judged.find({each.reference, each.digest}); known != judged.end()) step.verdict = known->second->verdict;
    }
    std::vector<FamilyStep> steps;
    if (by_layers.empty()) return steps;
    for (auto& [layers, step] : by_layers) steps.push_back(std::move(step));
    steps.push_back({.reference = image.reference, .others = {}, .layers = image.diff_ids.size(), .verdict = std::nullopt});
    const int layer = proving_layer(finding);
    if (layer < 0) return steps;
    auto step = std::find_if(steps.begin(), steps.end() - 1, [&](const FamilyStep& each) { return each.layers > static_cast<std::size_t>(layer); });
    step->brought = true;
    // Of a base that is the wrong one for this image it is the image that is wrong, not the base.
    if (is_of_family(finding) && step != steps.end() - 1) ++step;
    while (step != steps.end() - 1 && honesty_of(judged, image, step->layers, finding) != Honesty::wrong) ++step;
    step->went_wrong = true;
    return steps;
}

// Where several references have it from one layer that no known image brought, that layer is their base, too.
void fill_groups(Entry& entry, const Surroundings& surroundings) {
    std::map<std::string, std::set<std::string>> sharing;  // diff_id to references
    const auto layer_of = [](const CauseMember& member) {
        const int layer = proving_layer(*member.finding);
        return member.image == nullptr || layer < 0 || static_cast<std::size_t>(layer) >= member.image->diff_ids.size() ? std::string() : member.image->diff_ids[static_cast<std::size_t>(layer)];
    };
    for (const CauseMember& member : entry.cause.members)
        if (member.image != nullptr) sharing[layer_of(member)].insert(member.image->reference);
    const auto base_of = [](const CauseMember& member) {
        const Ancestor* owner = member.image == nullptr ? nullptr : owner_of(*member.image, *member.finding);
        return owner == nullptr ? std::string() : std::string(without_registry(owner->reference));
    };
    std::set<std::string> bases;
    for (const CauseMember& member : entry.cause.members) bases.insert(base_of(member));
    std::map<std::pair<std::string, std::string>, std::size_t> known;
    for (const CauseMember& member : entry.cause.members) {
        std::string base = base_of(member);
        if (base.empty() && member.image != nullptr)  // the base itself stands with those that were built on it
            if (const std::string own(without_registry(member.image->reference)); bases.contains(own)) base = own;
        const std::string layer = base.empty() && member.image != nullptr && sharing[layer_of(member)].size() > 1 ? layer_of(member) : std::string();
        const auto [place, fresh] = known.emplace(std::pair(base, layer), entry.groups.size());
        if (fresh) entry.groups.push_back({.members = {}, .base = base, .family = {}});
        entry.groups[place->second].members.push_back(member);
    }
    std::stable_sort(entry.groups.begin(), entry.groups.end(), [](const Group& a, const Group& b) { return a.members.size() > b.members.size(); });
    for (Group& each : entry.groups)
        if (each.members.front().image != nullptr) each.family = surroundings.family(*each.members.front().image, *each.members.front().finding);
}

// The repository in all that disagree: in one of them alone nothing does.
std::string mirrors_in(const Finding& finding, const ImageReport& image) {
    std::set<std::string> hosts{image.registry};
    for (const Evidence& each : finding.evidence)
        if (const std::size_t slash = each.detail.find('/'); slash != std::string::npos) hosts.insert(each.detail.substr(0, slash));
    std::string words;
    for (const std::string& host : hosts) words += " " + shell_word(host + "/" + image.repository);
    return words;
}

void fill_images(Entry& entry, const Report& report, const Surroundings& surroundings) {
    std::set<std::string> registries, own(entry.cause.references.begin(), entry.cause.references.end());
    std::map<std::string, Aliases> aliases;  // by digest
    std::set<std::string> commands;
    for (const CauseMember& member : entry.cause.members) {
        if (member.finding->mend && std::find(entry.mends.begin(), entry.mends.end(), *member.finding->mend) == entry.mends.end()) entry.mends.push_back(*member.finding->mend);
        for (const Finding* finding : {member.finding, member.repeated})
            if (finding != nullptr)
                if (std::string command = check_command(report, member.image, *finding); commands.insert(command).second) entry.commands.push_back(std::move(command));
        if (member.image == nullptr) continue;
        const ImageReport& image = *member.image;
        if (!image.registry.empty()) registries.insert(image.registry);
        const auto [known, fresh] = aliases.try_emplace(image.digest, Aliases{image.reference, {}});
        if (!fresh) continue;
        for (std::string& each : surroundings.aliases(image))
            if (!own.contains(each)) known->second.others.push_back(std::move(each));
    }
    entry.registries.assign(registries.begin(), registries.end());
    std::set<std::pair<std::string, std::vector<std::string>>> several;  // platforms of one reference say the same
    for (auto& [digest, each] : aliases)
        if (!each.others.empty()) several.emplace(std::move(each.reference), std::move(each.others));
    for (const auto& [reference, others] : several) entry.aliases.push_back({reference, others});
    std::sort(entry.mends.begin(), entry.mends.end(), [](const LineMend& a, const LineMend& b) { return std::tie(a.file, a.line, a.after) < std::tie(b.file, b.line, b.after); });
}

// Of a run that did not come to its end: what its targets list and it has nothing of.
std::size_t not_reached(const Report& report) {
    if (!report.incomplete) return 0;
    std::size_t listed = 0;
    for (const ListedTarget& each : report.targets) listed += each.tags;
    std::set<std::string_view> seen;
    for (const ImageReport& each : report.images) seen.insert(each.reference);
    for (const Skipped& each : report.skipped) seen.insert(each.reference);
    return listed > seen.size() ? listed - seen.size() : 0;
}

}  // namespace

std::vector<Line> lines_of(const std::vector<CauseMember>& members, Language language) {
    std::vector<Line> lines;
    for (const CauseMember& each : members) {
        const auto same = [&](const Line& line) {
            const CauseMember& first = *line.member;
            return each.image != nullptr && first.image != nullptr && first.image->reference == each.image->reference && first.image->verdict == each.image->verdict &&
                   judged_name(*first.image) == judged_name(*each.image) && message_for(*first.finding, language) == message_for(*each.finding, language);
        };
        // They are sorted by reference, so only the last ones can be the same.
        auto line = std::find_if(lines.rbegin(), lines.rend(), [&](const Line& known) { return same(known) || known.member->image == nullptr || each.image == nullptr || known.member->image->reference != each.image->reference; });
        if (line == lines.rend() || !same(*line)) {
            lines.push_back({.member = &each, .platforms = {}});
            line = lines.rbegin();
        }
        if (each.image != nullptr && !each.image->platform.empty() && std::find(line->platforms.begin(), line->platforms.end(), each.image->platform) == line->platforms.end())
            line->platforms.push_back(each.image->platform);
    }
    return lines;
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

std::string evidence_place(const Finding& finding, const Evidence& evidence, Language language) {
    const std::string path = printable(evidence.path);
    const auto named = [&](Text source) { return std::string(text(source, language)) + (path.empty() ? "" : " " + path); };
    switch (evidence.source) {
        case EvidenceSource::environment: return named(Text::source_environment);
        case EvidenceSource::label: return named(Text::source_label);
        // What an image's own history does not say, but a registry or a comparison of layers, goes by the same source.
        case EvidenceSource::history: return named(is_of_layers(finding) ? Text::source_layers : is_of_registry(finding) ? Text::source_registry : Text::source_history);
        case EvidenceSource::file:
        case EvidenceSource::package:
        case EvidenceSource::elf: break;
    }
    return path;
}

std::string evidence_line(const Finding& finding, const Evidence& evidence, Language language) {
    std::string where = evidence_place(finding, evidence, language);
    if (evidence.layer >= 0) where = fill(text(Text::layer, language), {where, std::to_string(evidence.layer)});
    const std::string what = detail_for(evidence, language);
    return where + (where.empty() || what.empty() ? "" : language == Language::zh ? "：" : ": ") + what;
}

std::string check_command(const Report& report, const ImageReport* image, const Finding& finding) {
    if (image == nullptr) {
        const bool published = finding.code == "catalog-unpublished" || finding.code == "catalog-undeclared" || finding.code == "platform-missing";
        if (!published) return "veritag lint .";
        return "veritag catalog check " + shell_word(report.targets.empty() ? "REGISTRY" : report.targets.front().target) + " --meta .";
    }
    const bool of_registries = finding.code == "mirror-divergence" || finding.code == "alias-stale" || finding.code == "tag-moved";
    // Without layers a parent is only a doubt, and goes by another code.
    const bool of_family = is_of_family(finding) && finding.code != "parent-forged";
    if ((of_registries || of_family) && !image->registry.empty()) {
        if (finding.code == "mirror-divergence") return "veritag audit" + mirrors_in(finding, *image);
        const std::string space = image->registry + "/" + image->repository.substr(0, image->repository.find('/'));
        return "veritag audit " + shell_word(of_family ? space : image->registry + "/" + image->repository);
    }
    std::string command = "veritag scan " + shell_word(image->reference);
    if (image->registry.empty() && !image->repository.empty()) command += " --as " + shell_word(image->repository + (image->tag.empty() ? "" : ":" + image->tag));
    return command;
}

std::vector<std::string> contents_of(const ImageReport& image, Language language) {
    std::vector<std::string> items;
    for (const Observation& each : image.observed) {
        std::string item = printable(component_and_version(each.component, each.version, language));
        if (!each.proof) item = fill(text(Text::unproven_mark, language), {item});
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(std::move(item));
    }
    return items;
}

ImageTable table_of(const std::vector<ImageReport>& images, bool fleet, Language language) {
    ImageTable table;
    std::map<std::string_view, std::vector<std::size_t>> rows_of;  // of a reference
    for (const ImageReport& image : images) {
        if (fleet && image.verdict == Verdict::pass && !image.error && image.problems.empty()) {
            ++table.passing[image.repository.empty() ? image.reference : image.registry.empty() ? image.repository : image.registry + '/' + image.repository];
            ++table.passed;
            continue;
        }
        ImageRow row{.image = &image, .platforms = {}, .codes = {}, .contents = contents_of(image, language)};
        for (const Finding& finding : image.findings)
            if (std::find(row.codes.begin(), row.codes.end(), finding.code) == row.codes.end()) row.codes.push_back(finding.code);
        std::vector<std::size_t>& known = rows_of[image.reference];
        const auto same = std::find_if(known.begin(), known.end(), [&](std::size_t at) {
            const ImageRow& other = table.rows[at];
            return other.image->verdict == image.verdict && other.codes == row.codes && other.contents == row.contents;
        });
        const std::size_t at = same == known.end() ? table.rows.size() : *same;
        if (same == known.end()) {
            known.push_back(at);
            table.rows.push_back(std::move(row));
        }
        if (!image.platform.empty()) table.rows[at].platforms.push_back(image.platform);
    }
    std::stable_sort(table.rows.begin(), table.rows.end(), [](const ImageRow& a, const ImageRow& b) { return is_worse(a.image->verdict, b.image->verdict); });
    return table;
}

std::vector<std::string> tree_coverage(const Report& report, Language language) {
    const TreeCoverage& tree = *report.tree;
    const std::vector<Finding>& findings = report.findings;
    const auto word = [&](Text which) { return text(which, language); };
    const auto number = [](auto value) { return std::to_string(value); };
    const auto count = [&](Severity severity) { return number(std::count_if(findings.begin(), findings.end(), [severity](const Finding& each) { return each.severity == severity; })); };
    const auto mends = std::count_if(findings.begin(), findings.end(), [](const Finding& each) { return each.mend.has_value(); });
    std::vector<std::string> lines;
    if (tree.tags == 0) lines.emplace_back(word(Text::no_tags));
    lines.push_back(fill(word(Text::coverage_tree), {number(tree.metas), number(tree.tags)}) +
                    (report.targets.empty() ? fill(word(Text::coverage_dockerfiles), {number(tree.dockerfiles)}) : "") +  // to compare with a registry none is needed
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
    const std::size_t unreached = not_reached(report);
    lines.push_back(fill(word(Text::coverage_listed), {number(report.images.size() + report.skipped.size() + unreached), number(judged)}) +
                    fill(word(Text::coverage_judged), {number(count(Verdict::pass)), number(count(Verdict::warn)), number(count(Verdict::fail))}) +
                    fill(word(Text::coverage_open), {number(count(Verdict::unknown)), number(count(Verdict::error)), number(report.skipped.size())}) +
                    (unreached == 0 ? "" : fill(word(Text::coverage_unreached), {number(unreached)})));
    if (report.waivers) lines.back() += fill(word(Text::coverage_waived), {number(report.waivers->findings)});
    return lines;
}

std::string work_of(const Report& report, Language language) {
    return fill(text(Text::coverage_work, language), {human_bytes(report.bytes_fetched), std::to_string(report.layers_analyzed), std::to_string(report.layers_reused)});
}

std::vector<std::string> coverage_of(const Report& report, Language language) {
    std::vector<std::string> lines;
    if (report.tree) lines = tree_coverage(report, language);
    if (report.tree && report.images.empty()) return lines;
    for (std::string& each : image_coverage(report, language)) lines.push_back(std::move(each));
    return lines;
}

std::string judged_name(const ImageReport& image) {
    const std::string name = image.repository + ":" + image.tag;
    return image.repository.empty() || image.tag.empty() || image.reference.find(name) != std::string::npos ? std::string() : printable(name);
}

bool is_attached(const Skipped& skipped) {
    const std::size_t colon = skipped.reference.rfind(':');
    return colon != std::string::npos && oci::is_tag_of_digest(std::string_view(skipped.reference).substr(colon + 1));
}

Surroundings::Surroundings(const Report& report) {
    for (const std::vector<ImageReport>* images : {&report.images, &report.ancestors})
        for (const ImageReport& image : *images) judged_.emplace(std::pair<std::string_view, std::string_view>(image.reference, image.digest), &image);
    for (const ImageReport& image : report.images) {
        if (!image.digest.empty()) names_[image.digest].insert(image.reference);
        if (!image.tag.empty()) tags_[image.registry + '/' + image.repository + ':' + image.tag].push_back(&image);
    }
}

std::vector<FamilyStep> Surroundings::family(const ImageReport& image, const Finding& finding) const { return is_of_names(finding) ? std::vector<FamilyStep>() : family_of(judged_, image, finding); }

std::vector<std::string> Surroundings::aliases(const ImageReport& image) const {
    const auto same = names_.find(image.digest);
    std::vector<std::string> others;
    if (same != names_.end()) std::copy_if(same->second.begin(), same->second.end(), std::back_inserter(others), [&](const std::string& each) { return each != image.reference; });
    return others;
}

std::string_view Surroundings::taken(const ImageReport& image, const std::string& tag, Language language) const {
    const auto holders = tags_.find(image.registry + '/' + image.repository + ':' + tag);
    if (tag == image.tag || image.digest.empty() || holders == tags_.end()) return {};
    const auto is_it = [&](const ImageReport* each) { return each->digest == image.digest; };
    const auto of_platform = [&](const ImageReport* each) { return each->platform == image.platform && !each->digest.empty(); };
    if (std::any_of(holders->second.begin(), holders->second.end(), is_it)) return text(Text::deserved_is_this, language);
    return std::any_of(holders->second.begin(), holders->second.end(), of_platform) ? text(Text::deserved_is_another, language) : std::string_view();
}

std::string Surroundings::advice(const ImageReport* image, const Finding& finding, Language language) const {
    if (!finding.suggestion) return {};
    const std::string_view known = image == nullptr ? std::string_view() : taken(*image, *finding.suggestion, language);
    return fill(text(Text::suggestion, language), {*finding.suggestion}) + (known.empty() ? "" : fill(text(Text::in_brackets, language), {known}));
}

std::string wrong_base(const std::vector<FamilyStep>& family) {
    const auto wrong = std::find_if(family.begin(), family.end(), [](const FamilyStep& each) { return each.went_wrong; });
    return wrong == family.end() || wrong + 1 == family.end() ? std::string() : wrong->reference;
}

std::vector<Entry> entries_of(const Report& report, CauseKind kind) {
    const Surroundings surroundings(report);
    std::vector<Entry> entries;
    for (Cause& cause : causes_of(report, kind)) {
        Entry& entry = entries.emplace_back();
        entry.cause = std::move(cause);
        fill_images(entry, report, surroundings);
        fill_groups(entry, surroundings);
    }
    return entries;
}

}  // namespace veritag::report
