#include "detect/sightings.h"

#include <algorithm>
#include <tuple>

namespace veritag::detect {
namespace {

constexpr std::size_t kMostVersions = 100;  // of one component: no true image has more, and all are compared with each other

}  // namespace

// Rules that need several packages fall away where there are fewer.
void Sightings::drop_the_few() {
    std::erase_if(sightings_, [&](const Sighting& sighting) {
        const auto counted = counted_.find({sighting.component, sighting.rule_index});
        return counted != counted_.end() && counted->second.size() < sighting.component->evidence[sighting.rule_index].at_least;
    });
}

std::vector<Observation> Sightings::put_together(ProblemList& problems) {
    drop_the_few();
    std::stable_sort(sightings_.begin(), sightings_.end(), [](const Sighting& a, const Sighting& b) {
        return std::tie(a.component->name, a.rule_index, a.version) < std::tie(b.component->name, b.rule_index, b.version);
    });
    std::vector<Observation> observations;
    std::map<const rules::Component*, std::map<std::string, std::size_t>> known_versions;  // where each stands in `observations`
    for (Sighting& sighting : sightings_) {
        auto& versions = known_versions[sighting.component];
        if (versions.size() >= kMostVersions && !versions.contains(sighting.version)) {
            problems.add(sighting.evidence.path, "more than " + std::to_string(kMostVersions) + " versions of " + sighting.component->name + "; not all were compared");
            continue;
        }
        const auto [at, fresh] = versions.try_emplace(sighting.version, observations.size());
        if (fresh) {
            observations.push_back({.component = sighting.component->name,
                                    .kind = sighting.component->kind,
                                    .version = sighting.version,
                                    .evidence = {std::move(sighting.evidence)},
                                    .proof = sighting.proof});
            continue;
        }
        Observation& same = observations[at->second];
        same.proof = same.proof || sighting.proof;
        const bool known = std::find(same.evidence.begin(), same.evidence.end(), sighting.evidence) != same.evidence.end();
        if (!known && same.evidence.size() < kMostEvidence) same.evidence.push_back(std::move(sighting.evidence));
    }
    // Presence alone says nothing beside a proven version.
    std::set<std::string> versioned;
    for (const Observation& o : observations)
        if (o.proof && !o.version.empty()) versioned.insert(o.component);
    std::erase_if(observations, [&](const Observation& o) { return o.version.empty() && versioned.contains(o.component); });
    return observations;
}

}  // namespace veritag::detect
