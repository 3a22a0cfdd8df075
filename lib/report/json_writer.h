// The JSON reports: schemas `veritag.report/1` and `veritag.explain/1`. Member names live in json_writer.cpp alone.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>
#include <vector>

namespace veritag::report {

std::string write_json(const Report& report, const WriteOptions& options);
/// One explanation is an object, several are a list of them.
std::string write_json(const std::vector<Explanation>& explanations, const WriteOptions& options);

}  // namespace veritag::report
