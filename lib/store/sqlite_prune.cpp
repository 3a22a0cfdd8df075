// What the store forgets, a piece at a time: what goes is looked for by a reader, whom nobody waits for, and each write is one short
// transaction. The sizes are such that one takes milliseconds.
#include "store/sqlite_store.h"

#include <array>
#include <tuple>

namespace veritag::store {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;           // seconds
constexpr std::int64_t kTagHistory = 3 * 366 * kDay;  // images live long that were built on what a tag was
constexpr std::int64_t kScansLeft = 1000;
constexpr std::int64_t kRowsAtOnce = 64;
constexpr std::int64_t kLargeRowsAtOnce = 16;  // of analyses, which take up to a megabyte
constexpr std::int64_t kPagesAtOnce = 1000;

// Audits whose results nobody shows now.
constexpr std::string_view kNotCurrent = "id NOT IN (SELECT audit FROM current_references) ";

std::vector<std::int64_t> numbers_of(Statement rows) {
    std::vector<std::int64_t> numbers;
    while (rows.step()) numbers.push_back(rows.number(0));
    return numbers;
}

}  // namespace

bool SqliteStore::prune_some() {
    using Piece = bool (SqliteStore::*)();
    // Audits first: what they leave makes room, so that fewer layers must go.
    constexpr std::array<Piece, 12> kPieces{&SqliteStore::prune_old_audits, &SqliteStore::prune_many_scans, &SqliteStore::prune_thin_audits, &SqliteStore::prune_orphans,
                                            &SqliteStore::prune_tags,       &SqliteStore::prune_published,  &SqliteStore::prune_images,      &SqliteStore::prune_documents,
                                            &SqliteStore::prune_layers,     &SqliteStore::prune_large,      &SqliteStore::prune_wanted,      &SqliteStore::give_pages_back};
    const std::lock_guard lock(pruning_);
    for (; piece_ < kPieces.size(); ++piece_)
        if ((this->*kPieces[piece_])()) return true;
    piece_ = 0;
    written_ = 0;
    return false;
}

// A long run prunes as it goes; a short one at its end.
void SqliteStore::prune_when_due() {
    if (!options_.prunes_itself || written_ < options_.most_bytes / 8) return;
    while (prune_some()) {}
}

template <class Use>
bool SqliteStore::drop_piece(Use use) {
    const std::optional<bool> dropped = attempt("prune the store", [&]() -> std::optional<bool> {
        Transaction transaction(*connection_);
        const bool some = use(*connection_);
        transaction.commit();
        return some;
    });
    return dropped.value_or(false);
}

// Their references follow: an audit without its row is none, so no reader sees a part of one.
bool SqliteStore::drop_audits(const std::vector<std::int64_t>& ids) {
    if (ids.empty()) return false;
    return drop_piece([&](Connection& connection) {
        bool some = false;
        for (const std::int64_t id : ids) {
            connection.prepare("DELETE FROM audits WHERE id = ?").bind(id).run();
            some = some || connection.rows_changed() > 0;
        }
        return some;
    });
}

// The last two of each set of targets stay whatever their age, so that there is always one to compare with.
bool SqliteStore::prune_old_audits() {
    const std::int64_t oldest = now() - std::chrono::duration_cast<std::chrono::seconds>(options_.most_age).count();
    const auto ids = look("prune the store", [&](Connection& connection) {
        Statement rows = connection.prepare("SELECT id FROM audits WHERE started < ? AND " + std::string(kNotCurrent) +
                                            R"(AND id NOT IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY targets ORDER BY ending <> '', id DESC) AS place
                                                                             FROM audits WHERE ended IS NOT NULL) WHERE place <= 2) LIMIT ?)");
        rows.bind(oldest).bind(kRowsAtOnce);
        return std::optional(numbers_of(std::move(rows)));
    });
    return ids && drop_audits(*ids);
}

// Scans of single references come by the thousand, and what they found is shown until the next one: then their rows are of no use.
bool SqliteStore::prune_many_scans() {
    const auto ids = look("prune the store", [&](Connection& connection) {
        Statement rows = connection.prepare("SELECT id FROM audits WHERE kind = 'scan' AND ended IS NOT NULL AND id <= (SELECT max(id) FROM audits) - ? AND " + std::string(kNotCurrent) + "LIMIT ?");
        rows.bind(kScansLeft).bind(kRowsAtOnce);
        return std::optional(numbers_of(std::move(rows)));
    });
    return ids && drop_audits(*ids);
}

