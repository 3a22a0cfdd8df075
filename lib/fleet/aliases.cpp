#include "fleet/aliases.h"

#include "fleet/newest.h"
#include "tag/tag.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

namespace veritag::fleet {
namespace {

struct Named {
    SeenReference* reference;
    std::vector<Claim> claims;
    bool alias;
};

// The claim for which the repository stands: what moves when there is a new version.
const Claim* main_claim(const std::vector<Claim>& claims) { return claims.empty() ? nullptr : &claims.front(); }

bool is_release(const std::string& version) {
    // An alias does not move to release candidates: `latest` beside a newer `2.0rc1` is right.
    std::string low = version;
    std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view word : {"rc", "alpha", "beta", "dev"})
        if (low.find(word) != std::string::npos) return false;
    return true;
}

// An index that lists the same images in another order is another digest, and nothing else.
bool is_same(const SeenReference& a, const SeenReference& b) {
    if (a.top == b.top) return true;
    const auto images = [](const SeenReference& each) {
        std::multiset<std::string> digests;
        for (const ImageReport& image : each.judged->images) digests.insert(image.digest);
        return digests;
    };
    const std::multiset<std::string> mine = images(a);
    return !mine.empty() && !mine.contains("") && mine == images(b);
}

void accuse(SeenReference& alias, const std::string& version, const SeenReference& right) {
    add_to_images(*alias.judged, {.code = "alias-stale", .severity = Severity::warning, .component = "", .claimed = right.top, .observed = alias.top,
                                  .message = "The tag stands for " + version + ", but it is not the image of " + right.repository + ':' + right.tag + ".", .evidence = {}});
}

void judge_repository(const rules::RuleSet& rules, const std::vector<Named>& all) {
    for (const Named& alias : all) {
        if (!alias.alias || alias.reference->top.empty()) continue;
        const Claim* stands_for = main_claim(alias.claims);
        if (stands_for == nullptr) continue;
        const rules::Component* component = rules.find(stands_for->component);
        std::vector<const Named*> right;  // what it may be
        std::string version = stands_for->version;
        for (const Named& each : all) {
            const Claim* claim = main_claim(each.claims);
            if (each.alias || claim == nullptr || claim->component != stands_for->component || claim->version.empty()) continue;
            if (!stands_for->version.empty()) {
                const bool same = component == nullptr ? claim->version == stands_for->version : component->compare_versions(stands_for->version, claim->version) == rules::Match::holds;
                if (same) right.push_back(&each);
                continue;
            }
            if (!is_release(claim->version)) continue;
            const std::strong_ordering age = right.empty() ? std::strong_ordering::greater : compare_age(claim->version, version);
            if (age > 0) right.clear();
            if (age >= 0) {
                right.push_back(&each);
                version = claim->version;
            }
        }
        // One that could not be read may be the right one.
        if (right.empty() || std::any_of(right.begin(), right.end(), [&](const Named* each) { return each->reference->top.empty() || is_same(*each->reference, *alias.reference); })) continue;
        accuse(*alias.reference, version, *right.front()->reference);
    }
}

}  // namespace

bool is_alias(const std::vector<Claim>& claims) {
    return std::any_of(claims.begin(), claims.end(), [](const Claim& claim) { return claim.floating; }) ||
           (!claims.empty() && std::all_of(claims.begin(), claims.end(), [](const Claim& claim) { return claim.version.empty() && claim.from_repository; }));
}

void judge_aliases(const rules::RuleSet& rules, std::vector<SeenReference>& references) {
    std::map<std::pair<std::string, std::string>, std::vector<Named>> by_repository;
    for (SeenReference& each : references) {
        // An image that was judged has them already.
        const auto& images = each.judged->images;
        const bool judged = !images.empty() && !images.front().grammar.empty();
        std::vector<Claim> claims = judged ? images.front().claims : tag::read_tag(rules, each.registry, each.repository, each.tag).claims;
        const bool alias = is_alias(claims);
        by_repository[{each.registry, each.repository}].push_back({&each, std::move(claims), alias});
    }
    for (const auto& [name, all] : by_repository) judge_repository(rules, all);
}

}  // namespace veritag::fleet
