// JUnit XML, in the form that CI servers read (jenkinsci/xunit-plugin: junit-10.xsd; the Ant form without its times and host).
//
// A repository is a suite and an image of a platform a case. Error findings fail it, an image that could not be read is an error, and one
// of which something is unknown counts as skipped, never as passed. Whatever else was found is text of the case. A target that could not be
// listed, and a run that judged nothing, are errors too.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_junit(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
