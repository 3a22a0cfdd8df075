#include "audit/ancestors.h"

#include "oci/reference.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace veritag::audit {
namespace {

using Name = std::pair<std::string, std::string>;  // reference, and digest of the manifest

// Digests by reference.
std::map<std::string, std::set<std::string>> unknown_ancestors(const Report& report) {
    std::set<Name> judged;
    for (const ImageReport& image : report.images) judged.emplace(image.reference, image.digest);
    std::map<std::string, std::set<std::string>> unknown;
    for (const ImageReport& image : report.images) {
        if (std::all_of(image.findings.begin(), image.findings.end(), [](const Finding& finding) { return finding.severity == Severity::info; })) continue;
        for (const Ancestor& each : image.lineage)
            if (!judged.contains({each.reference, each.digest})) unknown[each.reference].insert(each.digest);
    }
    return unknown;
}

}  // namespace

const std::vector<ImageReport>& KnownAncestors::images_of(const std::string& reference) {
    const auto [known, fresh] = known_.try_emplace(reference);
    if (!fresh) return known->second;
    const Result<oci::Reference> name = oci::parse_reference(reference);
    std::optional<store::CurrentReference> current = name ? store_.find_current({name->registry, name->repository, name->tag}) : std::nullopt;
    if (!current) return known->second;
    for (ImageReport& image : current->judged.images) {
        ImageReport& kept = known->second.emplace_back();
        kept.reference = std::move(image.reference);
        kept.digest = std::move(image.digest);
        kept.verdict = image.verdict;
        kept.error = std::move(image.error);
        kept.findings = std::move(image.findings);
    }
    return known->second;
}

void KnownAncestors::add_to(Report& report) {
    for (const auto& [reference, digests] : unknown_ancestors(report))
        for (const ImageReport& image : images_of(reference))
            if (digests.contains(image.digest)) report.ancestors.push_back(image);
}

}  // namespace veritag::audit
