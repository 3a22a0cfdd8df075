// The store as one SQLite file in WAL mode: readers never wait, writers wait for each other for the milliseconds of one insert, and a
// process that dies at any point leaves whole transactions. synchronous=NORMAL: after a power cut the last ones may be missing,
// nothing else; what is missing is read again.
#pragma once

#include "base/log.h"
#include "base/text.h"
#include "store/place.h"
#include "store/sqlite.h"
#include "store/store.h"

#include <atomic>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::store {

class SqliteStore final : public AuditStore {
public:
    SqliteStore(const std::string& path, StoreOptions options);
    ~SqliteStore() override;

    Result<void> open();
    /// open() failed because the file is no whole database.
    [[nodiscard]] bool is_damaged() const noexcept { return damaged_was_seen_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }

    // sqlite_store.cpp
    std::optional<LayerAnalysis> find_layer(const LayerKey& key) override;
    void keep_layer(const LayerKey& key, const LayerAnalysis& analysis) override;
    std::optional<EarlierLayer> find_earlier_layer(const LayerKey& key) override;
    void keep_wanted(const std::string& digest, std::string_view wanted) override;
    std::optional<Document> find_document(const Digest& digest) override;
    void keep_document(const Digest& digest, const Document& document) override;
    std::optional<ReadImage> find_image(const ImageKey& key) override;
    void keep_image(const ImageKey& key, const ReadImage& image, std::span<const Digest> layers) override;

    // sqlite_audits.cpp
    std::optional<AuditRecord> begin_audit(const AuditRecord& audit) override;
    void keep_reference(std::int64_t audit, const ReferenceKey& reference, const std::optional<Digest>& top, const JudgedReference& judged, std::span<const Published> published,
                        bool seen, std::optional<std::chrono::sys_seconds> looked) override;
    [[nodiscard]] bool is_working() const noexcept override { return !left_alone_; }
    [[nodiscard]] std::uint64_t failures() const noexcept override { return failures_; }
    std::vector<TagDigest> current_digests() override;
    void end_audit(std::int64_t audit, const Report& outcome) override;
    void keep_outcome(std::int64_t audit, const Report& outcome) override;
    void close_audit(std::int64_t audit, AuditEnd end, std::string_view why) override;
    void each_current(const std::function<void(CurrentReference)>& take) override;
    std::optional<CurrentReference> find_current(const ReferenceKey& reference) override;
    void forget_references(std::span<const ReferenceKey> references) override;
    std::vector<AuditRecord> list_audits() override;
    std::vector<AuditRecord> list_audits(const AuditQuery& query) override;
    std::vector<AuditRecord> open_audits() override;
    std::optional<AuditRecord> find_audit(std::int64_t audit) override;
    std::optional<Report> read_audit(std::int64_t audit) override;
    std::vector<TagDigest> digests_before(std::int64_t audit) override;
    std::vector<TagDigest> tag_history() override;
    std::vector<Published> list_published() override;

    // sqlite_prune.cpp
    bool prune_some() override;

private:
    struct Row {
        std::int64_t id = 0;
        std::string content;
        std::string extra;  ///< a document's media type, an image's layers
        bool used = false;  ///< that it was used was just noted
    };

    [[nodiscard]] std::int64_t now() const { return options_.now().time_since_epoch().count(); }
    // A new try is due once the time is over; one that fails leaves it alone again.
    [[nodiscard]] bool left_alone() noexcept {
        if (left_alone_ && options_.try_again_after && !damaged_ && std::chrono::steady_clock::now().time_since_epoch().count() >= again_) left_alone_ = false;
        return left_alone_;
    }

    // Everything that may write goes through here.
    template <class Use>
    auto attempt(const char* what, Use use) -> decltype(use()) {
        const std::lock_guard lock(mutex_);
        if (!connection_ || left_alone()) return std::nullopt;
        return guarded(what, use);
    }
    void change(const char* what, const auto& use) {
        attempt(what, [&] {
            use();
            return std::optional<bool>();
        });
    }

    // Looking alone: `use(connection)` gives an optional, and sees one state of the whole database.
    template <class Use>
    auto look(const char* what, Use use) -> decltype(use(std::declval<Connection&>())) {
        if (!connection_ || left_alone()) return std::nullopt;
        return guarded(what, [&]() -> decltype(use(std::declval<Connection&>())) {
            std::unique_ptr<Connection> reader = take_reader();
            if (!reader) {
                const std::lock_guard lock(mutex_);
                return use(*connection_);
            }
            reader->run("BEGIN");
            auto found = use(*reader);
            reader->run("COMMIT");
            give_back(std::move(reader));
            return found;
        });
    }
    void each_row(const char* what, const auto& use) {
        look(what, [&](Connection& connection) {
            use(connection);
            return std::optional<bool>();
        });
    }
    std::unique_ptr<Connection> take_reader();
    void give_back(std::unique_ptr<Connection> reader);

    // The first failure is told, and is the last: a disk that is full stays so for a while, and waiting for a lock once for each of a
    // hundred layers would be worse than no store.
    template <class Use>
    auto guarded(const char* what, Use use) -> decltype(use()) {
        try {
            return use();
        } catch (const SqliteFailure& failure) {
            damaged_ = failure.is_damage();
            leave_alone(what, failure);
        } catch (const std::exception& failure) {  // memory ran out
            leave_alone(what, failure);
        }
        return std::nullopt;
    }

    void leave_alone(const char* what, const std::exception& failure);
    std::optional<Row> find(std::string_view sql, const std::string& table, std::initializer_list<std::string_view> key);
    std::optional<LayerAnalysis> read_layer(const Row& row, const LayerKey& key);
    void drop(const std::string& table, std::int64_t id, const Digest& digest);
    void write_outcome(const char* what, std::int64_t audit, const Report& outcome, const std::string& more);
    void note_written(std::size_t bytes) noexcept { written_ += bytes; }
    void prune_when_due();

    // sqlite_prune.cpp: each drops a piece, and says whether there was one.
    bool prune_old_audits();
    bool prune_many_scans();
    bool prune_thin_audits();
    bool prune_orphans();
    bool prune_tags();
    bool prune_published();
    bool prune_unused(const std::string& table);
    bool prune_images() { return prune_unused("images"); }
    bool prune_documents() { return prune_unused("documents"); }
    bool prune_layers() { return prune_unused("layers"); }
    bool prune_large();
    bool prune_wanted();
    bool give_pages_back();
    bool drop_audits(const std::vector<std::int64_t>& ids);
    bool is_shrinking();
    template <class Use>
    bool drop_piece(Use use);

    const std::string path_;
    const StoreOptions options_;
    FileIdentity identity_;
    std::atomic<bool> left_alone_{false};
    std::atomic<std::chrono::steady_clock::rep> again_{0};  // steady clock
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> written_{0};  // bytes since the last pruning
    std::atomic<bool> damaged_{false};
    bool damaged_was_seen_ = false;
    std::mutex pruning_;      // the next two
    std::size_t piece_ = 0;   // of pruning, that comes next
    bool shrinking_ = false;  // it was too large, and has not become small enough
    std::mutex readers_mutex_;
    std::vector<std::unique_ptr<Connection>> readers_;  // that nobody uses now
    std::mutex mutex_;                                  // all below
    std::optional<Connection> connection_;              // set from open() to the end
    std::set<std::string> my_wanted_;                   // sets that this process wants layers for, though there may be none yet
};

}  // namespace veritag::store
