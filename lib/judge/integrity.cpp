#include "judge/integrity.h"

namespace veritag::judge {

std::vector<Finding> judge_forgery(const Case& input) {
    std::vector<Finding> findings;
    if (input.layers != input.diff_ids) {
        Finding& finding = findings.emplace_back(make_finding("parent-forged", Severity::error, "",
            "The config lists " + std::to_string(input.diff_ids) + " diff_ids for " + std::to_string(input.layers) + " layers."));
        finding.claimed = std::to_string(input.diff_ids);
        finding.observed = std::to_string(input.layers);
    }
    for (const ForgedLayer& forged : input.forged) {
        Finding& finding = findings.emplace_back(make_finding("parent-forged", Severity::error, "",
            "Layer " + std::to_string(forged.layer) + " does not hash to the diff_id that the config gives it, so the config's account of its parents is not true."));
        finding.claimed = forged.claimed;
        finding.observed = forged.observed;
        finding.evidence.push_back({.source = EvidenceSource::file, .path = "", .layer = forged.layer, .diff_id = forged.observed, .detail = "computed from the layer"});
    }
    return findings;
}

std::vector<Finding> judge_problems(const Case& input) {
    if (input.facts.problems.empty()) return {};
    std::vector<Evidence> evidence;
    for (const Problem& problem : input.facts.problems) {
        if (evidence.size() == 6) break;
        evidence.push_back({.source = EvidenceSource::file, .path = problem.path, .layer = -1, .diff_id = {}, .detail = problem.message});
    }
    const std::size_t count = input.facts.problems.size();
    Finding finding = make_finding("unproven", Severity::warning, "",
        std::to_string(count) + (count == 1 ? " part of the image could not be read, so it" : " parts of the image could not be read, so they") +
            " may hide something.");
    finding.evidence = std::move(evidence);
    return {finding};
}

}  // namespace veritag::judge
