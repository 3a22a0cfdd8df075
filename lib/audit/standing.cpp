#include "audit/standing.h"

#include "fleet/references.h"

#include <algorithm>

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

// Its layers are the same, and what lay below them when it was built cannot have changed since. A parent that says another thing than the tag
// is found without those that were not read.
void take_parent(const JudgedReference& earlier, ImageReport& image) {
    const auto unknown = std::find_if(image.findings.begin(), image.findings.end(), [](const Finding& each) { return each.code == "parent-unknown"; });
    if (image.error || unknown == image.findings.end()) return;
    for (const ImageReport& each : earlier.images) {
        const Finding* before = each.digest == image.digest && each.platform == image.platform ? find(each, "parent-mismatch") : nullptr;
        if (before == nullptr || before->observed || before->component != unknown->component || before->claimed != unknown->claimed) continue;
        *unknown = *before;
        sort_worst_first(image.findings);
        image.verdict = verdict_of(image.findings);
        return;
    }
}

void take_mirrors(const std::string& name, const JudgedReference& earlier, const std::vector<std::string>& elsewhere, JudgedReference& now) {
    const Finding* before = find(earlier, "mirror-divergence");
    if (before == nullptr || find(now, "mirror-divergence") != nullptr) return;
    Finding finding = *before;
    if (finding.claimed) {  // another digest, and not only a tag that is missing there
        const auto other = std::find_if(elsewhere.begin(), elsewhere.end(), [&](const std::string& each) { return each != now.top; });
        if (other == elsewhere.end()) return;
        finding.claimed = *other;
        finding.observed = now.top;
    }
    for (Evidence& each : finding.evidence)
        if (each.detail.starts_with(name + " is ")) each.detail = name + " is " + now.top;
    fleet::add_to_images(now, finding);
}

void take_alias(const JudgedReference& earlier, JudgedReference& now) {
    const Finding* before = earlier.top == now.top ? find(earlier, "alias-stale") : nullptr;
    if (before != nullptr && find(now, "alias-stale") == nullptr) fleet::add_to_images(now, *before);
}

}  // namespace

void take_standing(const std::string& name, const JudgedReference& earlier, const Unseen& unseen, JudgedReference& now) {
    for (ImageReport& image : now.images)
        if (std::find(unseen.parents.begin(), unseen.parents.end(), image.digest) != unseen.parents.end()) take_parent(earlier, image);
    if (now.top.empty()) return;
    if (unseen.mirrors) take_mirrors(name, earlier, unseen.elsewhere, now);
    if (unseen.siblings) take_alias(earlier, now);
}

}  // namespace veritag::audit
