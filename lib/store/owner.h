// Which process does something, so that another one can tell whether it still lives.
#pragma once

#include <string>
#include <string_view>

namespace veritag::store {

/// This process: the machine's boot, its number and when it started (proc(5), stat field 22), since numbers come round again.
std::string this_process();
/// False where it certainly has ended. Seen from another machine or container it has, too; then two may do the same work.
bool is_alive(std::string_view process);

/// This process and its process namespace (pid_namespaces(7)): what holds a lease.
std::string this_holder();
/// True only where a holder certainly has ended. Another container of this machine cannot be looked into; another boot is over, since
/// processes that share a store share its memory, and so the machine.
bool has_ended(std::string_view holder);

}  // namespace veritag::store
