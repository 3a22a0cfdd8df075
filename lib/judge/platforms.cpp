#include "judge/platforms.h"

#include "base/text.h"

#include <algorithm>
#include <set>

namespace veritag::judge {
namespace {

constexpr std::size_t kMostVersions = 16;  // of one component: an image with more of them tells nothing, and all are compared with all

std::vector<const Observation*> proven(const ImageReport& image, const rules::Component& component) {
    std::vector<const Observation*> found;
    for (const Observation& o : image.observed)
        if (o.component == component.name && o.proof && !o.version.empty()) found.push_back(&o);
    // Of levels only the highest tells what the image is.
    const auto rank = [&](const Observation* o) { return std::find(component.levels.begin(), component.levels.end(), o->version) - component.levels.begin(); };
    if (!component.levels.empty() && !found.empty())
        found = {*std::max_element(found.begin(), found.end(), [&](const Observation* a, const Observation* b) { return rank(a) < rank(b); })};
    return found;
}

// The tag's own claim sets how exact the platforms must agree: both Python 3.10.12 and 3.10.14 are what `python3.10` says.
bool meets_claim(const rules::Component& component, const ImageReport& image, const std::vector<const Observation*>& seen) {
    for (const Claim& claim : image.claims) {
        if (claim.component != component.name || claim.version.empty()) continue;
        const auto holds = [&](const Observation* o) { return component.compare_versions(claim.version, o->version) == rules::Match::holds; };
        if (std::any_of(seen.begin(), seen.end(), holds)) return true;
    }
    return false;
}

bool agree(const rules::Component& component, const Observation& a, const Observation& b) {
    using rules::Match;
    return component.compare_versions(a.version, b.version) != Match::differs || component.compare_versions(b.version, a.version) != Match::differs;
}

std::string versions_of(const std::vector<const Observation*>& list) {
    std::vector<std::string> versions;
    for (const Observation* o : list) versions.push_back(o->version);
    return join(versions, ", ");
}

// What an image is known by: what its tag names, and what it is built on.
std::set<std::string> compared_components(const std::vector<ImageReport>& images) {
    std::set<std::string> names;
    for (const ImageReport& image : images) {
        for (const Claim& claim : image.claims) names.insert(claim.component);
        for (const Observation& o : image.observed)
            if (o.kind == ComponentKind::os || o.kind == ComponentKind::sdk || o.kind == ComponentKind::framework) names.insert(o.component);
    }
    return names;
}

// An index may list one platform twice.
std::string name_of(const std::vector<ImageReport>& images, std::size_t which) {
    const ImageReport& image = images[which];
    const auto same = std::count_if(images.begin(), images.end(), [&](const ImageReport& each) { return each.platform == image.platform; });
    return same < 2 ? image.platform : image.platform + " (" + image.digest + ")";
}

void compare_component(const rules::Component& component, std::vector<ImageReport>& images, std::size_t mine) {
    const auto own = proven(images[mine], component);
    if (own.empty() || own.size() > kMostVersions) return;  // absence is judged by itself
    std::vector<std::string> others;
    std::vector<Evidence> evidence;
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (i == mine || images[i].error) continue;
        const auto theirs = proven(images[i], component);
        const auto agrees = [&](const Observation* a) { return std::any_of(theirs.begin(), theirs.end(), [&](const Observation* b) { return agree(component, *a, *b); }); };
        if (meets_claim(component, images[mine], own) && meets_claim(component, images[i], theirs)) continue;
        if (theirs.empty() || theirs.size() > kMostVersions || std::any_of(own.begin(), own.end(), agrees)) continue;
        others.push_back(versions_of(theirs) + " on " + name_of(images, i));
        for (const Observation* o : own)
            for (const Evidence& item : o->evidence)
                if (evidence.size() < 3 && std::find(evidence.begin(), evidence.end(), item) == evidence.end()) evidence.push_back(item);
    }
    if (others.empty()) return;
    images[mine].findings.push_back({.code = "platform-divergence",
                                     .severity = Severity::error,
                                     .component = component.name,
                                     .claimed = join(others, "; "),
                                     .observed = versions_of(own),
                                     .message = "One tag, and not one content: " + component.title + " is " + versions_of(own) + " on " + name_of(images, mine) + ", but " +
                                                join(others, ", ") + ".",
                                     .evidence = std::move(evidence),
                                     .suggestion = std::nullopt});
}

void add_missing(std::vector<ImageReport>& images) {
    for (const ImageReport& absent : images) {
        if (!absent.manifest_absent) continue;
        const std::string platform = absent.platform.empty() ? "a platform without a name" : absent.platform;
        for (ImageReport& image : images) {
            if (image.error) continue;
            image.findings.push_back({.code = "platform-missing",
                                      .severity = Severity::warning,
                                      .component = "",
                                      .claimed = platform,
                                      .observed = std::nullopt,
                                      .message = "The index promises " + platform + " (" + absent.digest + "), and the " + (absent.registry.empty() ? "layout" : "registry") + " does not have it.",
                                      .evidence = {},
                                      .suggestion = std::nullopt});
        }
    }
}

}  // namespace

void compare_platforms(const rules::RuleSet& rules, std::vector<ImageReport>& images) {
    if (images.size() < 2) return;
    for (const std::string& name : compared_components(images)) {
        const rules::Component* component = rules.find(name);
        for (std::size_t i = 0; component != nullptr && i < images.size(); ++i)
            if (!images[i].error) compare_component(*component, images, i);
    }
    add_missing(images);
    for (ImageReport& image : images) {
        if (image.error) continue;
        sort_worst_first(image.findings);
        image.verdict = verdict_of(image.findings);
    }
}

}  // namespace veritag::judge
