// What the daemon must not forget: what it has to do, who may ask it, what it did last. In the store's file, beside what layers hold.
// Where the content store saves work and never fails, an answer to somebody hangs on each of these calls, so each says whether it worked.
#pragma once

#include "store/clocks.h"
#include "store/queue.h"
#include "store/state.h"
#include "store/tokens.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace veritag::store {

/// Thread-safe, and several processes may have one of the same file. Not to be taken through a fork.
class DaemonState {
public:
    virtual ~DaemonState() = default;
    virtual JobQueue& jobs() noexcept = 0;
    virtual TokenStore& tokens() noexcept = 0;
    virtual StateStore& values() noexcept = 0;
    /// How often the file failed since it was opened, whichever of them met it.
    [[nodiscard]] virtual std::uint64_t failures() const noexcept = 0;
};

struct DaemonStateOptions {
    QueueOptions queue = {};
    /// How long another process may hold the store before a call fails. Every transaction takes milliseconds, or as long as the disk.
    std::chrono::milliseconds patience{5'000};
    Clocks clocks = {};
};

/// The file may be there or not, with or without what open_sqlite_store made. A damaged one is set aside under another name with a
/// warning, and a new one takes its place, which gets what can still be read of jobs, tokens and values; that is looked for here, in the
/// daemon's own tables. So this comes before open_sqlite_store, which would set it aside and carry nothing over. When somebody does that
/// while the daemon runs, the next call carries them over. Errors: `config` for a file of a newer program and for another program's
/// file, which stay as they are; `io` where the file cannot be used.
///
/// A later failure (full disk, no right to write, damage) is told by each call that meets it. Such a call changed nothing, and the first
/// one after the cause is gone works.
Result<std::unique_ptr<DaemonState>> open_sqlite_daemon_state(const std::string& path, DaemonStateOptions options = {});

}  // namespace veritag::store
