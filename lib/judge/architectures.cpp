#include "judge/architectures.h"

#include "base/text.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace veritag::judge {
namespace {

// Packages of another CPU are cross-building tools, and programs of one may be payload for other machines. Where next to nothing is for
// the platform, it is another image.
void judge_foreign(const CaseView& view, const std::vector<ForeignArchitecture>& list, const char* things, std::size_t own_of_hundred, std::vector<Finding>& findings) {
    std::size_t foreign_in_all = 0;
    for (const ForeignArchitecture& foreign : list) foreign_in_all += foreign.count;
    for (const ForeignArchitecture& foreign : list) {
        if (foreign.count * 2 <= foreign.judged || (foreign.judged - foreign_in_all) * 100 > foreign.judged * own_of_hundred) continue;
        const auto said = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.code == "arch-mismatch" && f.observed == foreign.architecture; });
        if (said != findings.end()) {
            append(said->evidence, foreign.evidence);
            continue;
        }
        Finding& finding = findings.emplace_back(make_finding("arch-mismatch", Severity::error, "",
            "The image is offered for " + view.input().platform + "; " + std::to_string(foreign.count) + " of its " +
                std::to_string(foreign.judged) + " " + things + " are built for " + foreign.architecture + "."));
        finding.claimed = view.input().platform;
        finding.observed = foreign.architecture;
        finding.evidence = foreign.evidence;
    }
}

// What a component's own records say of its CPU. One installation for the platform is enough.
void judge_declared_architectures(const CaseView& view, std::vector<Finding>& findings) {
    const std::vector<std::string_view> platform = split(view.input().platform, '/');
    if (platform.size() < 2) return;
    std::map<std::string, const Fact*> others;
    std::set<std::string> right;
    for (const Fact& fact : view.facts().facts) {
        if (fact.name != "architecture") continue;
        if (fact.value == platform[1])
            right.insert(fact.component);
        else
            others.emplace(fact.component, &fact);
    }
    for (const auto& [name, fact] : others) {
        if (right.contains(name)) continue;
        Finding& finding = findings.emplace_back(make_finding("arch-mismatch", Severity::error, name,
            "The image is offered for " + view.input().platform + "; its " + view.title_of(name) + " is built for " + fact->value + "."));
        finding.claimed = view.input().platform;
        finding.observed = fact->value;
        finding.evidence = {fact->evidence};
    }
}

}  // namespace

std::vector<Finding> judge_architectures(const CaseView& view) {
    std::vector<Finding> findings;
    if (!view.input().config_platform.empty() && view.input().config_platform != view.input().platform) {
        Finding& finding = findings.emplace_back(make_finding("arch-mismatch", Severity::error, "",
            "The image is offered for " + view.input().platform + "; its config says " + view.input().config_platform + "."));
        finding.claimed = view.input().platform;
        finding.observed = view.input().config_platform;
    }
    judge_foreign(view, view.facts().foreign_packages, "packages", 10, findings);
    judge_foreign(view, view.facts().foreign_code, "programs and libraries", 0, findings);  // one for the platform may be the one that is started
    judge_declared_architectures(view, findings);
    return findings;
}

}  // namespace veritag::judge
