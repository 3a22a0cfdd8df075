// What the references of one audit say about each other and about the last audit.
#pragma once

#include "model/report.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace veritag::fleet {

/// A tag and what was found under it. `judged` is changed where something is found.
struct SeenReference {
    std::string registry;
    std::string repository;
    std::string tag;
    std::string top;       ///< digest; empty where it could not be had
    std::string last_top;  ///< in the audit before; empty where there was none
    JudgedReference* judged = nullptr;
};

/// Adds `finding` to every image of the reference and sets their verdicts anew. Images that could not be read stay errors.
void add_to_images(JudgedReference& judged, const Finding& finding);

/// `tag-moved` (info) for tags that point elsewhere than in the last audit. Tags that are made to move are none of it: `moves` says which.
void judge_moved(std::vector<SeenReference>& references, bool (*moves)(const ImageReport&));

/// One repository and tag in one registry.
struct Mirror {
    std::string registry;
    std::string repository;
    std::string tag;
    std::string top;  ///< digest; empty: the tag is missing there
};

/// `mirror-divergence` as it is told of `own`, where not all of `all`, which holds it, are the same.
std::optional<Finding> mirror_finding(const Mirror& own, const std::vector<Mirror>& all);

/// `mirror-divergence`: one repository and tag under several registries, with different digests or missing in one that has the repository.
/// `whole` are the (registry, repository) whose tags were listed to the end: only there can a tag be missing.
void judge_mirrors(std::vector<SeenReference>& references, const std::set<std::pair<std::string, std::string>>& whole);

}  // namespace veritag::fleet
