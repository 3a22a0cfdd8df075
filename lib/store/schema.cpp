#include "store/schema.h"

#include "base/text.h"

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

namespace veritag::store {
namespace {

constexpr std::int64_t kApplicationId = 0x76746167;  // "vtag", in the file's header (sqlite.org/fileformat2.html, section 1.3)

// Never changed once released: a store that has made a step does not make it again. A further step is a further line.
constexpr std::array<std::string_view, 6> kMigrations{
    R"(CREATE TABLE migrations (
         version INTEGER PRIMARY KEY,
         applied INTEGER NOT NULL         -- seconds since 1970
       ) STRICT;
       CREATE TABLE layers (
         id INTEGER PRIMARY KEY,
         blob TEXT NOT NULL,              -- digest of the blob as fetched
         compression TEXT NOT NULL,       -- as its media type says
         recipe TEXT NOT NULL,            -- what was wanted of it, and which parsers read it
         diff_id TEXT NOT NULL,           -- digest of the tar, computed from the blob's bytes
         blob_bytes INTEGER NOT NULL,
         tar_bytes INTEGER NOT NULL,
         analysis BLOB NOT NULL,          -- LayerAnalysis in its serial form, a zstd frame
         used INTEGER NOT NULL            -- seconds since 1970, to the day
       ) STRICT;
       CREATE UNIQUE INDEX layers_by_key ON layers (blob, compression, recipe);
       CREATE INDEX layers_by_use ON layers (used);
       CREATE TABLE documents (
         id INTEGER PRIMARY KEY,
         digest TEXT NOT NULL UNIQUE,     -- of the body
         media_type TEXT NOT NULL,
         body BLOB NOT NULL,              -- manifest, index or image config, byte for byte
         used INTEGER NOT NULL
       ) STRICT;
       CREATE INDEX documents_by_use ON documents (used);)",
    R"(ALTER TABLE layers ADD COLUMN parsers TEXT NOT NULL DEFAULT '';  -- the recipe but for what was wanted; empty: of no use for other rules
       ALTER TABLE layers ADD COLUMN wanted TEXT NOT NULL DEFAULT '';   -- digest of what was wanted
       CREATE INDEX layers_by_parsers ON layers (blob, compression, parsers);
       CREATE TABLE wanted_sets (
         digest TEXT PRIMARY KEY,
         content BLOB NOT NULL            -- rules::WantedFiles in its serial form
       ) STRICT, WITHOUT ROWID;
       CREATE TABLE images (
         id INTEGER PRIMARY KEY,
         manifest TEXT NOT NULL,          -- digest
         recipe TEXT NOT NULL,            -- rules, program, and what else the facts hang on
         layers TEXT NOT NULL,            -- digests of its blobs, with a space between
         image BLOB NOT NULL,             -- ReadImage in its serial form, a zstd frame
         used INTEGER NOT NULL
       ) STRICT;
       CREATE UNIQUE INDEX images_by_key ON images (manifest, recipe);
       CREATE INDEX images_by_use ON images (used);
       CREATE TABLE audits (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         targets TEXT NOT NULL,           -- one a line
         rules TEXT NOT NULL,             -- digest
         tool TEXT NOT NULL,              -- version
         started INTEGER NOT NULL,
         ended INTEGER,                   -- NULL: it runs, or it was killed
         owner TEXT NOT NULL,             -- the process that runs it
         outcome BLOB                     -- Report without images in its serial form, a zstd frame
       ) STRICT;
       CREATE TABLE audit_references (
         audit INTEGER NOT NULL REFERENCES audits (id) ON DELETE CASCADE,
         registry TEXT NOT NULL,
         repository TEXT NOT NULL,
         tag TEXT NOT NULL,
         digest TEXT NOT NULL,            -- what the tag pointed to; empty where that was not to be had
         judged BLOB NOT NULL,            -- JudgedReference in its serial form, a zstd frame
         PRIMARY KEY (audit, registry, repository, tag)
       ) STRICT, WITHOUT ROWID;
       CREATE TABLE tag_digests (
         registry TEXT NOT NULL,
         repository TEXT NOT NULL,
         tag TEXT NOT NULL,
         digest TEXT NOT NULL,
         first_seen INTEGER NOT NULL,
         last_seen INTEGER NOT NULL,
         PRIMARY KEY (registry, repository, tag, digest)
       ) STRICT, WITHOUT ROWID;
       CREATE TABLE published (
         registry TEXT NOT NULL,
         repository TEXT NOT NULL,
         tag TEXT NOT NULL,
         digest TEXT NOT NULL,            -- what the tag pointed to
         manifest TEXT NOT NULL,
         platform TEXT NOT NULL,
         chain_id TEXT NOT NULL,          -- over verified diff_ids
         layers INTEGER NOT NULL,
         PRIMARY KEY (registry, repository, tag, digest, manifest)
       ) STRICT, WITHOUT ROWID;)",
    R"(ALTER TABLE published ADD COLUMN created INTEGER NOT NULL DEFAULT 0;  -- as the config says, seconds since 1970; 0: not known
       ALTER TABLE audits ADD COLUMN kind TEXT NOT NULL DEFAULT 'audit';    -- or 'scan': of single references, on a push or on demand
       ALTER TABLE audits ADD COLUMN verdicts TEXT NOT NULL DEFAULT '';     -- images by verdict: pass, warn, fail, unknown, error, with a space between
       CREATE TABLE current_references (   -- what is there now, and which run looked at it last
         registry TEXT NOT NULL,
         repository TEXT NOT NULL,
         tag TEXT NOT NULL,
         audit INTEGER NOT NULL,
         looked INTEGER NOT NULL,         -- when it was looked at; a later look is not replaced by an earlier one that took longer
         PRIMARY KEY (registry, repository, tag)
       ) STRICT, WITHOUT ROWID;
       INSERT INTO current_references SELECT registry, repository, tag, max(audit), 0 FROM audit_references GROUP BY registry, repository, tag;)",
    R"(CREATE TABLE jobs (                 -- times are milliseconds since 1970, 0 where there is none
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         kind TEXT NOT NULL,
         key TEXT NOT NULL,
         priority INTEGER NOT NULL,       -- store::Priority
         state INTEGER NOT NULL,          -- store::JobState
         attempts INTEGER NOT NULL,       -- runs begun
         most_attempts INTEGER NOT NULL,
         lost INTEGER NOT NULL,           -- runs whose worker died or fell silent
         deadline INTEGER NOT NULL,       -- milliseconds that a run may take
         enqueued INTEGER NOT NULL,
         since INTEGER NOT NULL,          -- from then on it waits for its turn
         ready INTEGER NOT NULL,          -- it does not start before
         changed INTEGER NOT NULL,        -- of the row; the other times are understood as distances from it
         started INTEGER NOT NULL,        -- its last run
         worker TEXT NOT NULL,            -- who does or did that
         holder TEXT NOT NULL,            -- that one's process
         token TEXT NOT NULL,             -- what the worker knows and nobody else does
         lease INTEGER NOT NULL,          -- milliseconds
         lease_end INTEGER NOT NULL,
         cancel INTEGER NOT NULL,         -- 1: somebody asked the worker to stop
         error_code TEXT NOT NULL,        -- why it failed last; empty: it did not
         error TEXT NOT NULL,
         successor INTEGER NOT NULL       -- the job that does what a superseded one was for
       ) STRICT;
       CREATE UNIQUE INDEX jobs_waiting ON jobs (kind, key) WHERE state = 0;
       CREATE UNIQUE INDEX jobs_running ON jobs (kind, key) WHERE state = 1;
       CREATE INDEX jobs_by_turn ON jobs (priority, since, id) WHERE state = 0;
       CREATE INDEX jobs_by_state ON jobs (state, id, priority);
       CREATE INDEX jobs_by_change ON jobs (changed);
       CREATE TABLE job_bodies (            -- beside them, since a row is written whole at each renewal of its lease
         job INTEGER PRIMARY KEY,
         payload BLOB NOT NULL,
         result BLOB NOT NULL
       ) STRICT;
       CREATE TABLE job_events (
         event TEXT PRIMARY KEY,          -- sha256 of its id
         job INTEGER NOT NULL,
         seen INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID;
       CREATE INDEX job_events_by_job ON job_events (job);
       CREATE INDEX job_events_by_age ON job_events (seen);
       CREATE TABLE job_turns (
         priority INTEGER PRIMARY KEY,
         leased INTEGER NOT NULL          -- when one of it was leased last
       ) STRICT;
       CREATE TABLE tokens (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         name TEXT NOT NULL UNIQUE,
         role INTEGER NOT NULL,           -- store::Role
         hash TEXT NOT NULL UNIQUE,       -- sha256 of the secret
         created INTEGER NOT NULL,        -- seconds since 1970, as the next ones; 0: never
         used INTEGER NOT NULL,           -- to the hour
         expires INTEGER NOT NULL
       ) STRICT;
       CREATE TABLE daemon_values (
         key TEXT PRIMARY KEY,
         value BLOB NOT NULL,
         changed INTEGER NOT NULL         -- milliseconds since 1970
       ) STRICT, WITHOUT ROWID;)",
    R"(ALTER TABLE audits ADD COLUMN job INTEGER NOT NULL DEFAULT 0;        -- of the queue, whose run it is; 0: none
       ALTER TABLE audits ADD COLUMN ending TEXT NOT NULL DEFAULT '';       -- of one that ended: empty, or 'cancelled' or 'failed'
       ALTER TABLE audits ADD COLUMN failure TEXT NOT NULL DEFAULT '';      -- why
       CREATE INDEX audits_by_kind ON audits (kind);                        -- and by id, as every index
       CREATE INDEX audits_open ON audits (id) WHERE ended IS NULL;
       CREATE INDEX layers_by_wanted ON layers (wanted);)",
    R"(ALTER TABLE jobs ADD COLUMN least_urgent INTEGER NOT NULL DEFAULT 0;  -- as priority, of the least urgent that asked for it
       UPDATE jobs SET least_urgent = priority;)"};

