// Limits as somebody writes them one by one, on a command line.
#pragma once

#include "base/limits.h"
#include "base/result.h"

#include <span>
#include <string>

namespace veritag::config {

/// The defaults with what the texts change: `KEY=VALUE` each, with the keys and units of the section `limits:` of the configuration; the key may be written as
/// messages write it, `limits.json_depth`. `usage` for one that is wrong.
Result<Limits> parse_limits(std::span<const std::string> texts);

}  // namespace veritag::config
