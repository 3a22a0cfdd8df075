// What the judges of single things share: questions to a case, and how findings begin. Only the judge's own files include this.
#pragma once

#include "judge/judge.h"

#include <optional>
#include <string>
#include <vector>

namespace veritag::judge {

/// What judging one claim gives.
struct ClaimVerdict {
    std::vector<Finding> findings;
    std::optional<std::string> truth;  ///< the version that a right tag names; nullopt: the component is not there
    bool certain = true;               ///< false: what a right tag says is not known
};

/// Nothing against it.
ClaimVerdict holds(const Claim& claim);

/// A case and the rules it is judged by; both must outlive it.
class CaseView {
public:
    CaseView(const rules::RuleSet& rules, const Case& input) : rules_(rules), input_(input) {}

    [[nodiscard]] const rules::RuleSet& rules() const noexcept { return rules_; }
    [[nodiscard]] const Case& input() const noexcept { return input_; }
    [[nodiscard]] const ImageFacts& facts() const noexcept { return input_.facts; }

    [[nodiscard]] std::vector<const Observation*> observed(const std::string& component, bool proof) const;
    [[nodiscard]] std::vector<Evidence> proof_of(const std::string& component) const;  ///< of all its versions
    [[nodiscard]] bool is_proven(const std::string& component) const { return !observed(component, true).empty(); }
    [[nodiscard]] bool has_development_tools() const;
    [[nodiscard]] bool is_claimed(const std::string& component) const;
    [[nodiscard]] const std::vector<Evidence>& could_hold(const std::string& component) const;
    [[nodiscard]] std::vector<Evidence> unknown_weights(const Claim& claim) const;  ///< of a model, that no proven model explains
    [[nodiscard]] bool absence_is_provable(ComponentKind kind, const rules::Component& component) const;

    [[nodiscard]] std::string title_of(const std::string& component) const;
    [[nodiscard]] std::string title_of(const std::string& component, const std::string& version) const;
    [[nodiscard]] std::string title_of(const Claim& claim) const { return title_of(claim.component, claim.version); }

    [[nodiscard]] Finding unproven_finding(const Claim& claim, const std::string& why, const std::vector<Evidence>& evidence,
                                           Severity severity = Severity::warning) const;
    /// A warning leaves open what a right tag says; with a note it is believed.
    [[nodiscard]] ClaimVerdict unproven(const Claim& claim, const std::string& why, const std::vector<Evidence>& evidence = {},
                                        Severity severity = Severity::warning) const;

private:
    const rules::RuleSet& rules_;
    const Case& input_;
};

Finding make_finding(std::string code, Severity severity, const std::string& component, std::string message);
std::optional<std::string> claimed_text(const Claim& claim);
std::string with_version(const std::string& title, const std::string& version);
std::string list_of(const std::vector<std::string>& items);  ///< `a, b and c`
/// Each piece of evidence once.
void append(std::vector<Evidence>& to, const std::vector<Evidence>& from);

}  // namespace veritag::judge
