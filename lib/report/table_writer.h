// The table: what a maintainer reads first. Verdicts from worst to best, what is wrong, where, and what to do.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>
#include <vector>

namespace veritag::report {

std::string write_table(const Report& report, const WriteOptions& options);
std::string write_table(const std::vector<Explanation>& explanations, const WriteOptions& options);

}  // namespace veritag::report
