// What the rules saw, one by one, becomes observations: one for each version of a component.
#pragma once

#include "detect/live_problems.h"
#include "model/report.h"
#include "rules/rules.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace veritag::detect {

constexpr std::size_t kMostEvidence = 6;  // of one thing: more does not convince more

/// What one rule saw.
struct Sighting {
    const rules::Component* component = nullptr;
    std::size_t rule_index = 0;  ///< position in the component: earlier is stronger
    std::string version;
    bool proof = true;
    Evidence evidence;
};

class Sightings {
public:
    void add(Sighting sighting) { sightings_.push_back(std::move(sighting)); }
    /// Takes out what packages alone show of components that `is_hollow` names.
    template <class IsHollow>
    std::vector<Sighting> take_if(IsHollow is_hollow) {
        std::set<const rules::Component*> seen;  // in files of their own, too
        const auto is_package = [](const Sighting& s) { return s.component->evidence[s.rule_index].from == rules::EvidenceRule::From::package; };
        for (const Sighting& s : sightings_)
            if (s.proof && !is_package(s)) seen.insert(s.component);
        std::vector<Sighting> taken;
        for (const Sighting& s : sightings_)
            if (is_package(s) && !seen.contains(s.component) && is_hollow(*s.component)) taken.push_back(s);
        std::erase_if(sightings_, [&](const Sighting& s) { return is_package(s) && !seen.contains(s.component) && is_hollow(*s.component); });
        return taken;
    }
    /// A name that a rule with `at-least` saw.
    void count(const rules::Component& component, std::size_t rule_index, const std::string& name) { counted_[{&component, rule_index}].insert(name); }
    /// By component, strongest evidence first. Uses the sightings up.
    std::vector<Observation> put_together(ProblemList& problems);

private:
    void drop_the_few();

    std::vector<Sighting> sightings_;
    std::map<std::pair<const rules::Component*, std::size_t>, std::set<std::string>> counted_;
};

}  // namespace veritag::detect
