#include "store/sqlite_store.h"

#include "model/kept.h"
#include "store/compression.h"
#include "store/schema.h"

#include <utility>

namespace veritag::store {
namespace {

constexpr std::int64_t kNoteUseEvery = 24 * 60 * 60;  // seconds: a scan that finds all it needs writes at most once a day
constexpr std::size_t kMostIdleReaders = 8;

}  // namespace

// A leading "./" keeps names such as ":memory:" from meaning something to SQLite.
SqliteStore::SqliteStore(const std::string& path, StoreOptions options) : path_(path.starts_with('/') || path.starts_with("./") ? path : "./" + path), options_(std::move(options)) {}

SqliteStore::~SqliteStore() {
    if (options_.prunes_itself && written_ > 0)
        while (prune_some()) {}
    readers_.clear();
    connection_.reset();  // the last: it takes the log into the file
    if (damaged_) (void)set_aside_with_warning(path_, identity_);
}

Result<void> SqliteStore::open() {
    VERITAG_CHECK(make_private_file(path_));
    identity_ = file_identity(path_);
    try {
        connection_.emplace(path_, options_.patience);
        VERITAG_CHECK(prepare_schema(*connection_, path_, options_.patience, options_.now()));
        connection_->run("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;");
        return ok();
    } catch (const SqliteFailure& failure) {
        connection_.reset();
        damaged_was_seen_ = failure.is_damage();
        return Error{ErrorCode::io, "open store", quote(path_), failure.what(), "name another file with --store, or use --no-store"};
    }
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
        my_wanted_.insert(digest);
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
    prune_when_due();
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
    prune_when_due();
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
    prune_when_due();
}

// nullptr: another file has the name now, and the old one can only be read by the connection that has it.
std::unique_ptr<Connection> SqliteStore::take_reader() {
    {
        const std::lock_guard lock(readers_mutex_);
        if (!readers_.empty()) {
            std::unique_ptr<Connection> reader = std::move(readers_.back());
            readers_.pop_back();
            return reader;
        }
    }
    if (file_identity(path_) != identity_) return nullptr;
    auto reader = std::make_unique<Connection>(path_, options_.patience);
    reader->run("PRAGMA query_only = ON");
    if (file_identity(path_) != identity_) return nullptr;
    return reader;
}

void SqliteStore::give_back(std::unique_ptr<Connection> reader) {
    const std::lock_guard lock(readers_mutex_);
    if (readers_.size() < kMostIdleReaders) readers_.push_back(std::move(reader));
}

void SqliteStore::leave_alone(const char* what, const std::exception& failure) {
    ++failures_;
    if (options_.try_again_after) again_ = (std::chrono::steady_clock::now() + *options_.try_again_after).time_since_epoch().count();
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

Result<std::unique_ptr<AuditStore>> open_sqlite_store(const std::string& path, StoreOptions options) {
    for (bool again = false;; again = true) {
        auto store = std::make_unique<SqliteStore>(path, options);
        Result<void> opened = store->open();
        if (opened) return std::unique_ptr<AuditStore>(std::move(store));
        if (again || !store->is_damaged()) return opened.error();
        VERITAG_CHECK(check_was_store(store->path()));
        if (!set_aside_with_warning(store->path(), store->identity())) return opened.error();
    }
}

}  // namespace veritag::store
