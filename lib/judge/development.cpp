#include "judge/development.h"

#include <algorithm>

namespace veritag::judge {

DevelopmentVerdict judge_development(const CaseView& view) {
    const std::optional<bool> claimed = view.input().dev;
    const auto& components = view.rules().components();
    const auto found = std::find_if(components.begin(), components.end(), [](const rules::Component& each) { return each.development; });
    if (!claimed || found == components.end()) return {};
    const rules::Component& component = *found;
    const bool proven = view.is_proven(component.name);
    DevelopmentVerdict verdict;
    if (proven && !*claimed) {
        verdict.findings.push_back(make_finding("dev-undeclared", Severity::info, component.name, "The image has development tools, and its tag does not say -dev."));
        verdict.findings.back().evidence = view.proof_of(component.name);
    } else if (!proven && *claimed) {
        Claim claim;
        claim.component = component.name;
        claim.kind = component.kind;
        claim.text = "-dev";
        verdict.certain = false;
        if (const std::vector<Evidence>& paths = view.could_hold(component.name); !paths.empty()) {
            verdict.findings.push_back(view.unproven_finding(claim, "files that may belong to them are there, but no compiler", paths));
        } else if (!view.facts().packages_complete || !view.absence_is_provable(component.kind, component)) {
            verdict.findings.push_back(view.unproven_finding(claim, "the image's packages could not be read whole, so nothing proves or disproves it", {}));
        } else {
            verdict.findings.push_back(
                make_finding("dev-missing", Severity::error, component.name, "The tag says -dev; there is no compiler in the image, and no package brings headers."));
            verdict.findings.back().claimed = "-dev";
            verdict.truth = false;
            verdict.certain = true;
        }
    }
    return verdict;
}

}  // namespace veritag::judge
