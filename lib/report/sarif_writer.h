// SARIF 2.1.0 (oasis-tcs/sarif-spec: Schemata/sarif-schema-2.1.0.json).
//
// Each finding is a result. One about a declaration has a physical location, the file and line, and its mend as a fix; one about an image
// has a logical location, the reference and platform. What could not be read is a notification of the run, which then was not successful:
// a run without results is clean only where it says that it was.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_sarif(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
