// What is added to a report before it is written: waivers, and where a tree declares its images.
#pragma once

#include "base/result.h"
#include "catalog/tree.h"
#include "model/report.h"
#include "rules/rules.h"
#include "waivers/waivers.h"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace veritag::daemon {

/// The waivers that --waivers named, or none.
struct WaiverFile {
    std::string path;  ///< empty: none was named
    std::vector<waivers::Waiver> waivers;
    /// As of today in UTC.
    void apply(Report& report) const;
};

struct WaiverFlags {
    std::string file;
    void add_to(CLI::App& command);
    /// Before the work begins, so that a mistake in the file costs none.
    [[nodiscard]] Result<WaiverFile> load() const;
};

/// The tree that --meta named, judged, or none.
struct DeclaredTree {
    std::optional<catalog::Tree> tree;
    std::vector<Finding> linted;
    /// Says of each image where the tree declares it, with the mend that lint offers.
    void mark(Report& report) const;
};

struct TreeFlags {
    std::string meta;  ///< --meta; empty: no tree
    std::string name_space = "openeuler";
    void add_to(CLI::App& command);
    /// Before the work begins, so that a mistake in the name costs none.
    [[nodiscard]] Result<DeclaredTree> load(const rules::RuleSet& rules) const;
};

}  // namespace veritag::daemon
