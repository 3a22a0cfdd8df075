#include "audit/ancestors.h"

#include "oci/reference.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace veritag::audit {
namespace {

using Name = std::pair<std::string, std::string>;  // reference, and digest of the manifest

// By reference, so that each is asked for once.
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

void add_ancestors(store::AuditStore& store, Report& report) {
    for (const auto& [name, digests] : unknown_ancestors(report)) {
        const Result<oci::Reference> reference = oci::parse_reference(name);
        if (!reference) continue;
        std::optional<store::CurrentReference> current = store.find_current({reference->registry, reference->repository, reference->tag});
        if (!current) continue;
        for (ImageReport& image : current->judged.images)
            if (digests.contains(image.digest)) report.ancestors.push_back(std::move(image));
    }
}

}  // namespace veritag::audit
