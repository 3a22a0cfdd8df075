// What a tree declares against what a registry holds, both ways.
#pragma once

#include "catalog/tree.h"
#include "model/report.h"
#include "rules/rules.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace veritag::catalog {

/// What one registry was found to hold.
struct PublishedCatalog {
    std::string registry;
    std::string path;  ///< below which was listed: only declared repositories below it are compared; empty: all
    /// Repository to tag to the architectures (OCI's words) of its images; nullopt where those could not be had.
    std::map<std::string, std::map<std::string, std::optional<std::set<std::string>>>> repositories;
    std::set<std::string> unlisted;  ///< repositories whose tags could not be listed: nothing is said of them
};

/// Takes away the tags under which registries without a list of referrers keep artifacts beside images; says how many there were. Nobody declares such.
std::size_t leave_out_attached(PublishedCatalog& published);

/// What was compared: the files that declare, and REPOSITORY:TAG of either side.
std::vector<std::string> compared_names(const Tree& tree, const PublishedCatalog& published);

/// `catalog-unpublished` for what is declared and not there, `catalog-undeclared` for what is there and not declared (but for tags that are
/// made to move), `platform-missing` for a declared architecture that the published index lacks, `catalog-invalid` for tags that no
/// registry can hold, and what reading the tree found. By file and line, then by name.
std::vector<Finding> compare_with_published(const rules::RuleSet& rules, const Tree& tree, const PublishedCatalog& published);

/// The declared tags that are published: those whose architectures the comparison needs.
std::vector<std::pair<std::string, std::string>> tags_to_look_at(const Tree& tree, const PublishedCatalog& published);

}  // namespace veritag::catalog
