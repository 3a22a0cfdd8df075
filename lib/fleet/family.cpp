#include "fleet/family.h"

#include "fleet/chain_id.h"
#include "tag/tag.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace veritag::fleet {
namespace {

constexpr std::size_t kMostShown = 16;  // ancestors in a report; a base image has many names

std::string name_of(const Member& member) { return (member.registry.empty() ? "" : member.registry + '/') + member.repository + ':' + member.tag; }

// Only what the layers themselves prove: a config may name any diff_ids.
bool is_verified(const ImageReport& image) {
    const bool forged = std::any_of(image.findings.begin(), image.findings.end(), [](const Finding& finding) { return finding.code == "parent-forged"; });
    return !image.error && !forged && image.partial_layers.empty() && !image.diff_ids.empty();
}

// A claim about what is inside, made by the tag alone and for good.
bool is_firm(const Claim& claim) { return !claim.version.empty() && !claim.floating && !claim.guessed; }

std::vector<std::string> proven_versions(const ImageReport& image, const std::string& component) {
    std::vector<std::string> versions;
    for (const Observation& each : image.observed)
        if (each.component == component && each.proof && !each.version.empty()) versions.push_back(each.version);
    return versions;
}

bool is_missing(const ImageReport& image, const std::string& component) {
    return std::any_of(image.findings.begin(), image.findings.end(), [&](const Finding& finding) { return finding.component == component && finding.code.ends_with("-missing"); });
}

// A time of which nobody believes that an image was made then is what builders write for "always the same": the first engine is of 2013.
bool is_told(const std::optional<std::chrono::sys_seconds>& created) {
    constexpr std::chrono::sys_days kFirstEngine = std::chrono::year{2013} / 3 / 20;
    return created && *created >= kFirstEngine;
}

// Operating system and architecture; images of one machine are published with and without its variant.
bool is_same_machine(std::string_view a, std::string_view b) {
    const auto machine = [](std::string_view platform) {
        const std::size_t architecture = platform.find('/');
        return architecture == std::string_view::npos ? platform : platform.substr(0, platform.find('/', architecture + 1));
    };
    return machine(a) == machine(b);
}

std::string title(const rules::RuleSet& rules, const std::string& component, const std::string& version) {
    const rules::Component* known = rules.find(component);
    return (known != nullptr && !known->title.empty() ? known->title : component) + ' ' + version;
}

std::string list(const rules::RuleSet& rules, const std::vector<std::pair<std::string, std::string>>& wanted) {
    std::string text;
    for (const auto& [component, version] : wanted) text += (text.empty() ? "" : " with ") + title(rules, component, version);
    return text;
}

// `nearest` by its tag says what it is; `below` is the nearest of all.
std::string unknown_parent(const Member* nearest, const Member* below_it, bool unseen, bool later, const std::string& wanted) {
    if (below_it == nullptr) return "No published image was found below this one: it was squashed, or its parent is not published here.";
    if (nearest == nullptr) return "No published image below this one has a tag that says what it is; the nearest is " + name_of(*below_it) + ".";
    const std::string below = "; the nearest below this one is " + name_of(*nearest) + ".";
    if (unseen) return "What is published here as " + wanted + " could not be read, or was not looked at this time" + below;
    if (later) return "What was published here as " + wanted + " when this image was built is not known" + below;
    return "No image with " + wanted + " that could be read is published here" + below;
}

}  // namespace

void Family::add(Member member) {
    members_.push_back(std::make_unique<const Member>(std::move(member)));
    const Member& added = *members_.back();
    by_chain_.emplace(added.chain_id, &added);
    claims_.emplace(&added, tags_.of(added.registry, added.repository, added.tag));
}

void Family::add_unread(const std::string& registry, const std::string& repository, const std::string& tag) { unread_.push_back(tags_.of(registry, repository, tag)); }

std::shared_ptr<const TagClaims::Claims> TagClaims::of(const std::string& registry, const std::string& repository, const std::string& tag) {
    constexpr std::size_t kMost = 200'000;  // tags; some hundred bytes each
    const std::string name = registry + '/' + repository + ':' + tag;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(name); known != known_.end()) return known->second;
    }
    auto claims = std::make_shared<Claims>();
    for (Claim& claim : tag::read_tag(rules_, registry, repository, tag).claims) claims->emplace(claim.component, std::move(claim));
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMost) known_.clear();
    return known_.try_emplace(name, std::move(claims)).first->second;
}

