#include "judge/component_version.h"

#include "base/text.h"

#include <algorithm>
#include <optional>
#include <string>

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
    std::vector<std::string> versions;
    for (const Observation* o : judged) versions.push_back(o->version);
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
