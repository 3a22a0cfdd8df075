// `scan --server` and `audit --server`: a daemon does the work, and what is printed is what the local command would print.
#pragma once

#include "options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace veritag::daemon {

struct RemoteOptions {
    std::string server;      ///< `https://host[:port]`, `http://…` or `unix:/path`; empty: nothing is remote
    std::string token_file;  ///< its first line is the token; else VERITAG_TOKEN
    std::string patience = "5m";  ///< how long a daemon may not answer, once it has
    std::string follow;           ///< numbers of jobs that an earlier call ordered, as `12,15-20`: nothing is ordered then
    void add_to(CLI::App& command);
};

/// What is asked for.
struct RemoteOrder {
    std::string command;             ///< `scan` or `audit`, for what is said of picking a run up again
    std::string path;                ///< `/api/v1/scans` or `/api/v1/audits`
    std::string member;              ///< of the request: `image` or `target`
    std::vector<std::string> names;  ///< one order each
    std::string ca_file;             ///< to trust beside the system's authorities
    std::string fail_on;
    bool quiet = false;              ///< no progress
};

/// More names at once are refused before anything is ordered: the daemon joins no more runs into one report.
inline constexpr std::size_t kMostRemoteNames = 10'000;

/// Orders, waits, prints; the exit status. A daemon that restarts or cannot be reached is asked again, later and later, for as long as `patience`
/// says. Interrupted or out of patience, it leaves the daemon to its work, since others may wait for the same, and says how to pick it up again.
int run_remote(const RemoteOptions& remote, const RemoteOrder& order, const OutputOptions& output);

/// An error for a flag that only the daemon's configuration can decide.
Result<void> check_remote_flags(const CLI::App& command);

}  // namespace veritag::daemon
