// SPDX 2.3 as JSON (spdx/spdx-spec, branch of 2.3: chapters/ and schemas/spdx-schema.json).
//
// One document; it DESCRIBES a package for each image, and each image CONTAINS packages for what it holds. An image of which a part
// could not be read also CONTAINS `NOASSERTION`, an unreadable one nothing else, and both carry annotations that say why. A report
// without images DESCRIBES `NONE`. Findings are annotations on their image. Licences are not looked at: NOASSERTION throughout.
#pragma once

#include "model/report.h"
#include "report/writers.h"

#include <string>

namespace veritag::report {

std::string write_spdx(const Report& report, const WriteOptions& options);

}  // namespace veritag::report
