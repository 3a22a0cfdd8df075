// CycloneDX 1.6 as JSON (CycloneDX/specification: schema/bom-1.6.schema.json).
//
// One image: it is `metadata.component`, and what it holds stands in `components`. Several images, as the platforms of one tag:
// each is a container in `components` and what it holds is nested in it; `metadata.component` is then their index where they share
// one. `dependencies` joins an image with what it holds. `compositions` says how much is known: `unknown` (best effort: files that
// no package and no rule names are not listed) for an image that was read, `incomplete` where a part or all of it could not be. An
// unreadable image also says so in its description, in `veritag:error` and in an annotation. Findings are annotations on their image.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_cyclonedx(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
