// Mends as a unified diff, which `git apply` takes.
#pragma once

#include "model/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// The part of one file, with as many lines around each mend as the mends know. They are of this file, one a line at most, in any order, never
/// none. Lines that are near each other share a hunk.
std::string patch_of(std::vector<LineMend> mends);

/// The lines of a diff without their ends, fit to be printed; tabs stay, or it could not be applied.
std::vector<std::string> printable_lines(std::string_view diff);

}  // namespace veritag::report