Error anothers_database(const std::string& path) {
    return {ErrorCode::config, "open store", quote(path), "it is another program's database, not a veritag store", "name another file with --store"};
}

Result<void> check_owner(Connection& connection, const std::string& path) {
    const std::int64_t id = connection.number("PRAGMA application_id");
    if (id == kApplicationId) return ok();
    if (id == 0 && connection.number("SELECT count(*) FROM sqlite_schema") == 0) return ok();  // new, or killed before the first table
    // Between the two looks another process may have made it; tables and mark come in one transaction.
    if (connection.number("PRAGMA application_id") == kApplicationId) return ok();
    return anothers_database(path);
}

bool ends_as_databases_do(const std::string& path) {
    const std::string suffix = to_lower(std::filesystem::path(path).extension().string());
    return suffix == ".sqlite" || suffix == ".sqlite3";
}

// The switch asks for the file alone, and SQLite does not wait for that where two processes do it at once.
void enter_wal_mode(Connection& connection, std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) try {
            return connection.run("PRAGMA journal_mode = WAL");
        } catch (const SqliteFailure& failure) {
            if (!failure.is_busy() || std::chrono::steady_clock::now() >= end) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
}

}  // namespace

// The header of a database file: sqlite.org/fileformat.html, section 1.3.
Result<void> check_was_store(const std::string& path) {
    constexpr std::string_view kMagic("SQLite format 3\0", 16);
    constexpr std::size_t kIdAt = 68, kPage = 4096;
    std::string head(kIdAt + 4, '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    const auto length = static_cast<std::size_t>(in.gcount());
    if (length == 0) return ok();
    std::error_code error;
    if (length == head.size() && head.starts_with(kMagic)) {
        std::uint32_t id = 0;
        for (std::size_t i = 0; i < 4; ++i) id = id << 8U | static_cast<unsigned char>(head[kIdAt + i]);
        // The mark is in the log first, and the file has one page then.
        if (id == kApplicationId || (id == 0 && std::filesystem::file_size(path, error) <= kPage)) return ok();
        return anothers_database(path);
    }
    if (ends_as_databases_do(path)) return ok();
    return Error{ErrorCode::config, "open store", quote(path), "it is no SQLite database, so it is left as it is", "name another file with --store; if it was a store, remove it"};
}

std::span<const std::string_view> migrations() noexcept { return kMigrations; }

Result<void> prepare_schema(Connection& connection, const std::string& path, std::chrono::milliseconds patience, std::chrono::sys_seconds now) {
    VERITAG_CHECK(check_owner(connection, path));
    const auto version = [&] {
        return connection.number("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0 ? 0 : connection.number("SELECT max(version) FROM migrations");
    };
    constexpr auto kNewest = static_cast<std::int64_t>(kMigrations.size());
    if (const std::int64_t found = version(); found > kNewest)
        return Error{ErrorCode::config, "open store", quote(path), "its schema is version " + std::to_string(found) + ", and this veritag knows versions up to " + std::to_string(kNewest),
                     "a newer veritag made it: use that one, name another file with --store, or use --no-store"};
    else if (found == kNewest)
        return ok();
    connection.run("PRAGMA auto_vacuum = INCREMENTAL");  // of a new file only: pruned pages go back to the file system
    enter_wal_mode(connection, patience);
    Transaction transaction(connection);
    for (std::int64_t next = version(); next < kNewest; ++next) {  // asked again: another process may have been faster
        connection.run(std::string(kMigrations[static_cast<std::size_t>(next)]));
        connection.prepare("INSERT INTO migrations (version, applied) VALUES (?, ?)").bind(next + 1).bind(now.time_since_epoch().count()).run();
    }
    connection.run("PRAGMA application_id = " + std::to_string(kApplicationId));
    transaction.commit();
    return ok();
}

}  // namespace veritag::store
