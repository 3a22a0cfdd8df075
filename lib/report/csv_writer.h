// CSV (RFC 4180) in UTF-8: a line a finding, and a line for each image without one, each that could not be read and each thing skipped. The
// first line names the columns, in English always, as members of JSON are. A value that a spreadsheet would take for a formula begins with an
// apostrophe.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_csv(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
