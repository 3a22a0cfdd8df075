#include "catalog/published.h"

#include "base/text.h"
#include "oci/artifact.h"
#include "oci/reference.h"
#include "tag/tag.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace veritag::catalog {
namespace {

bool is_below(const std::string& repository, const std::string& path) {
    return path.empty() || repository == path || (repository.starts_with(path) && repository[path.size()] == '/');
}

bool can_be_held(const TreeEntry& entry) { return oci::parse_reference("registry.example/" + entry.repository + ':' + entry.declared.tag).has_value(); }

// The openEuler word of meta.yml, or both of those the community publishes for.
std::vector<std::string> architectures_of(const TreeEntry& entry) {
    if (!entry.declared.arch) return {"amd64", "arm64"};
    if (*entry.declared.arch == "x86_64") return {"amd64"};
    if (*entry.declared.arch == "aarch64") return {"arm64"};
    return {};
}

bool is_moving(const rules::RuleSet& rules, const std::string& registry, const std::string& repository, const std::string& tag) {
    const std::vector<Claim> claims = tag::read_tag(rules, registry, repository, tag).claims;
    return tag == "latest" || std::any_of(claims.begin(), claims.end(), [](const Claim& claim) { return claim.floating; });
}

}  // namespace

std::vector<std::pair<std::string, std::string>> tags_to_look_at(const Tree& tree, const PublishedCatalog& published) {
    std::vector<std::pair<std::string, std::string>> wanted;
    for (const TreeEntry& entry : tree.entries) {
        const auto repository = published.repositories.find(entry.repository);
        if (entry.published && repository != published.repositories.end() && repository->second.contains(entry.declared.tag)) wanted.emplace_back(entry.repository, entry.declared.tag);
    }
    return wanted;
}

std::size_t leave_out_attached(PublishedCatalog& published) {
    std::size_t count = 0;
    for (auto& [repository, tags] : published.repositories) count += std::erase_if(tags, [](const auto& each) { return oci::is_tag_of_digest(each.first); });
    return count;
}

std::vector<std::string> compared_names(const Tree& tree, const PublishedCatalog& published) {
    std::vector<std::string> names = declaring_files(tree);
    for (const TreeEntry& each : tree.entries) names.push_back(each.repository + ':' + each.declared.tag);
    for (const auto& [repository, tags] : published.repositories)
        for (const auto& [tag, architectures] : tags) names.push_back(repository + ':' + tag);
    return names;
}

std::vector<Finding> compare_with_published(const rules::RuleSet& rules, const Tree& tree, const PublishedCatalog& published) {
    std::vector<Finding> findings = tree.findings;
    std::set<std::pair<std::string, std::string>> declared;
    for (const TreeEntry& entry : tree.entries) {
        declared.emplace(entry.repository, entry.declared.tag);
        if (!entry.published || !is_below(entry.repository, published.path)) continue;
        const std::string name = entry.repository + ':' + entry.declared.tag;
        const auto add = [&](std::string code, Severity severity, std::string message) -> Finding& {
            return findings.emplace_back(finding_at(std::move(code), severity, entry.meta_file, entry.declared.line, std::move(message)));
        };
        if (!can_be_held(entry)) {
            add("catalog-invalid", Severity::error, "The tag \"" + quote(entry.declared.tag, 140) + "\" is no legal tag, so no registry can hold it.").claimed = entry.declared.tag;
            continue;
        }
        if (published.unlisted.contains(entry.repository)) continue;
        const auto repository = published.repositories.find(entry.repository);
        if (repository == published.repositories.end()) {
            add("catalog-unpublished", Severity::warning, name + " is declared; " + published.registry + " has no repository " + entry.repository + ".").claimed = name;
            continue;
        }
        const auto tag = repository->second.find(entry.declared.tag);
        if (tag == repository->second.end()) {
            add("catalog-unpublished", Severity::warning, name + " is declared; " + published.registry + " does not have it.").claimed = name;
            continue;
        }
        if (!tag->second) continue;
        for (const std::string& architecture : architectures_of(entry)) {
            if (tag->second->contains(architecture)) continue;
            Finding& missing = add("platform-missing", Severity::warning, name + " is declared for linux/" + architecture + "; " + published.registry + " has it without that platform.");
            missing.claimed = "linux/" + architecture;
            for (const std::string& each : *tag->second) missing.observed = (missing.observed ? *missing.observed + ", " : "") + "linux/" + each;
        }
    }
    for (const auto& [repository, tags] : published.repositories)
        for (const auto& [tag, architectures] : tags) {
            if (declared.contains({repository, tag}) || is_moving(rules, published.registry, repository, tag)) continue;
            Finding& extra = findings.emplace_back();
            extra.code = "catalog-undeclared";
            extra.severity = Severity::warning;
            extra.observed = repository + ':' + tag;
            extra.message = published.registry + '/' + repository + ':' + tag + " is published; no meta.yml declares it.";
        }
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return std::tie(a.file, a.line, a.observed) < std::tie(b.file, b.line, b.observed); });
    return findings;
}

}  // namespace veritag::catalog
