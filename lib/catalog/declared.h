// Images of a report and the tree that declares their tags.
#pragma once

#include "catalog/lint.h"
#include "catalog/tree.h"
#include "model/report.h"

#include <vector>

namespace veritag::catalog {

/// Sets ImageReport::declared of every image whose tag the tree publishes. A finding of such an image takes over the mend that `linted`
/// (findings of lint() over the same tree) offers for the same mistake in that tag's Dockerfile: then the tree still makes the image wrong,
/// and the change is certain. Where the tree is right today, nothing is offered: the image only has to be built again.
void mark_declared(const Tree& tree, const std::vector<Finding>& linted, Report& report);

}  // namespace veritag::catalog
