#include "judge/levels.h"

#include <algorithm>
#include <iterator>

namespace veritag::judge {
namespace {

// What the level should come with.
std::vector<Finding> missing_of(const CaseView& view, const Claim& claim, const rules::Component& component) {
    std::vector<Finding> findings;
    const auto expected = component.expects.find(claim.version);
    if (expected == component.expects.end()) return findings;
    for (const std::string& name : expected->second) {
        const rules::Component* part = view.rules().find(name);
        if (part == nullptr || view.is_proven(name) || !view.could_hold(name).empty() || !view.facts().problems.empty() || part->could_hold.empty()) continue;
        Finding& finding = findings.emplace_back(make_finding("flavor-mismatch", Severity::warning, claim.component,
            "The flavour " + claim.version + " comes with " + view.title_of(name) + "; it is not in the image."));
        finding.claimed = claim.version;
    }
    return findings;
}

}  // namespace

ClaimVerdict judge_level(const CaseView& view, const Claim& claim, const rules::Component& component, const std::vector<const Observation*>& proofs) {
    const auto rank = [&](const std::string& version) { return std::find(component.levels.begin(), component.levels.end(), version) - component.levels.begin(); };
    const Observation* highest = nullptr;
    for (const Observation* o : proofs)
        if (rank(o->version) < std::ssize(component.levels) && (highest == nullptr || rank(o->version) > rank(highest->version))) highest = o;
    ClaimVerdict verdict = holds(claim);
    if (claim.version.empty()) return verdict;
    if (highest == nullptr) {
        // Where the SDK itself is not there, that is said already.
        const bool sdk_absent = std::any_of(view.input().claims.begin(), view.input().claims.end(),
                                            [&](const Claim& c) { return c.kind == ComponentKind::sdk && !view.is_proven(c.component); });
        return sdk_absent ? verdict : view.unproven(claim, "nothing in the image shows what it is of", view.could_hold(claim.component), component.unproven);
    }
    if (highest->version == claim.version) {
        verdict.findings = missing_of(view, claim, component);
        return verdict;
    }
    if (rank(highest->version) < rank(claim.version) && (!view.absence_is_provable(claim.kind, component) || !view.could_hold(claim.component).empty()))
        return view.unproven(claim, "only " + highest->version + " is proven, and more may be there", highest->evidence, component.unproven);
    Finding& finding = verdict.findings.emplace_back(make_finding("flavor-mismatch", Severity::error, claim.component,
        "The tag claims the flavour " + claim.version + "; the image has what makes " + highest->version + "."));
    finding.claimed = claim.version;
    finding.observed = highest->version;
    finding.evidence = highest->evidence;
    verdict.truth = highest->version;
    return verdict;
}

}  // namespace veritag::judge
