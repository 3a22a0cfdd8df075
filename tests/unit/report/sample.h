// One report with something of everything, for the golden files.
#pragma once

#include "report/writers.h"

namespace veritag::report {

Report sample_report();
Report lint_report();     ///< findings of a tree of declarations
Report hostile_report();  ///< every text is what an attacker would write
Report audit_report();    ///< two registries: one bad base under many tags, names of one image, declarations, patches, waivers
Explanation sample_explanation();

}  // namespace veritag::report
