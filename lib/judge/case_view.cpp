#include "judge/case_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace veritag::judge {

namespace {

std::string_view directory_of(std::string_view path) { return path.substr(0, path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/')); }

// What lies in the directory that proves a model is of that model; a GGUF file is a model of its own.
bool belongs_to_model(std::string_view path, std::string_view proof) {
    if (path == proof) return true;
    if (path.ends_with(".gguf") || proof.ends_with(".gguf")) return false;
    std::string_view home = directory_of(proof);
    if (proof.ends_with("/.git/config")) home = directory_of(home);
    const bool weights = path.ends_with(".safetensors") || path.ends_with(".bin") || path.ends_with(".pth");
    return weights ? directory_of(path) == home : path.starts_with(std::string(home) + "/");
}

}  // namespace

ClaimVerdict holds(const Claim& claim) { return {.findings = {}, .truth = claim.version, .certain = true}; }

std::vector<const Observation*> CaseView::observed(const std::string& component, bool proof) const {
    std::vector<const Observation*> found;
    for (const Observation& o : facts().observations)
        if (o.component == component && o.proof == proof) found.push_back(&o);
    return found;
}

std::vector<Evidence> CaseView::proof_of(const std::string& component) const {
    std::vector<Evidence> proof;
    for (const Observation* o : observed(component, true)) append(proof, o->evidence);
    return proof;
}

bool CaseView::has_development_tools() const {
    const auto& components = rules().components();
    return std::any_of(components.begin(), components.end(), [&](const rules::Component& c) { return c.development && is_proven(c.name); });
}

bool CaseView::is_claimed(const std::string& component) const {
    return std::any_of(input_.claims.begin(), input_.claims.end(), [&](const Claim& c) { return c.component == component; });
}

const std::vector<Evidence>& CaseView::could_hold(const std::string& component) const {
    static const std::vector<Evidence> none;
    const auto found = facts().could_hold.find(component);
    return found == facts().could_hold.end() ? none : found->second;
}

std::vector<Evidence> CaseView::unknown_weights(const Claim& claim) const {
    std::vector<Evidence> unknown;
    if (claim.kind != ComponentKind::llm) return unknown;
    for (const Evidence& held : could_hold(claim.component)) {
        const auto proves = [&](const Evidence& proof) { return belongs_to_model(held.path, proof.path); };
        const bool known = std::any_of(facts().observations.begin(), facts().observations.end(), [&](const Observation& o) {
            return o.kind == ComponentKind::llm && o.proof && std::any_of(o.evidence.begin(), o.evidence.end(), proves);
        });
        if (!known) unknown.push_back(held);
    }
    return unknown;
}

// Absence is proven when everything that is there was read and the rules say where the component could be. An operating
// system leaves its packages: without any package database an image may be distroless, and nothing is proven.
bool CaseView::absence_is_provable(ComponentKind kind, const rules::Component& component) const {
    if (!facts().problems.empty()) return false;
    if (kind == ComponentKind::os) return facts().packages_complete;
    return !component.could_hold.empty();
}

std::string CaseView::title_of(const std::string& component) const {
    const rules::Component* found = rules_.find(component);
    return found == nullptr || found->title.empty() ? component : found->title;
}

std::string CaseView::title_of(const std::string& component, const std::string& version) const { return with_version(title_of(component), version); }

Finding CaseView::unproven_finding(const Claim& claim, const std::string& why, const std::vector<Evidence>& evidence, Severity severity) const {
    Finding finding = make_finding("unproven", severity, claim.component, "The tag claims " + title_of(claim) + "; " + why + ".");
    finding.claimed = claimed_text(claim);
    finding.evidence = evidence;
    return finding;
}

ClaimVerdict CaseView::unproven(const Claim& claim, const std::string& why, const std::vector<Evidence>& evidence, Severity severity) const {
    return {.findings = {unproven_finding(claim, why, evidence, severity)}, .truth = claim.version, .certain = severity != Severity::warning};
}

Finding make_finding(std::string code, Severity severity, const std::string& component, std::string message) {
    return {.code = std::move(code),
            .severity = severity,
            .component = component,
            .claimed = std::nullopt,
            .observed = std::nullopt,
            .message = std::move(message),
            .evidence = {},
            .suggestion = std::nullopt};
}

std::optional<std::string> claimed_text(const Claim& claim) {
    return claim.version.empty() ? std::optional<std::string>(claim.text.empty() ? claim.component : claim.text) : claim.version;
}

std::string with_version(const std::string& title, const std::string& version) { return version.empty() ? title : title + " " + version; }

std::string list_of(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
        text += items[i];
    }
    return text;
}

void append(std::vector<Evidence>& to, const std::vector<Evidence>& from) {
    for (const Evidence& item : from)
        if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

}  // namespace veritag::judge
