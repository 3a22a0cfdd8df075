// Where the store lies, and who may read it.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>

namespace veritag::store {

/// `store.sqlite` under $XDG_CACHE_HOME/veritag, else under $HOME/.cache/veritag. A relative path in a variable is none, as the
/// XDG Base Directory Specification asks. nullopt where neither is set.
std::optional<std::string> default_store_path();

/// Makes the file's directory (0700) and the file (0600) where they are not there: what is remembered of a private registry is private.
Result<void> make_private_file(const std::string& path);

/// Which file lies at a path, whatever its name is later. 0, 0: none.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
FileIdentity file_identity(const std::string& path) noexcept;

/// Renames the database and what SQLite keeps beside it to `<name>.damaged-<time>`, and gives the new name. Does nothing and gives
/// nullopt where `damaged` no longer lies at `path`: another process was faster. No connection to it may be open in this process.
Result<std::optional<std::string>> set_aside(const std::string& path, const FileIdentity& damaged);
/// The same, and the log says what was done, or why it could not be.
Result<std::optional<std::string>> set_aside_with_warning(const std::string& path, const FileIdentity& damaged);

}  // namespace veritag::store
