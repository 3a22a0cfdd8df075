#include "store/sqlite_file.h"

#include "base/log.h"
#include "base/text.h"
#include "store/schema.h"

#include <filesystem>

namespace veritag::store {
namespace {

const char* hint_for(const SqliteFailure& failure) {
    if (failure.is_full()) return "make room in its file system";
    if (failure.is_read_only()) return "let veritag write to the file and its directory";
    if (failure.is_damage()) return "restart veritag: it sets the damaged file aside and begins a new one";
    if (failure.is_busy()) return "another program holds it; end that one, or try again";
    return "see that its disk is well and can be written";
}

// Damage in a page that nobody reads now would stop each call that comes to it. Only the daemon's own tables are looked through, which
// takes milliseconds; the others are a cache, which looks after itself.
void check_daemon_tables(Connection& connection) {
    for (const char* table : {"jobs", "job_bodies", "job_events", "job_turns", "tokens", "daemon_values"}) {
        Statement check = connection.prepare(std::string("PRAGMA quick_check(") + table + ')');
        if (!check.step()) continue;
        const std::string found = check.text(0);
        if (found != "ok") throw SqliteFailure::damage(std::string(table) + ": " + found);
    }
}

}  // namespace

// A leading "./" keeps names such as ":memory:" from meaning something to SQLite.
SqliteFile::SqliteFile(const std::string& path, std::chrono::milliseconds patience, Clocks clocks)
    : path_(path.starts_with('/') ? path : "./" + path), patience_(patience), clocks_(std::move(clocks)) {}

Result<void> SqliteFile::open() {
    const std::scoped_lock lock(writer_.mutex, reader_.mutex);
    for (bool again = false;; again = true) {
        VERITAG_CHECK(make_private_file(path_));
        try {
            VERITAG_CHECK(open_connection(writer_));
            check_daemon_tables(*writer_.connection);
            return open_connection(reader_);
        } catch (const SqliteFailure& failure) {
            reader_.connection.reset();
            const Error error = error_of(writer_, "open store", failure);
            if (again || !failure.is_damage() || !set_aside_with_warning(path_, writer_.identity)) return error;
        }
    }
}

// Whoever finds the file damaged sets it aside, other processes too, and what was written to it then would be lost. So each use looks
// whether the file still has its name.
Result<void> SqliteFile::connect(Side& side) {
    if (side.connection && file_identity(path_) == side.identity) return ok();
    if (side.connection) {
        log::warn("the store's file was taken away; what it held of jobs and tokens is no longer seen", {{"store", quote(path_)}});
        side.connection.reset();
    }
    // While running only the file is made anew: without its directory, more is amiss than a file that was set aside.
    const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
    if (std::error_code error; !std::filesystem::is_directory(directory, error))
        return Error{ErrorCode::io, "open store", quote(path_), "its directory is not there", "bring it back, or restart veritag"};
    VERITAG_CHECK(make_private_file(path_));
    return open_connection(side);
}

Result<void> SqliteFile::open_connection(Side& side) {
    side.identity = file_identity(path_);
    side.connection.emplace(path_, patience_);
    Result<void> prepared = prepare_schema(*side.connection, path_, patience_, std::chrono::floor<std::chrono::seconds>(now()));
    if (!prepared) {
        side.connection.reset();
        return prepared;
    }
    side.connection->run(&side == &writer_ ? "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;" : "PRAGMA query_only = ON;");
    return ok();
}

Result<void> SqliteFile::check_still_there(Side& side, const char* what) {
    if (file_identity(path_) == side.identity) return ok();
    return Error{ErrorCode::io, what, quote(path_), "the store's file was taken away meanwhile", "try again"};
}

void SqliteFile::drop_reader() {
    const std::lock_guard lock(reader_.mutex);
    reader_.connection.reset();
}

Error SqliteFile::error_of(Side& side, const char* what, const SqliteFailure& failure) {
    if (!failure.is_busy()) side.connection.reset();
    return {ErrorCode::io, what, quote(path_), failure.what(), hint_for(failure)};
}

}  // namespace veritag::store
