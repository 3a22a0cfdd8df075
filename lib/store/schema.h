// The tables of the store's file, and how an older file comes by those that it lacks. Whoever opens the file does it: the store of what
// layers hold, or the daemon's state.
#pragma once

#include "base/result.h"
#include "store/sqlite.h"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace veritag::store {

/// Each step as SQL; the first makes a new file. A file's version is the number of steps it has made.
std::span<const std::string_view> migrations() noexcept;

/// Brings a file up to date, in one transaction; several processes may do so at once. `config` for a file of a newer program and for
/// another program's database, which stay as they are. Throws SqliteFailure.
Result<void> prepare_schema(Connection& connection, const std::string& path, std::chrono::milliseconds patience, std::chrono::sys_seconds now);

/// Whether a file that is no whole database was a store, so that it may be set aside: `config` for one that looks like somebody else's, which
/// must keep its name. Where the header is gone, a name that ends in .sqlite or .sqlite3 tells. No connection to it may be open in this
/// process.
Result<void> check_was_store(const std::string& path);

}  // namespace veritag::store
