#include "store/sqlite_store.h"

#include "model/kept.h"
#include "store/compression.h"

#include <array>
#include <thread>
#include <utility>

namespace veritag::store {
namespace {

constexpr std::int64_t kApplicationId = 0x76746167;  // "vtag", in the file's header (sqlite.org/fileformat2.html, section 1.3)
constexpr std::int64_t kNoteUseEvery = 24 * 60 * 60;  // seconds: a scan that finds all it needs writes at most once a day
constexpr std::int64_t kPrunedAtOnce = 64;            // rows a transaction, so that no other process waits for long

// Never changed once released: a store that has made a step does not make it again. A further step is a further line.
constexpr std::array<std::string_view, 3> kMigrations{
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
    "ALTER TABLE published ADD COLUMN created INTEGER NOT NULL DEFAULT 0;  -- as the config says, seconds since 1970; 0: not known"};

}  // namespace

// A leading "./" keeps names such as ":memory:" from meaning something to SQLite.
SqliteStore::SqliteStore(const std::string& path, StoreOptions options) : path_(path.starts_with('/') ? path : "./" + path), options_(std::move(options)) {}

SqliteStore::~SqliteStore() {
    attempt("prune the store", [&] {
        if (written_ > 0) prune();
        return std::optional<bool>();
    });
    connection_.reset();
    if (damaged_) (void)report_set_aside(path_, identity_);
}

Result<void> SqliteStore::open() {
    VERITAG_CHECK(make_private_file(path_));
    identity_ = file_identity(path_);
    try {
        connection_.emplace(path_, options_.patience);
        VERITAG_CHECK(prepare_schema());
        connection_->run("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;");
        return ok();
    } catch (const SqliteFailure& failure) {
        connection_.reset();
        damaged_was_seen_ = failure.is_damage();
        return Error{ErrorCode::io, "open store", quote(path_), failure.what(), "name another file with --store, or use --no-store"};
    }
}
bool SqliteStore::report_set_aside(const std::string& path, const FileIdentity& damaged) {
    const Result<std::optional<std::string>> name = set_aside(path, damaged);
    if (!name)
        log::warn("the store is damaged and could not be set aside", {{"error", name.error().message()}});
    else if (*name)
        log::warn("the store is damaged and was set aside; a new one takes its place", {{"store", quote(path)}, {"kept_as", quote(**name)}});
    return name.has_value();
}

std::optional<LayerAnalysis> SqliteStore::find_layer(const LayerKey& key) {
    std::optional<Row> row = attempt("find layer", [&] {
        return find(R"(SELECT id, used, analysis, '' FROM layers WHERE blob = ? AND compression = ? AND recipe = ?)", "layers",
                    {key.blob.str(), key.compression, key.recipe});
    });
    if (!row) return std::nullopt;
    std::optional<LayerAnalysis> found = read_layer(*row, key);
    if (!found) drop("layers", row->id, key.blob);
    return found;
}

std::optional<LayerAnalysis> SqliteStore::read_layer(const Row& row, const LayerKey& key) {
    // A serial form is longer than what it stands for by its length fields alone, at most some 50 bytes an item.
    return guarded("read layer", [&]() -> std::optional<LayerAnalysis> {
        const std::optional<std::string> bytes = decompress(row.content, 4 * options_.limits.image_analysis_bytes);
        if (!bytes) return std::nullopt;
        Result<LayerAnalysis> analysis = deserialise_layer_analysis(*bytes, options_.limits);
        if (!analysis || analysis->blob_digest != key.blob || analysis->compression != key.compression) return std::nullopt;
        return std::move(*analysis);
    });
}

std::optional<EarlierLayer> SqliteStore::find_earlier_layer(const LayerKey& key) {
    if (key.parsers.empty()) return std::nullopt;
    std::optional<Row> row = attempt("find layer", [&] {
        return find(R"(SELECT id, used, analysis, w.content FROM layers JOIN wanted_sets w ON w.digest = layers.wanted
                       WHERE blob = ? AND compression = ? AND parsers = ? ORDER BY id DESC LIMIT 1)", "layers", {key.blob.str(), key.compression, key.parsers});
    });
    if (!row) return std::nullopt;
    std::optional<LayerAnalysis> found = read_layer(*row, key);
    if (!found) {
        drop("layers", row->id, key.blob);
        return std::nullopt;
    }
    return EarlierLayer{std::move(*found), std::move(row->extra)};
}

void SqliteStore::keep_wanted(const std::string& digest, std::string_view wanted) {
    change("keep what is wanted", [&] {
        Statement known = connection_->prepare("SELECT 1 FROM wanted_sets WHERE digest = ?");
        known.bind(digest);
        bool there = false;
        while (known.step()) there = true;
        if (!there) connection_->prepare("INSERT OR IGNORE INTO wanted_sets (digest, content) VALUES (?, ?)").bind(digest).bind_blob(wanted).run();
    });
}

void SqliteStore::keep_layer(const LayerKey& key, const LayerAnalysis& analysis) {
    VERITAG_ASSERT(analysis.blob_digest == key.blob && !analysis.diff_id.empty());
    if (left_alone()) return;
    const std::optional<std::string> frame = guarded("compress layer", [&] { return std::optional(compress(serialise(analysis))); });
    if (!frame) return;
    attempt("keep layer", [&] {
        Statement statement = connection_->prepare(
            R"(INSERT INTO layers (blob, compression, recipe, diff_id, blob_bytes, tar_bytes, analysis, used, parsers, wanted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET diff_id = excluded.diff_id, blob_bytes = excluded.blob_bytes, tar_bytes = excluded.tar_bytes,
                                         analysis = excluded.analysis, used = excluded.used, parsers = excluded.parsers, wanted = excluded.wanted)");
        statement.bind(key.blob.str()).bind(key.compression).bind(key.recipe).bind(analysis.diff_id.str());
        statement.bind(static_cast<std::int64_t>(analysis.blob_size)).bind(static_cast<std::int64_t>(analysis.tar_size));
        statement.bind_blob(*frame).bind(now()).bind(key.parsers).bind(key.wanted).run();
        note_written(frame->size());
        return std::optional<bool>();
    });
}

std::optional<Document> SqliteStore::find_document(const Digest& digest) {
    std::optional<Row> row =
        attempt("find document", [&] { return find("SELECT id, used, body, media_type FROM documents WHERE digest = ?", "documents", {digest.str()}); });
    if (!row) return std::nullopt;
    if (verify_digest("read store", "", row->content, digest)) return Document{.media_type = std::move(row->extra), .body = std::move(row->content)};
    drop("documents", row->id, digest);
    return std::nullopt;
}

void SqliteStore::keep_document(const Digest& digest, const Document& document) {
    attempt("keep document", [&] {
        Statement statement = connection_->prepare(
            R"(INSERT INTO documents (digest, media_type, body, used) VALUES (?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET media_type = excluded.media_type, body = excluded.body, used = excluded.used)");
        statement.bind(digest.str()).bind(document.media_type).bind_blob(document.body).bind(now()).run();
        note_written(document.body.size());
        return std::optional<bool>();
    });
}

std::optional<ReadImage> SqliteStore::find_image(const ImageKey& key) {
    std::optional<Row> row = attempt("find image", [&]() -> std::optional<Row> {
        std::optional<Row> found = find("SELECT id, used, image, layers FROM images WHERE manifest = ? AND recipe = ?", "images", {key.manifest.str(), key.recipe});
        if (found && found->used) {
            // Other rules will ask for its layers, so they stay as long as the image does.
            for (const std::string_view blob : split(found->extra, ' ')) connection_->prepare("UPDATE layers SET used = ? WHERE blob = ?").bind(now()).bind(blob).run();
        }
        return found;
    });
    if (!row) return std::nullopt;
    std::optional<ReadImage> image = guarded("read image", [&]() -> std::optional<ReadImage> {
        const std::optional<std::string> bytes = decompress(row->content, 4 * options_.limits.image_analysis_bytes);
        if (!bytes) return std::nullopt;
        Result<ReadImage> read = deserialise_read_image(*bytes);
        return read ? std::optional(std::move(*read)) : std::nullopt;
    });
    if (!image) drop("images", row->id, key.manifest);
    return image;
}

void SqliteStore::keep_image(const ImageKey& key, const ReadImage& image, std::span<const Digest> layers) {
    if (left_alone()) return;
    const std::optional<std::string> frame = guarded("compress image", [&] { return std::optional(compress(serialise(image))); });
    if (!frame) return;
    std::string blobs;
    for (const Digest& layer : layers) blobs += (blobs.empty() ? "" : " ") + layer.str();
    change("keep image", [&] {
        // What other rules or another program made of it is of no more use.
        connection_->prepare("DELETE FROM images WHERE manifest = ? AND recipe <> ? AND used < ?").bind(key.manifest.str()).bind(key.recipe).bind(now() - kNoteUseEvery).run();
        Statement statement = connection_->prepare(
            R"(INSERT INTO images (manifest, recipe, layers, image, used) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET layers = excluded.layers, image = excluded.image, used = excluded.used)");
        statement.bind(key.manifest.str()).bind(key.recipe).bind(blobs).bind_blob(*frame).bind(now()).run();
        note_written(frame->size());
    });
}

void SqliteStore::leave_alone(const char* what, const std::exception& failure) {
    if (!left_alone_.exchange(true))
        log::warn("the store failed; this run goes on without it", {{"store", quote(path_)}, {"during", what}, {"error", failure.what()}});
}

// Rows of id, used, content and something more.
std::optional<SqliteStore::Row> SqliteStore::find(std::string_view sql, const std::string& table, std::initializer_list<std::string_view> key) {
    Statement statement = connection_->prepare(sql);
    for (const std::string_view each : key) statement.bind(each);
    if (!statement.step()) return std::nullopt;
    Row row{.id = statement.number(0), .content = statement.text(2), .extra = statement.text(3), .used = statement.number(1) + kNoteUseEvery <= now()};
    while (statement.step()) {}  // ends the read, so that the write below need not wait for a checkpoint
    if (row.used) connection_->prepare("UPDATE " + table + " SET used = ? WHERE id = ?").bind(now()).bind(row.id).run();
    return row;
}

void SqliteStore::drop(const std::string& table, std::int64_t id, const Digest& digest) {
    log::warn("a damaged row of the store was dropped; it is read again from its source", {{"store", quote(path_)}, {"table", table}, {"digest", digest.str()}});
    attempt("drop a damaged row", [&] {
        connection_->prepare("DELETE FROM " + table + " WHERE id = ?").bind(id).run();
        return std::optional<bool>();
    });
}

void SqliteStore::note_written(std::size_t bytes) {
    written_ += bytes;
    // A long run prunes as it goes; a short one at its end.
    if (written_ < options_.most_bytes / 8) return;
    prune();
    written_ = 0;
}

template <class Wanted>
void SqliteStore::delete_in_steps(const std::string& sql, Wanted wanted) {
    while (wanted()) {
        connection_->run(sql);
        if (connection_->rows_changed() == 0) return;
    }
}

void SqliteStore::prune() {
    const std::int64_t oldest = now() - std::chrono::duration_cast<std::chrono::seconds>(options_.most_age).count();
    for (const std::string table : {"layers", "documents", "images"})
        delete_in_steps("DELETE FROM " + table + " WHERE id IN (SELECT id FROM " + table + " WHERE used < " + std::to_string(oldest) + " LIMIT " + std::to_string(kPrunedAtOnce) + ")",
                        [] { return true; });
    prune_audits(oldest);
    connection_->run("DELETE FROM wanted_sets WHERE digest NOT IN (SELECT wanted FROM layers)");
    if (used_bytes() > options_.most_bytes) {
        const auto too_large = [&] { return used_bytes() > options_.most_bytes / 4 * 3; };
        // Layers alone: a document is a thousandth of them.
        delete_in_steps("DELETE FROM layers WHERE id IN (SELECT id FROM layers ORDER BY used LIMIT " + std::to_string(kPrunedAtOnce) + ")", too_large);
    }
    connection_->run("PRAGMA incremental_vacuum");
}

std::uint64_t SqliteStore::used_bytes() {
    return static_cast<std::uint64_t>((connection_->number("PRAGMA page_count") - connection_->number("PRAGMA freelist_count")) *
                                      connection_->number("PRAGMA page_size"));
}

Result<void> SqliteStore::prepare_schema() {
    VERITAG_CHECK(check_owner());
    const auto version = [&] {
        return connection_->number("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0 ? 0 : connection_->number("SELECT max(version) FROM migrations");
    };
    constexpr auto kNewest = static_cast<std::int64_t>(kMigrations.size());
    if (const std::int64_t found = version(); found > kNewest)
        return Error{ErrorCode::config, "open store", quote(path_), "its schema is version " + std::to_string(found) + ", and this veritag knows versions up to " + std::to_string(kNewest),
                     "a newer veritag made it: use that one, name another file with --store, or use --no-store"};
    else if (found == kNewest)
        return ok();
    connection_->run("PRAGMA auto_vacuum = INCREMENTAL");  // of a new file only: pruned pages go back to the file system
    enter_wal_mode();
    Transaction transaction(*connection_);
    for (std::int64_t next = version(); next < kNewest; ++next) {  // asked again: another process may have been faster
        connection_->run(std::string(kMigrations[static_cast<std::size_t>(next)]));
        connection_->prepare("INSERT INTO migrations (version, applied) VALUES (?, ?)").bind(next + 1).bind(now()).run();
    }
    connection_->run("PRAGMA application_id = " + std::to_string(kApplicationId));
    transaction.commit();
    return ok();
}

Result<void> SqliteStore::check_owner() {
    const std::int64_t id = connection_->number("PRAGMA application_id");
    if (id == kApplicationId) return ok();
    if (id == 0 && connection_->number("SELECT count(*) FROM sqlite_schema") == 0) return ok();  // new, or killed before the first table
    // Between the two looks another process may have made it; tables and mark come in one transaction.
    if (connection_->number("PRAGMA application_id") == kApplicationId) return ok();
    return Error{ErrorCode::config, "open store", quote(path_), "it is another program's database, not a veritag store", "name another file with --store"};
}

// The switch asks for the file alone, and SQLite does not wait for that where two processes do it at once.
void SqliteStore::enter_wal_mode() {
    const auto end = std::chrono::steady_clock::now() + options_.patience;
    for (;;) try {
            return connection_->run("PRAGMA journal_mode = WAL");
        } catch (const SqliteFailure& failure) {
            if (!failure.is_busy() || std::chrono::steady_clock::now() >= end) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
}

Result<std::unique_ptr<AuditStore>> open_sqlite_store(const std::string& path, StoreOptions options) {
    for (bool again = false;; again = true) {
        auto store = std::make_unique<SqliteStore>(path, options);
        Result<void> opened = store->open();
        if (opened) return std::unique_ptr<AuditStore>(std::move(store));
        if (again || !store->is_damaged() || !SqliteStore::report_set_aside(store->path(), store->identity())) return opened.error();
    }
}

}  // namespace veritag::store
