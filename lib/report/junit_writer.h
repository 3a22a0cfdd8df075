// JUnit XML has no schema of its maker. What is written is valid by the two that others hold to: Ant's (windyroad/JUnit-Schema: JUnit.xsd)
// and Jenkins' (jenkinsci: junit-4.xsd, and junit-10.xsd of jenkinsci/xunit-plugin). So it says what both allow: no counts over all suites, no
// output of a case, no attributes of what was skipped. The time is the report's, so that the same report gives the same bytes.
//
// A repository is a suite and an image of a platform a case. Error findings fail it, an image that could not be read is an error, and one
// of which something is unknown counts as skipped, never as passed. Whatever else was found stands in the text of a failure or error, and of
// other cases in the suite's output, under the case's name. A target that could not be listed, and a run that judged nothing, are errors too.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_junit(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
