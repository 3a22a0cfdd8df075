// Spans of time as configurations write them: 90m, 6h, 1d12h.
#pragma once

#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>

namespace veritag {

/// Whole numbers with a unit each (w, d, h, m, s), larger units first, each at most once, without blanks; at most ten years.
/// A number without unit, a sign or a fraction is `config`, with an example.
Result<std::chrono::seconds> parse_duration(std::string_view text);

/// The same form, as short as it can be: `1d12h`, `0s`. Weeks are written as days.
std::string format_duration(std::chrono::seconds duration);

}  // namespace veritag
