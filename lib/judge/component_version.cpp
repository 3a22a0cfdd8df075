#include "judge/component_version.h"

#include "base/text.h"
#include "model/place.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace veritag::judge {
namespace {

// A release without its service pack makes no tag where tags name both.
bool is_vaguer(const rules::Component& component, const std::string& seen, const std::string& claimed) {
    return component.loose && component.loose->match_all(seen) && !component.loose->match_all(claimed);
}

// Evidence of one installation differs in precision (`12.6` from a library, `12.6.2` from its package): the best of each counts.
std::vector<const Observation*> most_precise(const std::vector<const Observation*>& proofs, const rules::Component& component) {
    std::vector<const Observation*> kept;
    for (const Observation* o : proofs) {
        const bool covered = std::any_of(proofs.begin(), proofs.end(), [&](const Observation* other) {
            return other->version.size() > o->version.size() && !o->version.empty() &&
                   component.compare_versions(o->version, other->version) == rules::Match::holds;
        });
        if (!covered) kept.push_back(o);
    }
    return kept;
}

// `, which it stood for from 2025-06-30 to 2026-04-10`: then nobody moved the tag along.
std::string meant_once(const Claim& claim, const std::string& version) {
    for (std::size_t i = 0; i + 1 < claim.stood_for.size(); ++i)
        if (claim.stood_for[i].second == version)
            return ", which it stood for " + (claim.stood_for[i].first.empty() ? "until " : "from " + claim.stood_for[i].first + " to ") + claim.stood_for[i + 1].first;
    return {};
}

// `latest` may stand for any release, `24.03` for any of that name: another one than the rules know is old news, not a lie.
bool may_float_to(const Claim& claim, const rules::Component& component, const std::string& seen) {
    const std::string named = component.canonical(claim.text);
    const bool names_a_version = !named.empty() && named.front() >= '0' && named.front() <= '9';
    return !names_a_version || component.compare_versions(named, seen) == rules::Match::holds;
}

// `3.10` was claimed and `3.11.6` is there: a right tag says `3.11`. The local part goes the same way.
std::string as_precise_as(const std::string& claimed, const std::string& seen, const rules::Component& component) {
    std::string text = seen;
    if (claimed.find('+') == std::string::npos) text = text.substr(0, text.find('+'));
    const auto dots = static_cast<std::size_t>(std::count(claimed.begin(), claimed.end(), '.'));
    std::size_t end = 0;
    for (std::size_t i = 0; i <= dots && end != std::string::npos; ++i) end = text.find('.', end == 0 ? 0 : end + 1);
    for (const std::string& shorter : {text.substr(0, end), text})
        if (component.compare_versions(shorter, seen) == rules::Match::holds) return shorter;
    return seen;
}

// `alpine319` is 3.19 to its author and 319 to nobody: digits that are more than the first number of what is there may be several numbers.
bool may_be_glued(const Claim& claim, const std::string& seen) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto major = static_cast<std::size_t>(std::find_if_not(seen.begin(), seen.end(), is_digit) - seen.begin());
    return claim.guessed && claim.kind == ComponentKind::os && claim.version.size() > major && std::all_of(claim.version.begin(), claim.version.end(), is_digit);
}

bool is_glued(const std::string& claimed, const std::string& seen) {
    std::string digits;
    for (const std::string_view part : split(seen, '.'))
        if (digits += part; digits == claimed) return true;
    return false;
}

// What may be the component in a place of which nothing tells the version: a program without its headers beside another installation.
// What wheels bundle is theirs, and a system package's files may lie anywhere: where packages alone tell the version, they are all there is.
std::vector<Evidence> unexplained(const CaseView& view, const Claim& claim, const rules::Component& component, const std::vector<const Observation*>& proofs) {
    std::set<std::string> explained;
    bool seen_in_files = false;
    int packaged_up_to = -1;
    for (const Observation* o : proofs)
        for (const Evidence& proof : o->evidence) {
            const bool system = proof.source == EvidenceSource::package && (proof.path.starts_with("var/") || proof.path.starts_with("usr/lib/sysimage/") || proof.path.starts_with("lib/apk/"));
            explained.insert(system ? "usr" : place_of(proof.path));
            seen_in_files = seen_in_files || !system;
            if (system && component.kind == ComponentKind::sdk) packaged_up_to = std::max(packaged_up_to, proof.layer);
        }
    std::vector<Evidence> left;
    if (!seen_in_files) return left;
    for (const Evidence& held : view.could_hold(claim.component)) {
        const bool bundled = held.path.find("/site-packages/") != std::string::npos || held.path.find("/dist-packages/") != std::string::npos;
        if (!bundled && held.layer > packaged_up_to && !explained.contains(place_of(held.path))) left.push_back(held);
    }
    return left;
}

}  // namespace

