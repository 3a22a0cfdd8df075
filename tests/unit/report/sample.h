// One report with something of everything, for the golden files.
#pragma once

#include "report/writers.h"

namespace veritag::report {

Report sample_report();
Explanation sample_explanation();

}  // namespace veritag::report
