// What audits found, and what tags were.
#include "store/sqlite_store.h"

#include "model/kept.h"
#include "store/compression.h"
#include "store/owner.h"

#include <algorithm>
#include <utility>

namespace veritag::store {
namespace {

constexpr std::uint64_t kMostJudgedBytes = 64ULL << 20;  // of one reference: 64 platforms, some thousand findings

std::string lines_of(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& each : texts) all += (all.empty() ? "" : "\n") + each;
    return all;
}

std::vector<std::string> texts_of(std::string_view lines) {
    std::vector<std::string> all;
    if (lines.empty()) return all;
    for (const std::string_view each : split(lines, '\n')) all.emplace_back(each);
    return all;
}

std::chrono::sys_seconds time_of(std::int64_t seconds) { return std::chrono::sys_seconds(std::chrono::seconds(seconds)); }

// A digest out of a column that veritag wrote; an empty one where somebody altered it.
Digest digest_of(const std::string& text) {
    const Result<Digest> digest = Digest::parse(text);
    return digest ? *digest : Digest();
}

std::string text_of(const VerdictCounts& counts) {
    std::string text;
    for (const std::uint64_t each : {counts.pass, counts.warn, counts.fail, counts.unknown, counts.error}) text += (text.empty() ? "" : " ") + std::to_string(each);
    return text;
}

std::optional<VerdictCounts> counts_of(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, ' ');
    VerdictCounts counts;
    std::uint64_t* const fields[] = {&counts.pass, &counts.warn, &counts.fail, &counts.unknown, &counts.error};
    if (parts.size() != std::size(fields)) return std::nullopt;
    for (std::size_t i = 0; i < parts.size(); ++i) *fields[i] = parse_u64(parts[i]).value_or(0);
    return counts;
}

VerdictCounts count_verdicts(const std::vector<ImageReport>& images) {
    VerdictCounts counts;
    for (const ImageReport& image : images) switch (image.verdict) {
            case Verdict::pass: ++counts.pass; break;
            case Verdict::warn: ++counts.warn; break;
            case Verdict::fail: ++counts.fail; break;
            case Verdict::unknown: ++counts.unknown; break;
            case Verdict::error: ++counts.error; break;
        }
    return counts;
}

constexpr std::string_view kRecordColumns = "id, targets, rules, tool, started, ended, kind, verdicts";

AuditRecord record_of(const Statement& row) {
    AuditRecord audit{.id = row.number(0), .kind = row.text(6) == to_string(RunKind::scan) ? RunKind::scan : RunKind::audit, .targets = texts_of(row.text(1)), .rules_digest = row.text(2),
                      .tool_version = row.text(3), .started = time_of(row.number(4))};
    if (!row.text(5).empty()) audit.ended = time_of(row.number(5));
    audit.verdicts = counts_of(row.text(7));
    return audit;
}

// Never silently one image less.
JudgedReference unreadable(const ReferenceKey& reference) {
    JudgedReference judged;
    ImageReport& lost = judged.images.emplace_back();
    lost.reference = reference.registry + '/' + reference.repository + ':' + reference.tag;
    lost.registry = reference.registry;
    lost.repository = reference.repository;
    lost.tag = reference.tag;
    lost.error = Error{ErrorCode::malformed, "read kept report", lost.reference, "its row in the store is damaged or of another version", "audit it again"};
    return judged;
}

JudgedReference judged_of(const std::string& frame, const ReferenceKey& reference) {
    const std::optional<std::string> bytes = decompress(frame, kMostJudgedBytes);
    if (!bytes) return unreadable(reference);
    Result<JudgedReference> judged = deserialise_judged_reference(*bytes);
    return judged ? std::move(*judged) : unreadable(reference);
}

CurrentReference current_of(const Statement& row) {
    CurrentReference current{.reference = {row.text(0), row.text(1), row.text(2)}, .audit = row.number(3), .seen = time_of(row.number(4)), .judged = {}};
    current.judged = judged_of(row.text(5), current.reference);
    return current;
}

