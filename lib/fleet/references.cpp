#include "fleet/references.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace veritag::fleet {
namespace {

std::string name_of(const SeenReference& reference) { return reference.registry + '/' + reference.repository + ':' + reference.tag; }

Evidence digest_evidence(const SeenReference& reference) {
    return {.source = EvidenceSource::history, .path = "", .layer = -1, .diff_id = "", .detail = name_of(reference) + " is " + reference.top};
}

}  // namespace

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

void judge_mirrors(std::vector<SeenReference>& references, const std::set<std::pair<std::string, std::string>>& whole) {
    std::map<std::pair<std::string, std::string>, std::vector<SeenReference*>> by_name;
    std::map<std::string, std::vector<std::string>> registries_of;  // repository -> where it was listed whole
    for (const auto& [registry, repository] : whole) registries_of[repository].push_back(registry);
    for (SeenReference& each : references) by_name[{each.repository, each.tag}].push_back(&each);
    for (auto& [name, same] : by_name) {
        Finding finding{.code = "mirror-divergence", .severity = Severity::error};
        std::set<std::string> digests;
        for (const SeenReference* each : same)
            if (!each->top.empty()) digests.insert(each->top);
        const bool differ = digests.size() > 1;
        std::vector<std::string> missing;
        for (const std::string& registry : registries_of[name.first])
            if (std::none_of(same.begin(), same.end(), [&](const SeenReference* each) { return each->registry == registry; }))
                missing.push_back(registry);
        if (!differ && missing.empty()) continue;
        for (const SeenReference* each : same)
            if (!each->top.empty()) finding.evidence.push_back(digest_evidence(*each));
        for (const std::string& registry : missing)
            finding.evidence.push_back({.source = EvidenceSource::history, .path = "", .layer = -1, .diff_id = "", .detail = registry + '/' + name.first + ':' + name.second + " is missing"});
        if (differ) finding.message = "This tag is not the same image in every registry";
        for (const std::string& registry : missing) finding.message += (finding.message.empty() ? "This tag is missing in " : ", and it is missing in ") + registry;
        finding.message += '.';
        for (SeenReference* each : same) {
            if (each->top.empty()) continue;  // nothing is known of this one
            Finding own = finding;
            if (differ) {
                const auto other = std::find_if(same.begin(), same.end(), [&](const SeenReference* o) { return o->top != each->top && !o->top.empty(); });
                if (other != same.end()) {
                    own.observed = each->top;
                    own.claimed = (*other)->top;
                }
            }
            add_to_images(*each->judged, own);
        }
    }
}

}  // namespace veritag::fleet