// Where there is too much: of audits of the same targets one a day stays after two days, and one a week after a month; whole ones before others.
bool SqliteStore::prune_thin_audits() {
    if (!is_shrinking()) return false;
    const auto ids = look("prune the store", [&](Connection& connection) {
        Statement rows = connection.prepare(
            R"(SELECT id FROM (SELECT id, started, row_number() OVER (PARTITION BY targets ORDER BY ending <> '', id DESC) AS place,
                                      row_number() OVER (PARTITION BY targets, CASE WHEN started < ?1 THEN -1 - started / 604800 ELSE started / 86400 END ORDER BY ending <> '', id DESC) AS of_its_time
                               FROM audits WHERE kind = 'audit' AND ended IS NOT NULL)
               WHERE started < ?2 AND place > 2 AND of_its_time > 1 AND )" + std::string(kNotCurrent) + "LIMIT ?3");
        rows.bind(now() - 30 * kDay).bind(now() - 2 * kDay).bind(kRowsAtOnce);
        return std::optional(numbers_of(std::move(rows)));
    });
    return ids && drop_audits(*ids);
}

bool SqliteStore::prune_orphans() {
    const auto orphan = look("prune the store", [&](Connection& connection) -> std::optional<std::int64_t> {
        // From one audit's number to the next by the primary key; DISTINCT would look at every row.
        Statement row = connection.prepare(R"(WITH RECURSIVE each(audit) AS (SELECT min(audit) FROM audit_references UNION ALL
                                                SELECT (SELECT min(audit) FROM audit_references r WHERE r.audit > each.audit) FROM each WHERE each.audit IS NOT NULL)
                                              SELECT audit FROM each WHERE audit IS NOT NULL AND audit NOT IN (SELECT id FROM audits) LIMIT 1)");
        if (!row.step()) return std::nullopt;
        return row.number(0);
    });
    if (!orphan) return false;
    return drop_piece([&](Connection& connection) {
        connection.prepare(R"(DELETE FROM audit_references WHERE audit = ?1 AND (registry, repository, tag) IN
                                (SELECT registry, repository, tag FROM audit_references WHERE audit = ?1 LIMIT ?2))").bind(*orphan).bind(kRowsAtOnce).run();
        return connection.rows_changed() > 0;
    });
}

bool SqliteStore::prune_tags() {
    using Names = std::array<std::string, 4>;
    const auto old = look("prune the store", [&](Connection& connection) {
        std::vector<Names> found;
        Statement rows = connection.prepare("SELECT registry, repository, tag, digest FROM tag_digests WHERE last_seen < ? LIMIT ?");
        rows.bind(now() - kTagHistory).bind(kRowsAtOnce);
        while (rows.step()) found.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3)});
        return std::optional(std::move(found));
    });
    if (!old || old->empty()) return false;
    return drop_piece([&](Connection& connection) {
        bool some = false;
        for (const auto& [registry, repository, tag, digest] : *old) {
            connection.prepare("DELETE FROM tag_digests WHERE registry = ? AND repository = ? AND tag = ? AND digest = ? AND last_seen < ?")
                .bind(registry).bind(repository).bind(tag).bind(digest).bind(now() - kTagHistory).run();
            if (connection.rows_changed() == 0) continue;  // it was seen again meanwhile
            some = true;
            connection.prepare("DELETE FROM published WHERE registry = ? AND repository = ? AND tag = ? AND digest = ?").bind(registry).bind(repository).bind(tag).bind(digest).run();
        }
        return some;
    });
}

