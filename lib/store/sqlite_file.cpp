#include "store/sqlite_file.h"

#include "base/log.h"
#include "base/text.h"
#include "store/schema.h"

#include <array>
#include <filesystem>
#include <utility>

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

// 0: there is none.
std::uint64_t mark_of(const FileIdentity& identity) noexcept { return identity.inode == 0 ? 0 : identity.inode * 1'000'003 + identity.device; }

}  // namespace

// A leading "./" keeps names such as ":memory:" from meaning something to SQLite.
SqliteFile::SqliteFile(const std::string& path, std::chrono::milliseconds patience, Clocks clocks)
    : path_(path.starts_with('/') || path.starts_with("./") ? path : "./" + path), patience_(patience), clocks_(std::move(clocks)) {}

Result<void> SqliteFile::open() {
    VERITAG_CHECK(make_private_file(path_));
    const FileIdentity damaged = file_identity(path_);  // if it is
    std::optional<std::string> aside;
    {
        const std::lock_guard lock(writer_.mutex);
        for (bool again = false;; again = true) try {
                VERITAG_CHECK(connect(writer_));
                check_daemon_tables(*writer_.connection);
                break;
            } catch (const SqliteFailure& failure) {
                writer_.connection.reset();
                if (again || !failure.is_damage()) return error_of("open store", failure);
                VERITAG_CHECK(check_was_store(path_));
                VERITAG_TRY(aside, set_aside_with_warning(path_, damaged));
            }
    }
    if (aside) rescue(*aside);
    return read("open store", [](Connection&) { return ok(); });
}

// What a damaged file still gives.
void SqliteFile::rescue(const std::string& aside) {
    try {
        Connection old(aside, patience_);
        carry_over(old);
    } catch (const SqliteFailure& failure) {
        log::warn("nothing could be saved of the damaged store", {{"store", quote(aside)}, {"error", failure.what()}});
    }
}

// Only the writer carries over, and before anybody looks into the new file.
Result<void> SqliteFile::follow_file(const char* what) {
    if (mark_of(file_identity(path_)) == writers_file_) return ok();
    const std::lock_guard lock(writer_.mutex);
    try {
        return connect(writer_);
    } catch (const SqliteFailure& failure) {
        return fail(writer_, what, failure);
    }
}

// The connection is on the file that has the name now.
Result<void> SqliteFile::connect(Side& side) {
    const bool is_writer = &side == &writer_;
    if (side.connection && file_identity(path_) == side.identity) return ok();
    VERITAG_CHECK(make_file_anew());
    const FileIdentity identity = file_identity(path_);
    const char* const settings = is_writer ? "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;" : "PRAGMA query_only = ON;";
    if (!side.connection) {
        VERITAG_CHECK(open_connection(side.connection, settings));
    } else {
        // The old connection stays until there is a new one, since it alone still leads to what the old file holds.
        std::optional<Connection> fresh;
        try {
            VERITAG_CHECK(open_connection(fresh, settings));
        } catch (const SqliteFailure& failure) {
            return error_of("open store", failure);
        }
        if (is_writer) {
            log::warn("the store's file was taken away; jobs, tokens and values go over to the new one", {{"store", quote(path_)}});
            carry_over(*side.connection);
        }
        side.connection.reset();
        side.connection.emplace(std::move(*fresh));
    }
    side.identity = identity;
    if (is_writer) writers_file_ = mark_of(identity);
    return ok();
}

// While running only the file is made, if it must be: without its directory, more is amiss than a file that was set aside.
Result<void> SqliteFile::make_file_anew() const {
    if (std::error_code error; !std::filesystem::is_directory(std::filesystem::path(path_).parent_path(), error))
        return Error{ErrorCode::io, "open store", quote(path_), "its directory is not there", "bring it back, or restart veritag"};
    return make_private_file(path_);
}

Result<void> SqliteFile::open_connection(std::optional<Connection>& connection, const char* settings) const {
    Connection fresh(path_, patience_);
    VERITAG_CHECK(prepare_schema(fresh, path_, patience_, std::chrono::floor<std::chrono::seconds>(now())));
    fresh.run(settings);
    connection.emplace(std::move(fresh));
    return ok();
}

// Each part in a transaction of its own: what is damaged in one leaves the others whole. What the new file has already stays.
void SqliteFile::carry_over(Connection& old) const {
    constexpr std::array<std::pair<const char*, const char*>, 3> kParts{{
        {"jobs", R"(INSERT OR IGNORE INTO fresh.job_bodies SELECT * FROM main.job_bodies;
                    INSERT OR IGNORE INTO fresh.jobs SELECT * FROM main.jobs WHERE id IN (SELECT job FROM main.job_bodies);
                    DELETE FROM fresh.job_bodies WHERE job NOT IN (SELECT id FROM fresh.jobs);
                    INSERT OR IGNORE INTO fresh.job_events SELECT * FROM main.job_events;
                    INSERT OR IGNORE INTO fresh.job_turns SELECT * FROM main.job_turns)"},
        {"tokens", "INSERT OR IGNORE INTO fresh.tokens SELECT * FROM main.tokens"},
        {"values", "INSERT OR IGNORE INTO fresh.daemon_values SELECT * FROM main.daemon_values"},
    }};
    try {
        old.prepare("ATTACH ? AS fresh").bind(path_).run();
        old.run("PRAGMA fresh.synchronous = FULL");
    } catch (const SqliteFailure& failure) {
        log::warn("nothing could be carried over to the new store", {{"store", quote(path_)}, {"error", failure.what()}});
        return;
    }
    for (const auto& [part, sql] : kParts) try {
            Transaction transaction(old);
            old.run(sql);
            transaction.commit();
        } catch (const SqliteFailure& failure) {
            log::warn("a part of the old store could not be carried over", {{"part", part}, {"error", failure.what()}});
        }
}

Result<void> SqliteFile::check_still_there(Side& side, const char* what) {
    if (file_identity(path_) == side.identity) return ok();
    return Error{ErrorCode::io, what, quote(path_), "the store's file was taken away meanwhile", "try again"};
}

void SqliteFile::drop_reader() {
    const std::lock_guard lock(reader_.mutex);
    reader_.connection.reset();
}

Error SqliteFile::fail(Side& side, const char* what, const SqliteFailure& failure) {
    ++failures_;
    if (!failure.is_busy()) side.connection.reset();
    return error_of(what, failure);
}

Error SqliteFile::error_of(const char* what, const SqliteFailure& failure) const {
    return {ErrorCode::io, what, quote(path_), failure.what(), hint_for(failure)};
}

}  // namespace veritag::store
