// Which build of the program runs.
#pragma once

#include <string>

namespace veritag {

/// The linker's build id of the executable in hex (a digest over its content; elf(5), NT_GNU_BUILD_ID). Empty where it has none.
/// What is kept under it is invisible to every other build, so nobody need raise a version when the meaning of code changes.
const std::string& build_id();

}  // namespace veritag