// An outage says nothing about an image.
bool nobody_answered(const JudgedReference& judged) {
    return !judged.images.empty() && judged.skipped.empty() && std::all_of(judged.images.begin(), judged.images.end(), [](const ImageReport& image) {
        return image.error && (image.error->code == ErrorCode::network || image.error->code == ErrorCode::timeout || image.error->code == ErrorCode::tls || image.error->code == ErrorCode::server ||
                               image.error->code == ErrorCode::rate_limited);
    });
}

constexpr std::string_view kCurrentRows = R"(SELECT c.registry, c.repository, c.tag, c.audit, c.looked, r.judged FROM current_references c
    JOIN audit_references r ON r.audit = c.audit AND r.registry = c.registry AND r.repository = c.repository AND r.tag = c.tag)";

}  // namespace

std::string_view to_string(RunKind kind) noexcept { return kind == RunKind::scan ? "scan" : "audit"; }

// The last two of each set of targets stay whatever their age, so that there is always one to compare with; of tags, what they are now and
// what they were in the last years, since images live long that were built on it.
void SqliteStore::prune_audits(std::int64_t oldest) {
    constexpr std::int64_t kHistory = 3 * 366 * std::int64_t{24 * 60 * 60};
    connection_->prepare(R"(DELETE FROM audits WHERE started < ? AND id NOT IN (SELECT audit FROM current_references) AND id NOT IN (
                              SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY targets ORDER BY id DESC) AS place FROM audits WHERE ended IS NOT NULL) WHERE place <= 2))")
        .bind(oldest).run();
    // Scans of single references come by the thousand, and what they found is shown until the next one: then their rows are of no use.
    connection_->run("DELETE FROM audits WHERE kind = 'scan' AND ended IS NOT NULL AND id NOT IN (SELECT audit FROM current_references) AND id <= (SELECT max(id) FROM audits) - 1000");
    connection_->run("DELETE FROM audit_references WHERE audit NOT IN (SELECT id FROM audits)");
    connection_->prepare("DELETE FROM tag_digests WHERE last_seen < ?").bind(now() - kHistory).run();
    connection_->run(R"(DELETE FROM published WHERE NOT EXISTS (SELECT 1 FROM tag_digests t WHERE t.registry = published.registry AND t.repository = published.repository
                                                                 AND t.tag = published.tag AND t.digest = published.digest))");
}