std::vector<Family::Kin> Family::ancestors_of(const ImageReport& image) const {
    const std::vector<std::string> chains = chain_ids(image.diff_ids);
    std::vector<Kin> all;
    for (std::size_t layers = chains.size(); layers > 0; --layers) {
        Kin kin{.layers = layers, .members = {}};
        const auto [begin, end] = by_chain_.equal_range(chains[layers - 1]);
        for (auto each = begin; each != end; ++each) {
            const Member& member = *each->second;
            if (member.layers != layers) continue;
            // The same layers: another name of the image, unless it lies in another repository, which may be what the image changes only settings of.
            if (layers == chains.size() && member.repository == image.repository) continue;
            kin.members.push_back(&member);
        }
        if (kin.members.empty()) continue;
        std::sort(kin.members.begin(), kin.members.end(), [&](const Member* a, const Member* b) {
            // Of several names the one that says least is the base's: `openeuler:22.03-lts-sp3`, and not what was published of it unchanged.
            const auto rank = [&](const Member& each) {
                const Claims& claims = claims_of(each);
                const bool says = std::any_of(claims.begin(), claims.end(), [](const auto& claim) { return is_firm(claim.second); });
                return std::tuple(each.registry != image.registry, !each.current, !says, claims.size(), name_of(each), each.manifest);
            };
            return rank(*a) < rank(*b);
        });
        all.push_back(std::move(kin));
    }
    return all;
}

bool Family::equal(const std::string& component, const std::string& a, const std::string& b) const {
    const rules::Component* known = rules_.find(component);
    if (known == nullptr) return a == b;
    return known->compare_versions(a, b) == rules::Match::holds || known->compare_versions(b, a) == rules::Match::holds;
}

bool Family::makes(const Claims& claims, const std::vector<std::pair<std::string, std::string>>& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
        const auto claim = claims.find(each.first);
        return claim != claims.end() && !claim->second.guessed && equal(each.first, each.second, claim->second.version);
    });
}

// A tag of a tier above: it was built on such an image, and is none. A tool beside the tier is no tier.
bool Family::claims_more(const Claims& claims, const std::vector<std::pair<std::string, std::string>>& wanted) {
    return std::any_of(claims.begin(), claims.end(), [&](const auto& each) {
        const Claim& claim = each.second;
        const bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const auto& other) { return other.first == claim.component; });
        return !is_wanted && (claim.kind != ComponentKind::tool || claim.from_repository);
    });
}

// Whether the image could have been built on a published one that makes these claims. One that is younger cannot be what it should have
// been built on: there may have been another before, which nobody saw. Times are what builders say; where one says none, nothing follows.
Family::Published Family::published(const ImageReport& image, const std::vector<std::pair<std::string, std::string>>& wanted) const {
    Published answer = Published::no;
    for (const auto& member : members_) {
        if (!is_same_machine(member->platform, image.platform) || !makes(claims_of(*member), wanted) || claims_more(claims_of(*member), wanted)) continue;
        if (is_told(member->created) && is_told(image.created) && *member->created <= *image.created) return Published::before;
        answer = Published::later;
    }
    return answer;
}

// The nearest stack of layers that claims a component decides, and only where all its firm names say otherwise: one of several names
// may itself be the lie. What it says must be so in the image still: an ancestor that lies about itself accuses nobody. Where nothing in the
// image tells, as in a distroless one, the ancestor's word stands.
const Member* Family::contradicting(const ImageReport& image, const std::vector<Kin>& ancestors, const Claim*& claim, std::string& says) const {
    for (const Claim& each : image.claims) {
        if (!is_firm(each) || each.from_repository) continue;
        const std::vector<std::string> seen = proven_versions(image, each.component);
        const auto is_seen = [&](const std::string& version) { return std::any_of(seen.begin(), seen.end(), [&](const std::string& one) { return equal(each.component, version, one); }); };
        if (is_seen(each.version) || is_missing(image, each.component)) continue;
        for (const Kin& kin : ancestors) {
            if (kin.layers >= image.diff_ids.size()) continue;
            const Member* other = nullptr;
            bool agrees = false;
            for (const Member* member : kin.members) {
                const auto theirs = claims_of(*member).find(each.component);
                if (theirs == claims_of(*member).end() || !is_firm(theirs->second)) continue;
                if (equal(each.component, each.version, theirs->second.version))
                    agrees = true;
                else if (other == nullptr && (seen.empty() || is_seen(theirs->second.version)))
                    other = member;
            }
            if (agrees) break;
            if (other == nullptr) continue;  // says nothing of it, or what is not so
            claim = &each;
            says = claims_of(*other).at(each.component).version;
            return other;
        }
    }
    return nullptr;
}

