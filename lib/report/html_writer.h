// One HTML page for everything: no script, no request, its style inside and allowed by hash alone; light and dark as the reader's system is.
// Without times, so that the same findings are the same bytes.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_html(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
