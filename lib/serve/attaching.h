// From what a run found to the reports that are attached to its images, where a registry is configured so. Each reference is a job of its own,
// and what was attached is remembered, so that a nightly audit asks nobody for what did not change.
#pragma once

#include "attach/statement.h"
#include "config/settings.h"
#include "model/report.h"
#include "registry/clients.h"
#include "serve/orders.h"
#include "store/daemon_state.h"
#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>

namespace veritag::serve {

/// A run whose findings are kept.
struct RunToAttach {
    const Report& report;
    std::int64_t audit = 0;
    bool every_platform = true;  ///< of every reference
};

/// Thread-safe.
class Attaching {
public:
    Attaching(store::AuditStore& store, store::DaemonState& state, std::string tool_version) : store_(store), state_(state), tool_version_(std::move(tool_version)) {}

    /// A job for each reference of which there is something else to say than what was attached last. How many.
    Result<std::size_t> enqueue(const config::Settings& settings, const RunToAttach& run);

    /// Attaches what a run found, as the store has it: the answer is the job's result. A later run that looked at the same reference has ordered
    /// its own.
    Result<std::string> attach(const config::Settings& settings, const registry::Clients& clients, const AttachOrder& order, std::stop_token stop);

private:
    store::AuditStore& store_;
    store::DaemonState& state_;
    const std::string tool_version_;
};

}  // namespace veritag::serve