ClaimVerdict judge_version(const CaseView& view, const Claim& claim, const rules::Component& component, const std::vector<const Observation*>& proofs) {
    ClaimVerdict verdict = holds(claim);
    if (claim.version.empty()) return verdict;
    std::vector<const Observation*> judged = most_precise(proofs, component);
    if (claim.kind == ComponentKind::os) judged.resize(1);
    const auto meets = [&](const Observation* o) {
        return !o->version.empty() && component.compare_versions(claim.version, o->version) == rules::Match::holds;
    };
    if (std::any_of(judged.begin(), judged.end(), meets)) return verdict;
    // What tells no version, or only the front part of the claimed one, neither proves nor disproves the claim.
    const auto vague = std::find_if(judged.begin(), judged.end(), [&](const Observation* o) {
        return o->version.empty() || component.compare_versions(claim.version, o->version) == rules::Match::unclear;
    });
    if (vague != judged.end())
        return view.unproven(claim,
            (*vague)->version.empty() ? "it is there, but nothing in the image tells its version"
            : (*vague)->version.find('+') != std::string::npos ? "the image holds a build from between releases, " + (*vague)->version
                                      : "the image tells no more of its version than " + (*vague)->version,
            (*vague)->evidence, component.unproven);
    if (const std::vector<Evidence> unknown = view.unknown_weights(claim); !unknown.empty())
        return view.unproven(claim, "another model is there, and weights of which nothing tells the model", unknown);
    if (claim.kind != ComponentKind::os && claim.kind != ComponentKind::llm)
        if (const std::vector<Evidence> left = unexplained(view, claim, component, proofs); !left.empty())
            return view.unproven(claim, "another version is there, and files elsewhere of which nothing tells the version", left, component.unproven);
    std::vector<std::string> versions;
    for (const Observation* o : judged) versions.push_back(o->version);
    if (may_be_glued(claim, versions.front())) {
        if (is_glued(claim.version, versions.front())) return verdict;
        return view.unproven(claim, "the image is " + view.title_of(claim.component, versions.front()) + ", and no rule tells what tags of this repository mean", judged.front()->evidence);
    }
    if (claim.floating && judged.size() == 1 && may_float_to(claim, component, versions.front())) {
        Finding& stale = verdict.findings.emplace_back(make_finding("alias-stale", Severity::warning, claim.component,
            "The floating tag stands for " + view.title_of(claim) + "; the image is " + versions.front() +
                meant_once(claim, versions.front()) + "."));
        stale.claimed = claim.version;
        stale.observed = versions.front();
        stale.evidence = judged.front()->evidence;
        return verdict;
    }
    Finding& finding = verdict.findings.emplace_back(make_finding(std::string(to_string(claim.kind)) + "-mismatch", Severity::error, claim.component,
        "The tag claims " + view.title_of(claim) + "; the image holds " +
            with_version(view.title_of(claim.component), list_of(versions)) + "."));
    finding.claimed = claim.version;
    finding.observed = join(versions, ", ");
    for (const Observation* o : judged) append(finding.evidence, o->evidence);
    verdict.truth = as_precise_as(claim.version, versions.front(), component);
    // Of several versions, or of a build between releases, nobody can say which the tag should name.
    if (judged.size() != 1 || verdict.truth->find("dev") != std::string::npos || is_vaguer(component, versions.front(), claim.version)) verdict.certain = false;
    return verdict;
}

}  // namespace veritag::judge
