// Which step of a build made the layer that proves something: what a maintainer has to look for in the Dockerfile.
#pragma once

#include "base/limits.h"
#include "model/report.h"
#include "oci/manifest.h"
#include "store/store.h"

namespace veritag::scan {

/// Fills ImageReport::build_steps for the layers that the findings' evidence names, by the image's config. The history in it is what whoever
/// built the image wrote there, and proves nothing.
void add_build_steps(const oci::ImageConfig& config, ImageReport& image);

/// The same by what the store holds, for all images of a report that have no steps yet. Where it holds no manifest or config any more, nothing
/// is said.
void add_build_steps(store::Store& store, const Limits& limits, Report& report);

}  // namespace veritag::scan
