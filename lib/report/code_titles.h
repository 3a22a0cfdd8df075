// What a finding code says, in a few words.
#pragma once

#include "report/messages.h"

#include <string_view>

namespace veritag::report {

/// `The operating system is another one than the tag says`; the code itself where it is not known.
std::string_view code_title(std::string_view code, Language language) noexcept;

}  // namespace veritag::report