bool Family::judge(ImageReport& image) const {
    if (!is_verified(image)) return false;
    const std::vector<Kin> ancestors = ancestors_of(image);
    for (const Kin& kin : ancestors)
        for (const Member* member : kin.members)
            if (kin.layers < image.diff_ids.size() && image.lineage.size() < kMostShown)
                image.lineage.push_back({.reference = name_of(*member), .digest = member->manifest, .layers = member->layers, .current = member->current});

    const tag::Reading reading = tag::read_tag(rules_, image.registry, image.repository, image.tag);
    std::vector<std::pair<std::string, std::string>> wanted = reading.expected_parents;
    std::erase_if(wanted, [](const auto& each) { return each.second.empty(); });
    const bool moving = std::any_of(reading.claims.begin(), reading.claims.end(), [](const Claim& claim) { return claim.floating; });
    if (!reading.readable || wanted.empty() || moving) return false;

    const auto evidence = [](const Member& member) {
        return std::vector<Evidence>{{.source = EvidenceSource::history, .path = "", .layer = static_cast<int>(member.layers) - 1, .diff_id = "",
                                      .detail = std::to_string(member.layers) + (member.layers == 1 ? " layer of " : " layers of ") + name_of(member) + "@" + member.manifest}};
    };
    std::optional<Finding> finding;
    const Claim* claim = nullptr;
    std::string says;
    bool unseen = false;
    if (const Member* other = contradicting(image, ancestors, claim, says)) {
        finding = Finding{.code = "parent-mismatch", .severity = Severity::error, .component = claim->component, .claimed = claim->version, .observed = says,
                          .message = "The image is built on " + name_of(*other) + ", which says " + title(rules_, claim->component, says) + ", not " + claim->version + ".", .evidence = evidence(*other)};
    } else {
        std::vector<const Member*> right;
        const Member* nearest = nullptr;
        const Member* below = nullptr;
        for (const Kin& kin : ancestors)
            for (const Member* member : kin.members) {
                if (makes(claims_of(*member), wanted)) right.push_back(member);
                const Claims& claims = claims_of(*member);
                if (below == nullptr && kin.layers < image.diff_ids.size()) below = member;
                if (nearest == nullptr && kin.layers < image.diff_ids.size() && std::any_of(claims.begin(), claims.end(), [](const auto& each) { return is_firm(each.second); })) nearest = member;
            }
        const auto& [component, version] = wanted.front();
        const auto upgraded = [&] {
            auto rest = wanted;
            std::erase_if(rest, [&](const auto& each) {
                const rules::Component* known = rules_.find(each.first);
                if (known == nullptr || known->kind != ComponentKind::os) return false;
                const std::vector<std::string> seen = proven_versions(image, each.first);
                return std::any_of(seen.begin(), seen.end(), [&](const std::string& one) { return equal(each.first, each.second, one); });
            });
            if (rest.size() == wanted.size()) return false;
            if (rest.empty()) return nearest != nullptr;
            return std::any_of(ancestors.begin(), ancestors.end(), [&](const Kin& kin) { return std::any_of(kin.members.begin(), kin.members.end(), [&](const Member* each) { return makes(claims_of(*each), rest); }); });
        };
        const Published where = right.empty() ? published(image, wanted) : Published::before;
        unseen = right.empty() && std::any_of(unread_.begin(), unread_.end(), [&](const auto& each) { return makes(*each, wanted); });
        if (!right.empty()) {
            const bool any_here = std::any_of(right.begin(), right.end(), [&](const Member* each) { return each->registry == image.registry; });
            if (any_here) std::erase_if(right, [&](const Member* each) { return each->registry != image.registry; });
            const bool stale = std::none_of(right.begin(), right.end(), [](const Member* each) { return each->current || each->gone; });
            if (stale)
                finding = Finding{.code = "parent-stale", .severity = Severity::warning, .component = component, .claimed = version, .observed = std::nullopt,
                                  .message = "The image is built on an older build of " + name_of(*right.front()) + ", which has been published anew since; build it again.",
                                  .evidence = evidence(*right.front())};
        } else if (upgraded()) {
            // An operating system that a later layer brought to the claimed release is what was claimed.
        } else if (nearest != nullptr && where == Published::before && !unseen) {
            finding = Finding{.code = "parent-mismatch", .severity = Severity::error, .component = component, .claimed = version, .observed = std::nullopt,
                              .message = "None of the published images below this one is " + list(rules_, wanted) + "; the nearest is " + name_of(*nearest) + ".", .evidence = evidence(*nearest)};
        } else {
            finding = Finding{.code = "parent-unknown", .severity = Severity::info, .component = component, .claimed = version, .observed = std::nullopt,
                              .message = unknown_parent(nearest, below, unseen, where == Published::later, list(rules_, wanted)),
                              .evidence = {}};
        }
    }
    if (!finding) return unseen;
    if (image.configs_only && finding->severity != Severity::info) {
        finding->code = "unproven";
        finding->severity = Severity::warning;
        finding->message = "By the configs alone, which prove nothing: " + finding->message;
    }
    image.findings.push_back(std::move(*finding));
    sort_worst_first(image.findings);
    image.verdict = verdict_of(image.findings);
    return unseen;
}

}  // namespace veritag::fleet
