// Which process does something, so that another one can tell whether it still lives.
#pragma once

#include <string>
#include <string_view>

namespace veritag::store {

/// This process: the machine's boot, its number and when it started (proc(5), stat field 22), since numbers come round again.
std::string this_process();
/// False where it certainly has ended. Seen from another machine or container it has, too; then two may do the same work.
bool is_alive(std::string_view process);

}  // namespace veritag::store
