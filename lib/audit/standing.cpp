#include "audit/standing.h"

#include "fleet/aliases.h"
#include "fleet/references.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace veritag::audit {
namespace {

const Finding* find(const ImageReport& image, std::string_view code) {
    const auto found = std::find_if(image.findings.begin(), image.findings.end(), [&](const Finding& each) { return each.code == code; });
    return found == image.findings.end() ? nullptr : &*found;
}

const Finding* find(const JudgedReference& reference, std::string_view code) {
    for (const ImageReport& image : reference.images)
        if (const Finding* found = find(image, code)) return found;
    return nullptr;
}

bool is_same(const ImageReport& a, const ImageReport& b) { return a.digest == b.digest && a.platform == b.platform; }

void sort_and_judge(ImageReport& image) {
    sort_worst_first(image.findings);
    image.verdict = verdict_of(image.findings);
}

// Its layers are the same, and what lay below them when it was built cannot have changed since. A parent that says another thing than the tag
// is found without those that were not read.
void take_parent(const JudgedReference& earlier, ImageReport& image) {
    const auto unknown = std::find_if(image.findings.begin(), image.findings.end(), [](const Finding& each) { return each.code == "parent-unknown"; });
    if (image.error || unknown == image.findings.end()) return;
    for (const ImageReport& each : earlier.images) {
        const Finding* before = is_same(each, image) ? find(each, "parent-mismatch") : nullptr;
        if (before == nullptr || before->observed || before->component != unknown->component || before->claimed != unknown->claimed) continue;
        *unknown = *before;
        return sort_and_judge(image);
    }
}

// Only among those that were found to disagree: a push to the first of several registries is no disagreement.
void take_mirrors(const fleet::Mirror& own, const JudgedReference& earlier, const Unseen& unseen, JudgedReference& now) {
    const Finding* before = find(earlier, "mirror-divergence");
    if (before == nullptr || find(now, "mirror-divergence") != nullptr) return;
    std::vector<fleet::Mirror> all{own};
    for (const Evidence& each : before->evidence) {
        const std::string registry = each.detail.substr(0, each.detail.find('/'));
        if (registry == own.registry || unseen.looked_in.contains(registry)) continue;
        const auto digest = unseen.elsewhere.find(registry);
        all.push_back({registry, own.repository, own.tag, digest == unseen.elsewhere.end() ? "" : digest->second});
    }
    std::sort(all.begin(), all.end(), [](const fleet::Mirror& a, const fleet::Mirror& b) { return a.registry < b.registry; });  // as an audit of all has them
    if (const std::optional<Finding> finding = fleet::mirror_finding(own, all)) fleet::add_to_images(now, *finding);
}

void take_alias(const rules::RuleSet& rules, const fleet::Mirror& own, const JudgedReference& earlier, const std::map<std::string, std::string>& tags, JudgedReference& now) {
    const Finding* before = earlier.top == now.top ? find(earlier, "alias-stale") : nullptr;
    if (before == nullptr || !before->component.empty() || find(now, "alias-stale") != nullptr) return;  // with a component it is about the content, which was seen
    std::vector<JudgedReference> others(tags.size());
    std::vector<fleet::SeenReference> seen;
    JudgedReference judged = now;
    seen.push_back({own.registry, own.repository, own.tag, now.top, "", &judged});
    for (const auto& [tag, digest] : tags) seen.push_back({own.registry, own.repository, tag, digest, "", &others[seen.size() - 1]});
    fleet::judge_aliases(rules, seen);
    if (const Finding* still = find(judged, "alias-stale")) fleet::add_to_images(now, *still);
}

// What is under one index is there as long as it is the same one.
void take_platforms(const JudgedReference& earlier, JudgedReference& now) {
    if (earlier.top != now.top) return;
    for (std::size_t place = 0; place < earlier.images.size(); ++place) {
        const ImageReport& each = earlier.images[place];
        if (each.digest.empty()) continue;  // no image, but that none was there for what somebody asked for
        const auto again = std::find_if(now.images.begin(), now.images.end(), [&](const ImageReport& image) { return is_same(image, each); });
        if (again == now.images.end()) {
            now.kept.push_back({place, each});
            continue;
        }
        for (const Finding& finding : each.findings) {
            if ((finding.code != "platform-divergence" && finding.code != "platform-missing") || again->error) continue;
            const bool said = std::any_of(again->findings.begin(), again->findings.end(), [&](const Finding& other) { return other.code == finding.code && other.component == finding.component; });
            if (!said) again->findings.push_back(finding);
        }
        if (!again->error) sort_and_judge(*again);
    }
}

}  // namespace

void take_standing(const rules::RuleSet& rules, const std::string& registry, const std::string& repository, const std::string& tag, const JudgedReference& earlier, const Unseen& unseen,
                   JudgedReference& now) {
    for (ImageReport& image : now.images)
        if (std::find(unseen.parents.begin(), unseen.parents.end(), image.digest) != unseen.parents.end()) take_parent(earlier, image);
    if (now.top.empty()) return;
    const fleet::Mirror own{registry, repository, tag, now.top};
    if (unseen.mirrors) take_mirrors(own, earlier, unseen, now);
    if (unseen.siblings) take_alias(rules, own, earlier, unseen.tags, now);
    if (unseen.platforms) take_platforms(earlier, now);
}

}  // namespace veritag::audit
