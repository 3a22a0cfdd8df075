// Markdown, as forges show it: causes first, each with its evidence and its mend, then all images. Without times, so that the same findings
// are the same bytes.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>
#include <vector>

namespace veritag::report {

std::string write_markdown(const Report& report, const WriteOptions& options);

/// One tag's page: its platforms, what each claims and holds, and all findings. The images are of one reference.
std::string write_tag_page(const Report& report, Language language);

}  // namespace veritag::report
