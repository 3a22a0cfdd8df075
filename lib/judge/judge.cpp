#include "judge/judge.h"

#include "base/text.h"
#include "judge/application.h"
#include "judge/architectures.h"
#include "judge/backends.h"
#include "judge/case_view.h"
#include "judge/component_version.h"
#include "judge/development.h"
#include "judge/integrity.h"
#include "judge/levels.h"
#include "judge/package_origin.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace veritag::judge {
namespace {

using rules::Component;
using Proofs = std::vector<const Observation*>;

// For the operating system the strongest evidence decides, unless other evidence says of the claim what it does not: a file may have been
// edited, or be left from before an upgrade.
std::optional<ClaimVerdict> contradicts_itself(const CaseView& view, const Claim& claim, const Component& component, const Proofs& proofs) {
    const Observation& strongest = *proofs.front();
    if (claim.version.empty() || strongest.version.empty()) return std::nullopt;
    const rules::Match match = component.compare_versions(claim.version, strongest.version);
    if (match == rules::Match::unclear) return std::nullopt;
    const rules::Match contrary = match == rules::Match::holds ? rules::Match::differs : rules::Match::holds;
    for (const Observation* other : proofs) {
        if (other->version.empty() || component.compare_versions(claim.version, other->version) != contrary) continue;
        std::vector<Evidence> evidence = strongest.evidence;
        append(evidence, other->evidence);
        return view.unproven(claim, "the image says both " + strongest.version + " and " + other->version + " of itself", evidence);
    }
    return std::nullopt;
}

// Files of another system beside the claimed one's: the image says to be both, so neither is proven.
std::optional<ClaimVerdict> is_another_too(const CaseView& view, const Claim& claim, const Component& component, const Proofs& proofs) {
    const Observation& strongest = *proofs.front();
    if (!claim.version.empty() && !strongest.version.empty() && component.compare_versions(claim.version, strongest.version) != rules::Match::holds) return std::nullopt;
    for (const Observation& o : view.facts().observations) {
        if (o.kind != ComponentKind::os || !o.proof || view.is_claimed(o.component)) continue;
        const Component* other = view.rules().find(o.component);
        if (other == nullptr || !other->exclusive) continue;
        std::vector<Evidence> evidence = strongest.evidence;
        append(evidence, o.evidence);
        return view.unproven(claim, "the image says to be " + view.title_of(o.component, o.version) + " as well", evidence);
    }
    return std::nullopt;
}

// Another system or another model is proof enough that the claimed one is not what is there.
std::optional<ClaimVerdict> other_of_its_kind(const CaseView& view, const Claim& claim) {
    if (claim.kind != ComponentKind::os && claim.kind != ComponentKind::llm) return std::nullopt;
    std::vector<std::string> names;
    std::vector<Evidence> evidence;
    for (const Observation& o : view.facts().observations) {
        if (o.kind != claim.kind || !o.proof || view.is_claimed(o.component)) continue;
        if (const Component* other = view.rules().find(o.component); other != nullptr && !other->exclusive) continue;
        names.push_back(view.title_of(o.component, o.version));
        append(evidence, o.evidence);
    }
    if (names.empty()) return std::nullopt;
    // They may be the claimed one, beside a draft model or one for embeddings.
    if (const std::vector<Evidence> unknown = view.unknown_weights(claim); !unknown.empty())
        return view.unproven(claim, "another model is there, and weights of which nothing tells the model", unknown);
    Finding finding = make_finding(std::string(to_string(claim.kind)) + "-mismatch", Severity::error, claim.component,
        "The tag claims " + view.title_of(claim) + "; the image " +
            (claim.kind == ComponentKind::os ? "is " : "holds ") + list_of(names) + ".");
    finding.claimed = claimed_text(claim);
    finding.observed = join(names, ", ");
    finding.evidence = std::move(evidence);
    return ClaimVerdict{.findings = {finding}, .truth = claim.version, .certain = false};
}

ClaimVerdict absent(const CaseView& view, const Claim& claim, const Component& component) {
    const auto placeholder = view.facts().placeholders.find(claim.component);
    const std::vector<const Observation*> named = view.observed(claim.component, false);
    if (placeholder == view.facts().placeholders.end() && !named.empty())
        return view.unproven(claim, "only the image's own settings name it, and settings prove nothing", named.front()->evidence, component.unproven);
    if (const std::vector<Evidence>& paths = view.could_hold(claim.component); !paths.empty())
        return view.unproven(claim, "files that may belong to it are there, but none that proves it", paths, component.unproven);
    if (!view.absence_is_provable(claim.kind, component))
        return view.unproven(claim, view.facts().problems.empty() ? "nothing in the image proves or disproves it" : "parts of the image could not be read", {}, component.unproven);
    // A program that carries its CUDA inside says `cuda12.4`, too, and systems that no rule knows bear their parent's names (Raspbian is a `bullseye`).
    if (claim.guessed)
        return view.unproven(claim, "it is not in the image, and no rule tells what tags of this repository mean", {}, component.unproven);
    Finding finding = make_finding(std::string(to_string(claim.kind)) + "-missing", Severity::error, claim.component,
        "The tag claims " + view.title_of(claim) + "; " +
            (claim.kind == ComponentKind::os ? "nothing in the image is of it." : "it is not in the image."));
    finding.claimed = claimed_text(claim);
    if (claim.kind != ComponentKind::os && !component.could_hold.empty()) {
        finding.message.pop_back();
        finding.message += ": nothing lies at " + component.could_hold.front();
        for (std::size_t i = 1; i < std::min<std::size_t>(component.could_hold.size(), 3); ++i) finding.message += ", " + component.could_hold[i];
        finding.message += component.could_hold.size() > 3 ? " or where else it could be." : ".";
    }
    if (placeholder != view.facts().placeholders.end()) {
        finding.evidence = placeholder->second;
        finding.message = "The tag claims " + view.title_of(claim.component) + "; its files are only placeholders without content.";
    }
    return {.findings = {finding}, .truth = std::nullopt, .certain = claim.kind != ComponentKind::os};
}

ClaimVerdict judge_claim(const CaseView& view, const Claim& claim) {
    const Component* component = view.rules().find(claim.component);
    const Proofs proofs = view.observed(claim.component, true);
    if (claim.kind == ComponentKind::app && (component == nullptr || proofs.empty())) return judge_application(view, claim);
    if (component == nullptr) return view.unproven(claim, "no rule knows it", {}, Severity::info);
    if (!component->levels.empty()) return judge_level(view, claim, *component, proofs);
    if (proofs.empty()) {
        const bool placeholders = view.facts().placeholders.contains(claim.component);
        const std::optional<ClaimVerdict> other = placeholders ? std::nullopt : other_of_its_kind(view, claim);
        return other ? *other : absent(view, claim, *component);
    }
    if (claim.kind == ComponentKind::os) {
        if (const auto verdict = contradicts_itself(view, claim, *component, proofs)) return *verdict;
        if (const auto verdict = is_another_too(view, claim, *component, proofs)) return *verdict;
    }
    return judge_version(view, claim, *component, proofs);
}

// No tag of this form names both.
std::vector<Finding> foreign_sdks(const CaseView& view) {
    std::vector<Finding> findings;
    std::set<std::string> vendors;
    for (const Claim& claim : view.input().claims)
        if (const Component* sdk = view.rules().find(claim.component); claim.kind == ComponentKind::sdk && sdk != nullptr) vendors.insert(sdk->vendor);
    if (vendors.empty()) return findings;
    for (const Observation& o : view.facts().observations) {
        const Component* sdk = view.rules().find(o.component);
        if (o.kind != ComponentKind::sdk || !o.proof || sdk == nullptr || vendors.contains(sdk->vendor)) continue;
        Finding& finding = findings.emplace_back(make_finding("sdk-foreign", Severity::error, o.component,
            view.title_of(o.component, o.version) + " is installed, an SDK for other hardware than the tag claims."));
        finding.observed = o.version.empty() ? o.component : o.version;
        finding.evidence = o.evidence;
    }
    return findings;
}

}  // namespace

