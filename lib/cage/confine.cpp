#include "cage/confine.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

// Sanitizers map terabytes of shadow memory and use calls of their own for it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VERITAG_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VERITAG_SANITIZED 1
#endif
#endif

namespace veritag::cage {
namespace {

#ifdef VERITAG_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

Error refused(std::string what, int number) {
    return {ErrorCode::unsupported, std::move(what), "worker process", std::generic_category().message(number),
            "veritag parses layers only in a confined process; --no-sandbox does without on a kernel that cannot"};
}

// The interface of linux/landlock.h as far as it goes today; Debian 12's header ends at version 2. Documentation/userspace-api/landlock.rst
struct LandlockRuleset {
    std::uint64_t handled_access_fs = 0;
    std::uint64_t handled_access_net = 0;  // from version 4 on
    std::uint64_t scoped = 0;              // from version 6 on
};
constexpr unsigned kVersionFlag = 1;

int landlock_version() noexcept {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
    return version > 0 ? static_cast<int>(version) : 0;
}

constexpr std::uint64_t first_bits(int count) noexcept { return (1ULL << count) - 1; }

// All rights that a version knows; a ruleset without rules takes every one away.
LandlockRuleset everything(int version) noexcept {
    const int file_rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return {.handled_access_fs = first_bits(file_rights),
            .handled_access_net = version >= 4 ? first_bits(2) : 0,
            .scoped = version >= 6 ? first_bits(2) : 0};
}

std::size_t ruleset_bytes(int version) noexcept { return sizeof(std::uint64_t) * (version >= 6 ? 3 : version >= 4 ? 2 : 1); }

struct FreeFilter {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
};

}  // namespace

KernelCage kernel_cage() noexcept {
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return {.seccomp = ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0, .landlock = landlock_version()};
}

std::string describe(const KernelCage& cage) {
    std::string text = cage.seccomp ? "seccomp" : "no seccomp (this kernel lacks it)";
    text += cage.landlock > 0 ? ", Landlock " + std::to_string(cage.landlock) : ", no Landlock (this kernel lacks it)";
    return text + ", resource limits";
}

Result<void> confine_access() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("give up privileges", errno);
    const int version = landlock_version();
    if (version == 0) return ok();
    const LandlockRuleset rules = everything(version);
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &rules, ruleset_bytes(version), 0);
    if (ruleset < 0) return refused("make Landlock rules", errno);
    const long entered = ::syscall(SYS_landlock_restrict_self, ruleset, 0);
    const int number = errno;
    ::close(static_cast<int>(ruleset));
    return entered == 0 ? ok() : Result<void>(refused("enter Landlock", number));
}

Result<void> confine_calls() {
    const std::unique_ptr<void, FreeFilter> filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
    if (filter == nullptr) return refused("make a seccomp filter", ENOMEM);
    const auto allow = [&](int call, auto... conditions) {
        // A call that this architecture does not have cannot be made either.
        const int status = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...);
        return status == 0 || status == -EDOM;
    };
    bool fine = true;
    for (const int call : {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(munmap), SCMP_SYS(mremap),
                           SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group),
                           SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid)})
        fine = fine && allow(call);
    // Memory, never to be executed.
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) fine = fine && allow(call, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    // abort() signals itself.
    fine = fine && allow(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
    // So that a bug of veritag's own ends with its own signal; standard error is /dev/null.
    for (const int call : {SCMP_SYS(write), SCMP_SYS(writev)}) fine = fine && allow(call, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
    if (kSanitized)
        for (const int call : {SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield), SCMP_SYS(getrusage)}) fine = fine && allow(call);
    if (!fine) return refused("make a seccomp filter", EINVAL);
    const int status = seccomp_load(filter.get());
    return status == 0 ? ok() : Result<void>(refused("enter seccomp", -status));
}

Result<void> confine_resources(const Limits& limits) {
    const auto limit = [](auto resource, std::uint64_t most, std::uint64_t beyond = 0) -> Result<void> {
        rlimit both{};
        if (::getrlimit(resource, &both) != 0) return refused("limit resources", errno);
        both.rlim_cur = std::min<rlim_t>(both.rlim_max, most);  // RLIM_INFINITY is the largest number
        both.rlim_max = std::min<rlim_t>(both.rlim_max, most + beyond);
        return ::setrlimit(resource, &both) == 0 ? ok() : Result<void>(refused("limit resources", errno));
    };
    if (!kSanitized) VERITAG_CHECK(limit(RLIMIT_AS, limits.worker_memory_bytes));
    VERITAG_CHECK(limit(RLIMIT_CPU, limits.worker_cpu_seconds, 1));  // SIGXCPU comes before the SIGKILL that says nothing
    constexpr std::uint64_t kOpenDescriptors = 4;  // the standard ones, on /dev/null, and the socket
    VERITAG_CHECK(limit(RLIMIT_NOFILE, kOpenDescriptors));
    for (const auto resource : {RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE}) VERITAG_CHECK(limit(resource, 0));
    return ok();
}

}  // namespace veritag::cage