std::optional<AuditRecord> SqliteStore::begin_audit(const AuditRecord& audit) {
    return attempt("begin audit", [&]() -> std::optional<AuditRecord> {
        const std::string targets = lines_of(audit.targets);
        const std::string owner = this_process();
        Transaction transaction(*connection_);
        std::optional<AuditRecord> mine;
        {
            Statement open = connection_->prepare(
                "SELECT " + std::string(kRecordColumns) + ", owner FROM audits WHERE ended IS NULL AND kind = ? AND targets = ? AND rules = ? AND tool = ? ORDER BY id DESC");
            open.bind(to_string(audit.kind)).bind(targets).bind(audit.rules_digest).bind(audit.tool_version);
            while (open.step())
                if (!mine && !is_alive(open.text(8))) mine = record_of(open);
        }
        if (mine) {
            connection_->prepare("UPDATE audits SET owner = ? WHERE id = ?").bind(owner).bind(mine->id).run();
        } else {
            connection_->prepare("INSERT INTO audits (kind, targets, rules, tool, started, owner) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(to_string(audit.kind)).bind(targets).bind(audit.rules_digest).bind(audit.tool_version).bind(now()).bind(owner).run();
            mine = audit;
            mine->id = connection_->number("SELECT last_insert_rowid()");
            mine->started = time_of(now());
            mine->ended.reset();
        }
        transaction.commit();
        return mine;
    });
}

void SqliteStore::keep_reference(std::int64_t audit, const ReferenceKey& reference, const std::optional<Digest>& top, const JudgedReference& judged,
                                 std::span<const Published> published, bool seen, std::optional<std::chrono::sys_seconds> looked) {
    if (left_alone()) return;
    const std::optional<std::string> frame = guarded("compress report", [&] { return std::optional(compress(serialise(judged))); });
    if (!frame) return;
    const std::string digest = top ? top->str() : std::string();
    change("keep report", [&] {
        Transaction transaction(*connection_);
        connection_->prepare("INSERT OR REPLACE INTO audit_references (audit, registry, repository, tag, digest, judged) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(audit).bind(reference.registry).bind(reference.repository).bind(reference.tag).bind(digest).bind_blob(*frame).run();
        // Nobody was reached: what is known stays known, with its own date.
        connection_->prepare(nobody_answered(judged) ? R"(INSERT INTO current_references (registry, repository, tag, audit, looked) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING)"
                                                     : R"(INSERT INTO current_references (registry, repository, tag, audit, looked) VALUES (?, ?, ?, ?, ?)
                                                          ON CONFLICT DO UPDATE SET audit = excluded.audit, looked = excluded.looked WHERE excluded.looked >= current_references.looked)")
            .bind(reference.registry).bind(reference.repository).bind(reference.tag).bind(audit).bind(looked ? looked->time_since_epoch().count() : now()).run();
        if (top && seen) {
            connection_->prepare(R"(INSERT INTO tag_digests (registry, repository, tag, digest, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
                                    ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen)")
                .bind(reference.registry).bind(reference.repository).bind(reference.tag).bind(digest).bind(now()).bind(now()).run();
            for (const Published& each : published)
                connection_->prepare(R"(INSERT INTO published (registry, repository, tag, digest, manifest, platform, chain_id, layers, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                                        ON CONFLICT DO UPDATE SET platform = excluded.platform, chain_id = excluded.chain_id, layers = excluded.layers, created = excluded.created)")
                    .bind(reference.registry).bind(reference.repository).bind(reference.tag).bind(digest).bind(each.manifest.str()).bind(each.platform).bind(each.chain_id)
                    .bind(static_cast<std::int64_t>(each.layers)).bind(each.created ? each.created->time_since_epoch().count() : 0).run();
        }
        transaction.commit();
        note_written(frame->size());
    });
}

void SqliteStore::end_audit(std::int64_t audit, const Report& outcome) {
    if (left_alone()) return;
    const std::optional<std::string> frame = guarded("compress report", [&] { return std::optional(compress(serialise(outcome))); });
    if (!frame) return;
    const std::string verdicts = text_of(count_verdicts(outcome.images));
    change("end audit", [&] { connection_->prepare("UPDATE audits SET ended = ?, outcome = ?, verdicts = ? WHERE id = ?").bind(now()).bind_blob(*frame).bind(verdicts).bind(audit).run(); });
}

void SqliteStore::each_current(const std::function<void(CurrentReference)>& take) {
    change("read current references", [&] {
        Statement rows = connection_->prepare(std::string(kCurrentRows) + " ORDER BY c.registry, c.repository, c.tag");
        while (rows.step()) take(current_of(rows));
    });
}

std::optional<CurrentReference> SqliteStore::find_current(const ReferenceKey& reference) {
    return attempt("find current reference", [&]() -> std::optional<CurrentReference> {
        Statement row = connection_->prepare(std::string(kCurrentRows) + " WHERE c.registry = ? AND c.repository = ? AND c.tag = ?");
        row.bind(reference.registry).bind(reference.repository).bind(reference.tag);
        if (!row.step()) return std::nullopt;
        return current_of(row);
    });
}

void SqliteStore::forget_references(std::span<const ReferenceKey> references) {
    if (references.empty()) return;
    change("forget references", [&] {
        Transaction transaction(*connection_);
        for (const ReferenceKey& each : references)
            connection_->prepare("DELETE FROM current_references WHERE registry = ? AND repository = ? AND tag = ?").bind(each.registry).bind(each.repository).bind(each.tag).run();
        transaction.commit();
    });
}

std::vector<AuditRecord> SqliteStore::list_audits() {
    std::vector<AuditRecord> audits;
    change("list audits", [&] {
        Statement all = connection_->prepare("SELECT " + std::string(kRecordColumns) + " FROM audits ORDER BY id DESC");
        while (all.step()) audits.push_back(record_of(all));
    });
    return audits;
}

std::optional<Report> SqliteStore::read_audit(std::int64_t audit) {
    return attempt("read audit", [&]() -> std::optional<Report> {
        std::optional<Report> report;
        {
            Statement found = connection_->prepare("SELECT rules, tool, outcome FROM audits WHERE id = ?");
            found.bind(audit);
            while (found.step()) {
                report.emplace();
                const std::optional<std::string> bytes = decompress(found.text(2), kMostJudgedBytes);
                if (bytes)
                    if (Result<Report> outcome = deserialise_report(*bytes)) report = std::move(*outcome);
                report->rules_digest = found.text(0);
                report->tool_version = found.text(1);
            }
        }
        if (!report) return std::nullopt;
        Statement rows = connection_->prepare("SELECT registry, repository, tag, judged FROM audit_references WHERE audit = ? ORDER BY registry, repository, tag");
        rows.bind(audit);
        while (rows.step()) {
            JudgedReference judged = judged_of(rows.text(3), {rows.text(0), rows.text(1), rows.text(2)});
            for (ImageReport& image : judged.images) report->images.push_back(std::move(image));
            for (Skipped& skipped : judged.skipped) report->skipped.push_back(std::move(skipped));
        }
        return report;
    });
}

std::vector<TagDigest> SqliteStore::digests_before(std::int64_t audit) {
    std::vector<TagDigest> digests;
    change("read earlier digests", [&] {
        // With max() SQLite takes the other columns from the row that has it (sqlite.org/lang_select.html, bare columns).
        Statement rows = connection_->prepare(R"(SELECT registry, repository, tag, digest, max(audit), a.started FROM audit_references JOIN audits a ON a.id = audit
                                                 WHERE audit < ? AND digest <> '' GROUP BY registry, repository, tag)");
        rows.bind(audit);
        while (rows.step())
            digests.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), time_of(rows.number(5)), time_of(rows.number(5))});
    });
    return digests;
}

