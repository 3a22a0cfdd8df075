// The parent's side of the nursery: starts it, has it make workers, and asks how they ended.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "cage/channel.h"
#include "cage/ring.h"
#include "rules/wanted_files.h"

#include <sys/types.h>

#include <mutex>
#include <optional>
#include <string>

namespace veritag::cage {

/// The nursery's end of its socket, in the nursery itself; a worker's end too.
constexpr int kSocketNumber = 3;
/// argv[1] of a nursery.
constexpr const char* kWorkerCommand = "worker";

/// What a nursery is told once.
struct Setup {
    Limits limits;
    bool confined = true;
    rules::WantedFiles wanted;
    [[nodiscard]] std::string serialise() const;
    static Result<Setup> deserialise(std::string_view bytes);
};

/// A worker that waits for its job.
struct Worker {
    pid_t pid = -1;
    Channel channel;
    Ring ring;
};

/// Thread-safe. The nursery starts with the first worker, and again when it died.
class Nursery {
public:
    explicit Nursery(const Setup& setup) : setup_(setup.serialise()) {}
    Nursery(const Nursery&) = delete;
    Nursery& operator=(const Nursery&) = delete;
    ~Nursery();

    Result<Worker> spawn();
    /// Ends the worker and tells how it ended, as wait(2) does. Where its socket broke, it gets a moment to end by itself, so that the
    /// answer is the reason. nullopt where nobody knows any more.
    std::optional<int> reap(pid_t worker, bool ends_by_itself);

private:
    struct Process {
        pid_t pid;
        Channel channel;
    };
    Result<void> start();
    void stop();
    Result<Worker> try_spawn();

    const std::string setup_;
    std::mutex mutex_;
    std::optional<Process> process_;
};

}  // namespace veritag::cage
