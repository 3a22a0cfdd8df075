#include "judge/backends.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace veritag::judge {
namespace {

// The directory that an installation lies in: `…/site-packages` of `…/site-packages/torch/version.py` and `…/torch-2.1.0.dist-info/METADATA`.
std::string installation_of(const Evidence& evidence) {
    std::string path = evidence.path;
    for (int i = 0; i < 2; ++i) path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    return path;
}

// A fact that speaks against every installation that meets the claim: one good installation is enough for the tag.
const Fact* refused_everywhere(const CaseView& view, const Claim& framework, const rules::Component& component, const rules::BackendRule& backend) {
    std::map<std::string, const Fact*> refused;
    for (const Fact& fact : view.facts().facts)
        if (fact.component == component.name && std::find(backend.refuses.begin(), backend.refuses.end(), fact.name) != backend.refuses.end())
            refused.emplace(installation_of(fact.evidence), &fact);
    if (refused.empty()) return nullptr;
    const Fact* first = refused.begin()->second;
    for (const Observation* o : view.observed(component.name, true)) {
        if (!framework.version.empty() && component.compare_versions(framework.version, o->version) != rules::Match::holds) continue;
        for (const Evidence& evidence : o->evidence) {
            const auto found = refused.find(installation_of(evidence));
            if (found == refused.end()) return nullptr;
            first = found->second;
        }
    }
    return first;
}

Finding backend_finding(const Claim& framework, const std::string& message, std::optional<std::string> seen, const std::vector<Evidence>& evidence) {
    Finding finding = make_finding("framework-backend", Severity::error, framework.component, message);
    finding.claimed = claimed_text(framework);
    finding.observed = std::move(seen);
    finding.evidence = evidence;
    return finding;
}

// The first number of a version, empty where the text is none.
std::string major_of(const std::string& version) {
    const std::size_t end = std::min(version.find_first_not_of("0123456789"), version.size());
    return end < version.size() && version[end] != '.' ? std::string() : version.substr(0, end);
}

std::string sdk_claimed(const CaseView& view, const rules::BackendRule& backend) {
    const auto& claims = view.input().claims;
    const auto sdk = std::find_if(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.component == backend.sdk; });
    return sdk == claims.end() ? view.title_of(backend.sdk) : view.title_of(*sdk);
}

// A fact that bears the SDK's name says for which of its versions the framework was built. Within one first number SDKs run what was built for
// a lower version. One installation that fits is enough.
const Fact* built_for_other_major(const CaseView& view, const rules::Component& component, const rules::BackendRule& backend) {
    const auto& claims = view.input().claims;
    const auto sdk = std::find_if(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.component == backend.sdk; });
    const std::string claimed = sdk == claims.end() ? std::string() : major_of(sdk->version);
    const Fact* other = nullptr;
    for (const Fact& fact : view.facts().facts) {
        if (fact.component != component.name || fact.name != backend.sdk) continue;
        const std::string built = major_of(fact.value);
        if (claimed.empty() || built.empty() || built == claimed) return nullptr;
        if (other == nullptr) other = &fact;
    }
    return other;
}

void judge_backend(const CaseView& view, const Claim& framework, const rules::Component& component, const rules::BackendRule& backend,
                   std::vector<Finding>& findings) {
    const std::string sdk = view.title_of(backend.sdk);
    const std::string name = view.title_of(component.name);
    if (const Fact* fact = refused_everywhere(view, framework, component, backend))
        return findings.push_back(backend_finding(framework, name + " is built for " + view.title_of(fact->name, fact->value) + ", not for " + sdk + ".",
            with_version(fact->name, fact->value), {fact->evidence}));
    for (const std::string& needed : backend.needs) {
        const rules::Component* plugin = view.rules().find(needed);
        if (plugin == nullptr || view.is_proven(needed) || view.is_claimed(needed)) continue;  // a claimed one is judged as a claim
        if (!view.could_hold(needed).empty() || !view.absence_is_provable(plugin->kind, *plugin)) {
            findings.push_back(view.unproven_finding(framework, "whether it has " + view.title_of(needed) + " for " + sdk + " could not be told", view.could_hold(needed)));
            continue;
        }
        findings.push_back(
            backend_finding(framework, name + " lacks " + view.title_of(needed) + ", without which it does not use " + sdk + ".", std::nullopt, view.proof_of(component.name)));
        return;
    }
    if (backend.needs_any_fact.empty()) return;
    const auto& read = view.facts().facts_read;
    // Facts that are paths need no file to be read: without the path the fact is not so.
    const bool by_path = view.facts().problems.empty() && std::all_of(component.facts.begin(), component.facts.end(), [&](const rules::FactRule& fact) {
        return fact.evidence.from == rules::EvidenceRule::From::path ||
               std::find(backend.needs_any_fact.begin(), backend.needs_any_fact.end(), fact.name) == backend.needs_any_fact.end();
    });
    if (!by_path && std::find(read.begin(), read.end(), component.name) == read.end()) return;
    const auto known = [&](const Fact& fact) {
        return fact.component == component.name &&
               std::find(backend.needs_any_fact.begin(), backend.needs_any_fact.end(), fact.name) != backend.needs_any_fact.end();
    };
    if (std::any_of(view.facts().facts.begin(), view.facts().facts.end(), known)) {
        if (const Fact* fact = built_for_other_major(view, component, backend))
            findings.push_back(backend_finding(framework, name + " is built for " + view.title_of(fact->name, fact->value) + ", not for " + sdk_claimed(view, backend) + ".",
                with_version(fact->name, fact->value), {fact->evidence}));
        return;
    }
    findings.push_back(backend_finding(framework, name + " is built without " + sdk + ".", std::nullopt, view.proof_of(component.name)));
}

}  // namespace

std::vector<Finding> judge_backends(const CaseView& view) {
    std::vector<Finding> findings;
    for (const Claim& framework : view.input().claims) {
        const rules::Component* component = view.rules().find(framework.component);
        if (component == nullptr || !view.is_proven(framework.component)) continue;
        for (const rules::BackendRule& backend : component->backends)
            if (view.is_claimed(backend.sdk)) judge_backend(view, framework, *component, backend, findings);
    }
    return findings;
}

}  // namespace veritag::judge