std::vector<TagDigest> SqliteStore::current_digests() {
    std::vector<TagDigest> digests;
    change("read digests", [&] {
        Statement rows = connection_->prepare(R"(SELECT c.registry, c.repository, c.tag, r.digest, c.looked FROM current_references c JOIN audit_references r
                                                 ON r.audit = c.audit AND r.registry = c.registry AND r.repository = c.repository AND r.tag = c.tag WHERE r.digest <> '')");
        while (rows.step())
            digests.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), time_of(rows.number(4)), time_of(rows.number(4))});
    });
    return digests;
}

std::vector<TagDigest> SqliteStore::tag_history() {
    std::vector<TagDigest> digests;
    change("read tags", [&] {
        Statement rows = connection_->prepare("SELECT registry, repository, tag, digest, first_seen, last_seen FROM tag_digests ORDER BY registry, repository, tag, first_seen, digest");
        while (rows.step())
            digests.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), time_of(rows.number(4)), time_of(rows.number(5))});
    });
    return digests;
}

std::vector<Published> SqliteStore::list_published() {
    std::vector<Published> images;
    change("read published images", [&] {
        Statement rows = connection_->prepare("SELECT registry, repository, tag, digest, manifest, platform, chain_id, layers, created FROM published ORDER BY registry, repository, tag, digest, manifest");
        while (rows.step())
            images.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), digest_of(rows.text(4)), rows.text(5), rows.text(6), static_cast<std::size_t>(rows.number(7)),
                              rows.number(8) == 0 ? std::nullopt : std::optional(time_of(rows.number(8)))});
    });
    return images;
}

}  // namespace veritag::store