Judgement judge(const rules::RuleSet& rules, const Case& input) {
    const CaseView view(rules, input);
    Judgement judgement;
    std::map<std::string, std::optional<std::string>> truth;
    bool certain = true;
    const auto take = [&](std::vector<Finding> findings) { std::move(findings.begin(), findings.end(), std::back_inserter(judgement.findings)); };
    // After any of these nobody knows what a right tag says.
    const auto take_doubts = [&](std::vector<Finding> findings) {
        certain = certain && findings.empty();
        take(std::move(findings));
    };

    for (const Claim& claim : input.claims) {
        ClaimVerdict verdict = judge_claim(view, claim);
        take(std::move(verdict.findings));
        certain = certain && verdict.certain;
        truth[claim.component] = std::move(verdict.truth);
    }
    if (input.claims.empty() && input.readable) take({make_finding("unproven", Severity::warning, "", "The tag claims nothing that can be judged.")});
    take_doubts(foreign_sdks(view));
    take_doubts(judge_backends(view));
    DevelopmentVerdict development = judge_development(view);
    take(std::move(development.findings));
    certain = certain && development.certain;
    judgement.dev = development.truth;
    take(judge_architectures(view));
    take(foreign_packages(rules, input.facts));
    take(judge_forgery(input));
    take_doubts(judge_problems(input));

    sort_worst_first(judgement.findings);
    if (certain) judgement.truth = std::move(truth);
    return judgement;
}

}  // namespace veritag::judge
