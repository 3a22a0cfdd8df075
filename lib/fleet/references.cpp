#include "fleet/references.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace veritag::fleet {

void add_to_images(JudgedReference& judged, const Finding& finding) {
    for (ImageReport& image : judged.images) {
        // What the image's own content has shown already is not said twice.
        const bool said = std::any_of(image.findings.begin(), image.findings.end(), [&](const Finding& each) { return each.code == finding.code; });
        if (image.error || said) continue;
        image.findings.push_back(finding);
        sort_worst_first(image.findings);
        image.verdict = verdict_of(image.findings);
    }
}

void judge_moved(std::vector<SeenReference>& references, bool (*moves)(const ImageReport&)) {
    for (SeenReference& each : references) {
        if (each.top.empty() || each.last_top.empty() || each.top == each.last_top || each.judged->images.empty() || moves(each.judged->images.front())) continue;
        add_to_images(*each.judged, {.code = "tag-moved", .severity = Severity::info, .component = "", .claimed = each.last_top, .observed = each.top,
                                     .message = "The tag pointed to another image at the last audit.", .evidence = {}});
    }
}

std::optional<Finding> mirror_finding(const Mirror& own, const std::vector<Mirror>& all) {
    Finding finding{.code = "mirror-divergence", .severity = Severity::error};
    std::string missing;
    for (const Mirror& each : all) {
        finding.evidence.push_back({.source = EvidenceSource::history, .path = "", .layer = -1, .diff_id = "",
                                    .detail = each.registry + '/' + each.repository + ':' + each.tag + (each.top.empty() ? " is missing" : " is " + each.top)});
        if (each.top.empty()) missing += (missing.empty() ? "" : ", and it is missing in ") + each.registry;
    }
    // What is there comes first.
    std::stable_partition(finding.evidence.begin(), finding.evidence.end(), [](const Evidence& each) { return !each.detail.ends_with(" is missing"); });
    const auto other = std::find_if(all.begin(), all.end(), [&](const Mirror& each) { return !each.top.empty() && each.top != own.top; });
    if (other != all.end()) {
        finding.observed = own.top;
        finding.claimed = other->top;
        finding.message = "This tag is not the same image in every registry" + (missing.empty() ? "" : ", and it is missing in " + missing) + '.';
    } else if (!missing.empty()) {
        finding.message = "This tag is missing in " + missing + '.';
    } else {
        return std::nullopt;
    }
    return finding;
}

void judge_mirrors(std::vector<SeenReference>& references, const std::set<std::pair<std::string, std::string>>& whole) {
    std::map<std::pair<std::string, std::string>, std::vector<SeenReference*>> by_name;
    std::map<std::string, std::vector<std::string>> registries_of;  // repository -> where it was listed whole
    for (const auto& [registry, repository] : whole) registries_of[repository].push_back(registry);
    for (SeenReference& each : references) by_name[{each.repository, each.tag}].push_back(&each);
    for (const auto& [name, same] : by_name) {
        std::vector<Mirror> all;
        for (const SeenReference* each : same)
            if (!each->top.empty()) all.push_back({each->registry, name.first, name.second, each->top});  // nothing is known of the others
        for (const std::string& registry : registries_of[name.first])
            if (std::none_of(same.begin(), same.end(), [&](const SeenReference* each) { return each->registry == registry; })) all.push_back({registry, name.first, name.second, ""});
        for (SeenReference* each : same)
            if (!each->top.empty())
                if (const std::optional<Finding> finding = mirror_finding({each->registry, name.first, name.second, each->top}, all)) add_to_images(*each->judged, *finding);
    }
}

}  // namespace veritag::fleet
