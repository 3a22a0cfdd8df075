// Mends as a patch that `git apply` takes.
#pragma once

#include "catalog/tree.h"
#include "model/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::catalog {

/// The lines of a file, each with its end.
std::vector<std::string_view> lines_of(std::string_view text);

/// Gives a mend the lines around it, of the text of its file.
void add_context(std::string_view text, LineMend& mend);

/// One file's part of a unified diff with three lines of context. `mends` are of this file, one a line at most, in any order.
std::string unified_diff(std::string_view text, std::vector<LineMend> mends);

/// All mends of the findings, file by file, but for those that are waived: `git apply` in the tree's directory takes it.
Result<std::string> make_patch(const Tree& tree, const std::vector<Finding>& findings, const Limits& limits);

}  // namespace veritag::catalog
