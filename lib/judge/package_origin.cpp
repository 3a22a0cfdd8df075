#include "judge/package_origin.h"

#include "base/text.h"
#include "judge/application.h"

#include <map>
#include <optional>

namespace veritag::judge {
namespace {

constexpr std::size_t kShown = 3;  // packages of one kind

struct Group {
    std::size_t count = 0;
    std::vector<Evidence> evidence;

    void add(const Package& package, const ImageFacts& facts) {
        if (++count <= kShown) evidence.push_back(evidence_of(package, facts));
    }
};

// The release that the suffix names ("" none); nullopt: it is not a package of this system.
std::optional<std::string> release_of(const rules::Component& system, const std::string& version) {
    for (const rules::DistRule& rule : system.dist)
        if (const auto groups = rule.rpm.search(version)) return system.canonical(rules::Pattern::expand(rule.version, *groups));
    return std::nullopt;
}

// All systems that use the suffix: `.el9` stands on packages of several.
std::string makers_of(const rules::RuleSet& rules, const std::string& version) {
    std::vector<std::string> titles;
    for (const rules::Component& component : rules.components())
        if (!component.dist.empty() && release_of(component, version)) titles.push_back(component.title);
    return join(titles, " or ");
}

Finding finding(std::string message, std::string observed, const Group& group, const std::string& system) {
    return {.code = "package-foreign",
            .severity = Severity::warning,
            .component = system,
            .claimed = std::nullopt,
            .observed = std::move(observed),
            .message = std::move(message),
            .evidence = group.evidence,
            .suggestion = std::nullopt};
}

}  // namespace

std::vector<Finding> foreign_packages(const rules::RuleSet& rules, const ImageFacts& facts) {
    const Observation* seen = nullptr;
    const rules::Component* system = nullptr;
    for (const Observation& o : facts.observations) {
        if (o.kind != ComponentKind::os || !o.proof) continue;
        const rules::Component* component = rules.find(o.component);
        if (component == nullptr || !component->exclusive) continue;
        if (system != nullptr && component != system) return {};  // two systems at once: the judge says so
        if (system == nullptr) seen = &o;
        system = component;
    }
    if (system == nullptr || system->dist.empty()) return {};

    std::map<std::string, Group> foreign, releases;
    std::size_t packages = 0, dated = 0;
    for (const Package& package : facts.packages) {
        if (package.type != PackageType::rpm) continue;
        ++packages;
        const std::optional<std::string> release = release_of(*system, package.version);
        if (!release) {
            if (const std::string makers = makers_of(rules, package.version); !makers.empty()) foreign[makers].add(package, facts);
            continue;
        }
        if (release->empty()) continue;
        ++dated;
        if (!seen->version.empty() && system->compare_versions(seen->version, *release) == rules::Match::differs) releases[*release].add(package, facts);
    }
    std::vector<Finding> findings;
    for (const auto& [makers, group] : foreign)
        findings.push_back(finding(std::to_string(group.count) + " of " + std::to_string(packages) + " packages " + (group.count == 1 ? "is" : "are") + " built for " + makers +
                                       ", not for " + system->title + ".",
                                   makers, group, system->name));
    for (const auto& [release, group] : releases)
        if (group.count * 2 > dated)
            findings.push_back(finding(std::to_string(group.count) + " of " + std::to_string(dated) + " packages that name a release are built for " + system->title + " " + release +
                                           ", and the image is " + seen->version + ".",
                                       release, group, system->name));
    return findings;
}

}  // namespace veritag::judge
