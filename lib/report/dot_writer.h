// The family tree of published images as a graph for Graphviz (graphviz.org/doc/info/lang.html).
#pragma once

#include "report/writers.h"

namespace veritag::report {

/// One node a tag, whatever its platforms, in the colour of its worst verdict; an arrow to the nearest published image below it, dashed
/// where that tag has been published anew since.
std::string write_dot(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
