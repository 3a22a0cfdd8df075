// `scan --server` and `audit --server`: a daemon does the work, and what is printed is what the local command would print.
#pragma once

#include "options.h"

#include <string>
#include <vector>

namespace veritag::daemon {

struct RemoteOptions {
    std::string server;      ///< `https://host[:port]`, `http://…` or `unix:/path`; empty: nothing is remote
    std::string token_file;  ///< its first line is the token; else VERITAG_TOKEN
    void add_to(CLI::App& command);
};

/// What is asked for.
struct RemoteOrder {
    std::string path;                ///< `/api/v1/scans` or `/api/v1/audits`
    std::string member;              ///< of the request: `image` or `target`
    std::vector<std::string> names;  ///< one order each
    std::string ca_file;             ///< to trust beside the system's authorities
    std::string fail_on;
    bool quiet = false;              ///< no progress
};

/// Orders, waits, prints; the exit status. Interrupted, it leaves the daemon to its work: others may wait for the same.
int run_remote(const RemoteOptions& remote, const RemoteOrder& order, const OutputOptions& output);

/// An error for a flag that only the daemon's configuration can decide.
Result<void> check_remote_flags(const CLI::App& command);

}  // namespace veritag::daemon
