// What is known of the images below those of a report, where the report is of a part only.
#pragma once

#include "model/report.h"
#include "store/store.h"

namespace veritag::audit {

/// Fills Report::ancestors: of each image in the lineage of one that has a finding, and that the report did not judge itself, what was last
/// found of it, as long as its tag still names the image that lies below.
void add_ancestors(store::AuditStore& store, Report& report);

}  // namespace veritag::audit
