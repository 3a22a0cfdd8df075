// What the name of an entry makes of it: in a tar and in a table of contents alike, so that both show the same files.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "stream/tar.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::stream {

/// Sets `entry.path`. What is odd about the name without making it unreadable goes to `oddities`, one message each.
Result<void> set_path(TarEntry& entry, std::string_view name, const Limits& limits, std::vector<std::string>& oddities);

/// Checks and normalises the link target and finds whiteouts (opencontainers/image-spec: layer.md "Whiteouts"); path and type must be
/// set. False where the entry is none of the image's files: without a name, or bookkeeping of aufs. `what` is the action for errors.
Result<bool> set_meaning(TarEntry& entry, std::string_view name, std::string_view what, const Limits& limits, std::vector<std::string>& oddities);

}  // namespace veritag::stream
