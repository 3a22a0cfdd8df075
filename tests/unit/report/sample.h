// One report with something of everything, for the golden files.
#pragma once

#include "report/writers.h"

namespace veritag::report {

Report sample_report();
Report lint_report();     ///< findings of a tree of declarations
Report hostile_report();  ///< every text is what an attacker would write
Explanation sample_explanation();

}  // namespace veritag::report
