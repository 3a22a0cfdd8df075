// Judges a tree of Dockerfiles before anything of it is published: what each tag claims against its path and against the image that its
// Dockerfile ends up being built on. No network; nothing is run. Where something cannot be told (a build argument without a default, an
// image whose rule is not known), nothing is accused.
#pragma once

#include "catalog/base_image.h"
#include "catalog/tree.h"
#include "model/report.h"

#include <vector>

namespace veritag::catalog {

struct LintOptions {
    Publisher publisher{"openeuler", {"docker.io", "quay.io", "hub.oepkgs.net"}};
    Limits limits;
};

struct LintResult {
    std::vector<Finding> findings;  ///< by file and line; those with a certain mend carry it
    TreeCoverage coverage;
};

/// Pure but for reading the files of the tree.
LintResult lint(const rules::RuleSet& rules, const Tree& tree, const LintOptions& options);

}  // namespace veritag::catalog
