// What keeps a process that parses hostile bytes from doing anything else. seccomp(2), landlock(7), setrlimit(2).
#pragma once

#include "base/limits.h"
#include "base/result.h"

#include <string>

namespace veritag::cage {

/// What this kernel offers.
struct KernelCage {
    bool seccomp = false;  ///< filters that end the process
    int landlock = 0;      ///< version of its interface; 0: none, or switched off
};
KernelCage kernel_cage() noexcept;

/// `seccomp, Landlock 7, resource limits`, for people.
std::string describe(const KernelCage& cage);

/// For the whole process and its children, for good: no new privileges through exec, and, where the kernel has Landlock, no file
/// or directory, no TCP port, no abstract socket and no signal to a process outside. What is open stays usable.
Result<void> confine_access();

/// For the whole process, for good: every system call but those of computing on memory and talking over what is open ends the
/// process with SIGSYS. `unsupported` where the kernel refuses.
Result<void> confine_calls();

/// Memory, processor time, and nothing new: no file growing, no further descriptor, no process, no core dump.
Result<void> confine_resources(const Limits& limits);

}  // namespace veritag::cage