// What an earlier version left behind that was killed between a tag's digest and this.
bool SqliteStore::prune_published() {
    using Names = std::array<std::string, 4>;
    const auto old = look("prune the store", [&](Connection& connection) {
        std::vector<Names> found;
        Statement rows = connection.prepare(R"(SELECT registry, repository, tag, digest FROM published p WHERE NOT EXISTS
                                                 (SELECT 1 FROM tag_digests t WHERE t.registry = p.registry AND t.repository = p.repository AND t.tag = p.tag AND t.digest = p.digest) LIMIT ?)");
        rows.bind(kRowsAtOnce);
        while (rows.step()) found.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3)});
        return std::optional(std::move(found));
    });
    if (!old || old->empty()) return false;
    return drop_piece([&](Connection& connection) {
        bool some = false;
        for (const auto& [registry, repository, tag, digest] : *old) {
            connection.prepare(R"(DELETE FROM published WHERE registry = ?1 AND repository = ?2 AND tag = ?3 AND digest = ?4 AND NOT EXISTS
                                    (SELECT 1 FROM tag_digests WHERE registry = ?1 AND repository = ?2 AND tag = ?3 AND digest = ?4))").bind(registry).bind(repository).bind(tag).bind(digest).run();
            some = some || connection.rows_changed() > 0;
        }
        return some;
    });
}

bool SqliteStore::prune_unused(const std::string& table) {
    const std::int64_t oldest = now() - std::chrono::duration_cast<std::chrono::seconds>(options_.most_age).count();
    const auto there = look("prune the store", [&](Connection& connection) {
        Statement row = connection.prepare("SELECT 1 FROM " + table + " WHERE used < ? LIMIT 1");
        row.bind(oldest);
        return std::optional(row.step());
    });
    if (!there || !*there) return false;
    return drop_piece([&](Connection& connection) {
        connection.prepare("DELETE FROM " + table + " WHERE id IN (SELECT id FROM " + table + " WHERE used < ? LIMIT ?)").bind(oldest).bind(kLargeRowsAtOnce).run();
        return connection.rows_changed() > 0;
    });
}

// Layers alone: a document is a thousandth of them.
bool SqliteStore::prune_large() {
    if (!is_shrinking()) return false;
    return drop_piece([&](Connection& connection) {
        connection.prepare("DELETE FROM layers WHERE id IN (SELECT id FROM layers ORDER BY used LIMIT ?)").bind(kLargeRowsAtOnce).run();
        return connection.rows_changed() > 0;
    });
}

bool SqliteStore::prune_wanted() {
    constexpr std::string_view kUnused = "NOT EXISTS (SELECT 1 FROM layers WHERE layers.wanted = wanted_sets.digest)";
    auto unused = look("prune the store", [&](Connection& connection) {
        std::vector<std::string> found;
        Statement rows = connection.prepare("SELECT digest FROM wanted_sets WHERE " + std::string(kUnused));
        while (rows.step()) found.push_back(rows.text(0));
        return std::optional(std::move(found));
    });
    if (!unused || unused->empty()) return false;
    return drop_piece([&](Connection& connection) {
        bool some = false;
        for (const std::string& digest : *unused) {
            if (my_wanted_.contains(digest)) continue;
            connection.prepare("DELETE FROM wanted_sets WHERE digest = ? AND " + std::string(kUnused)).bind(digest).run();
            some = some || connection.rows_changed() > 0;
        }
        return some;
    });
}

bool SqliteStore::give_pages_back() {
    const std::optional<bool> given = attempt("prune the store", [&]() -> std::optional<bool> {
        const std::int64_t free = connection_->number("PRAGMA freelist_count");
        if (free == 0) return false;
        connection_->run("PRAGMA incremental_vacuum(" + std::to_string(kPagesAtOnce) + ")");
        return connection_->number("PRAGMA freelist_count") < free;  // a file that was not made for it keeps them
    });
    return given.value_or(false);
}

// Begun once there is too much, it goes on until a quarter is free.
bool SqliteStore::is_shrinking() {
    const std::optional<std::uint64_t> used = look("prune the store", [](Connection& connection) {
        const std::int64_t pages = connection.number("PRAGMA page_count") - connection.number("PRAGMA freelist_count");
        return std::optional(static_cast<std::uint64_t>(pages * connection.number("PRAGMA page_size")));
    });
    if (!used) return false;
    if (*used > options_.most_bytes) shrinking_ = true;
    if (*used <= options_.most_bytes / 4 * 3) shrinking_ = false;
    return shrinking_;
}

}  // namespace veritag::store
