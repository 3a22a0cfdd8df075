// What is added to a report before it is written: waivers, and where a tree declares its images.
#pragma once

#include "base/result.h"
#include "catalog/tree.h"
#include "model/report.h"
#include "options.h"
#include "rules/rules.h"
#include "waivers/waivers.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace veritag::daemon {

/// --waivers, as of today in UTC.
struct WaiverFlags {
    std::string file;
    void add_to(CLI::App& command);
    /// Before the work begins, so that a mistake in the file costs none.
    [[nodiscard]] Result<waivers::WaiverFile> load() const;
};
/// `declarations`: files, and REPOSITORY:TAG, that were judged beside the images.
void apply_waivers(const waivers::WaiverFile& waivers, Report& report, const std::vector<std::string>& declarations = {});
/// On stderr, what waivers did nothing: for output that has no place for them.
void tell_idle_waivers(const std::optional<WaiverUse>& use, const OutputOptions& output);
/// Both: what did nothing is told where `output.format` does not show it.
void apply_waivers(const waivers::WaiverFile& waivers, Report& report, const OutputOptions& output, const std::vector<std::string>& declarations = {});

/// Says in a report that the run was interrupted, as the store would of an audit that has no end: as an error of one of its targets, too, which
/// every form of report shows.
void mark_interrupted(Report& report, std::size_t listed, std::size_t looked);

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
