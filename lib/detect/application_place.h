// Where a plain application lies that no package of its name brings.
#pragma once

#include "detect/merged_image.h"
#include "model/package.h"

#include <string_view>
#include <vector>

namespace veritag::detect {

/// The first files, at most `most`, whose path has the application's name and that no package or distribution of that name explains:
/// they may be the application itself, a server built from source beside the Python client of its name, say. `unread` gets the files
/// that are among them only if they are code, which nobody looked at: until then they count as code.
std::vector<LiveFile> application_elsewhere(const MergedImage& image, const std::vector<Package>& packages, std::string_view application, std::size_t most,
                                            std::vector<LiveFile>& unread);

}  // namespace veritag::detect
