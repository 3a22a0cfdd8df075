// What audits found, and what tags were.
#include "store/sqlite_store.h"

#include "model/kept.h"
#include "store/compression.h"
#include "store/owner.h"

#include <algorithm>
#include <limits>
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

constexpr std::string_view kRecordColumns = "SELECT id, targets, rules, tool, started, ended, kind, verdicts, job, ending, failure, owner FROM audits ";

AuditRecord record_of(const Statement& row) {
    AuditRecord audit{.id = row.number(0), .kind = row.text(6) == to_string(RunKind::scan) ? RunKind::scan : RunKind::audit, .job = row.number(8), .targets = texts_of(row.text(1)),
                      .rules_digest = row.text(2), .tool_version = row.text(3), .started = time_of(row.number(4))};
    if (!row.text(5).empty()) audit.ended = time_of(row.number(5));
    audit.end = row.text(9) == to_string(AuditEnd::cancelled) ? AuditEnd::cancelled : row.text(9).empty() ? AuditEnd::done : AuditEnd::failed;
    audit.failure = row.text(10);
    audit.owner_lives = !audit.ended && is_alive(row.text(11));
    audit.verdicts = counts_of(row.text(7));
    return audit;
}

std::vector<AuditRecord> records_of(Statement rows) {
    std::vector<AuditRecord> audits;
    while (rows.step()) audits.push_back(record_of(rows));
    return audits;
}

std::optional<AuditRecord> find_record(Connection& connection, std::int64_t audit) {
    Statement row = connection.prepare(std::string(kRecordColumns) + "WHERE id = ?");
    row.bind(audit);
    if (!row.step()) return std::nullopt;
    return record_of(row);
}

// A report that is not all that its run was to find says so wherever it is read: as an error of one of its targets, too, which every form of
// report shows and no exit status passes over.
void mark_incomplete(Report& report, const AuditRecord& audit) {
    if (audit.is_complete()) return;
    const bool open = !audit.ended;
    report.incomplete = {.state = open ? (audit.owner_lives ? "running" : "interrupted") : std::string(to_string(audit.end)), .reason = audit.failure};
    if (std::any_of(report.targets.begin(), report.targets.end(), [](const ListedTarget& target) { return target.error.has_value(); })) return;
    const std::string name = audit.targets.empty() ? std::string("audit ") + std::to_string(audit.id) : audit.targets.front();
    if (report.targets.empty()) report.targets.push_back({.target = name, .driver = "-"});
    report.targets.front().error =
        Error{ErrorCode::cancelled, "audit", quote(name, 1000),
              open ? (audit.owner_lives ? "it still runs: this is what is kept so far" : "it was interrupted: this is what was kept by then")
                   : "it did not come to its end, " + std::string(to_string(audit.end)) + (audit.failure.empty() ? "" : ": " + audit.failure),
              open && audit.owner_lives ? "look again when it has ended" : "audit it again"};
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

// Of those the last look says no more than that it left them out.
void take_in_kept(JudgedReference& judged) {
    for (KeptImage& each : judged.kept) {
        std::erase_if(judged.skipped, [&](const Skipped& skipped) { return skipped.digest == each.image.digest; });
        const auto place = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(each.place, judged.images.size()));
        judged.images.insert(judged.images.begin() + place, std::move(each.image));
    }
    judged.kept.clear();
}

CurrentReference current_of(const Statement& row) {
    CurrentReference current{.reference = {row.text(0), row.text(1), row.text(2)}, .audit = row.number(3), .seen = time_of(row.number(4)), .judged = {}};
    current.judged = judged_of(row.text(5), current.reference);
    take_in_kept(current.judged);
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
std::string_view to_string(AuditEnd end) noexcept { return end == AuditEnd::done ? "done" : end == AuditEnd::cancelled ? "cancelled" : "failed"; }

std::optional<AuditRecord> SqliteStore::begin_audit(const AuditRecord& audit) {
    return attempt("begin audit", [&]() -> std::optional<AuditRecord> {
        const std::string targets = lines_of(audit.targets);
        const std::string owner = this_process();
        Transaction transaction(*connection_);
        std::optional<AuditRecord> mine;
        {
            // What is about to go for its age is not taken up again.
            Statement open = connection_->prepare(std::string(kRecordColumns) + "WHERE ended IS NULL AND kind = ? AND targets = ? AND rules = ? AND tool = ? AND started >= ? ORDER BY id DESC");
            open.bind(to_string(audit.kind)).bind(targets).bind(audit.rules_digest).bind(audit.tool_version);
            open.bind(now() - std::chrono::duration_cast<std::chrono::seconds>(options_.most_age).count());
            while (open.step())
                if (AuditRecord found = record_of(open); !mine && (!found.owner_lives || (audit.job != 0 && found.job == audit.job))) mine = std::move(found);
        }
        if (mine) {
            connection_->prepare("UPDATE audits SET owner = ?, job = ? WHERE id = ?").bind(owner).bind(audit.job).bind(mine->id).run();
            mine->job = audit.job;
        } else {
            connection_->prepare("INSERT INTO audits (kind, targets, rules, tool, started, owner, job) VALUES (?, ?, ?, ?, ?, ?, ?)")
                .bind(to_string(audit.kind)).bind(targets).bind(audit.rules_digest).bind(audit.tool_version).bind(now()).bind(owner).bind(audit.job).run();
            mine = audit;
            mine->id = connection_->number("SELECT last_insert_rowid()");
            mine->started = time_of(now());
            mine->ended.reset();
        }
        mine->owner_lives = true;
        if (audit.job != 0) {
            const std::string why = "the job went on under other rules or another version, as audit " + std::to_string(mine->id);
            connection_->prepare("UPDATE audits SET ended = ?, ending = ?, failure = ? WHERE ended IS NULL AND job = ? AND id <> ?")
                .bind(now()).bind(to_string(AuditEnd::failed)).bind(why).bind(audit.job).bind(mine->id).run();
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
    prune_when_due();
}

void SqliteStore::end_audit(std::int64_t audit, const Report& outcome) {
    write_outcome("end audit", audit, outcome, ", ended = " + std::to_string(now()) + ", ending = '', failure = ''");
}

void SqliteStore::keep_outcome(std::int64_t audit, const Report& outcome) { write_outcome("keep outcome of audit", audit, outcome, ""); }

void SqliteStore::write_outcome(const char* what, std::int64_t audit, const Report& outcome, const std::string& more) {
    if (left_alone()) return;
    const std::optional<std::string> frame = guarded("compress report", [&] { return std::optional(compress(serialise(outcome))); });
    if (!frame) return;
    const std::string verdicts = text_of(count_verdicts(outcome.images));
    change(what, [&] { connection_->prepare("UPDATE audits SET outcome = ?, verdicts = ?" + more + " WHERE id = ?").bind_blob(*frame).bind(verdicts).bind(audit).run(); });
}

void SqliteStore::close_audit(std::int64_t audit, AuditEnd end, std::string_view why) {
    change("close audit", [&] {
        connection_->prepare("UPDATE audits SET ended = coalesce(ended, ?), ending = ?, failure = ? WHERE id = ?")
            .bind(now()).bind(end == AuditEnd::done ? std::string_view() : to_string(end)).bind(why).bind(audit).run();
    });
}

void SqliteStore::each_current(const std::function<void(CurrentReference)>& take) {
    each_row("read current references", [&](Connection& connection) {
        Statement rows = connection.prepare(std::string(kCurrentRows) + " ORDER BY c.registry, c.repository, c.tag");
        while (rows.step()) take(current_of(rows));
    });
}

std::optional<CurrentReference> SqliteStore::find_current(const ReferenceKey& reference) {
    return look("find current reference", [&](Connection& connection) -> std::optional<CurrentReference> {
        Statement row = connection.prepare(std::string(kCurrentRows) + " WHERE c.registry = ? AND c.repository = ? AND c.tag = ?");
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

std::vector<AuditRecord> SqliteStore::list_audits() { return list_audits({.limit = std::numeric_limits<std::size_t>::max()}); }

std::vector<AuditRecord> SqliteStore::list_audits(const AuditQuery& query) {
    std::vector<AuditRecord> audits;
    each_row("list audits", [&](Connection& connection) {
        constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
        Statement rows = connection.prepare(std::string(kRecordColumns) + (query.kind ? "WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?" : "WHERE id < ? ORDER BY id DESC LIMIT ?"));
        if (query.kind) rows.bind(to_string(*query.kind));
        rows.bind(query.before.value_or(kAll)).bind(static_cast<std::int64_t>(std::min<std::uint64_t>(query.limit, static_cast<std::uint64_t>(kAll))));
        audits = records_of(std::move(rows));
    });
    return audits;
}

std::vector<AuditRecord> SqliteStore::open_audits() {
    std::vector<AuditRecord> audits;
    each_row("list open audits", [&](Connection& connection) { audits = records_of(connection.prepare(std::string(kRecordColumns) + "WHERE ended IS NULL ORDER BY id DESC")); });
    return audits;
}

std::optional<AuditRecord> SqliteStore::find_audit(std::int64_t audit) {
    return look("find audit", [&](Connection& connection) { return find_record(connection, audit); });
}

std::optional<Report> SqliteStore::read_audit(std::int64_t audit) {
    return look("read audit", [&](Connection& connection) -> std::optional<Report> {
        const std::optional<AuditRecord> record = find_record(connection, audit);
        if (!record) return std::nullopt;
        Report report;
        {
            Statement found = connection.prepare("SELECT outcome FROM audits WHERE id = ?");
            found.bind(audit);
            const std::optional<std::string> bytes = found.step() ? decompress(found.text(0), kMostJudgedBytes) : std::nullopt;
            if (bytes)
                if (Result<Report> outcome = deserialise_report(*bytes)) report = std::move(*outcome);
        }
        report.rules_digest = record->rules_digest;
        report.tool_version = record->tool_version;
        Statement rows = connection.prepare("SELECT registry, repository, tag, judged FROM audit_references WHERE audit = ? ORDER BY registry, repository, tag");
        rows.bind(audit);
        while (rows.step()) {
            JudgedReference judged = judged_of(rows.text(3), {rows.text(0), rows.text(1), rows.text(2)});
            for (ImageReport& image : judged.images) report.images.push_back(std::move(image));
            for (Skipped& skipped : judged.skipped) report.skipped.push_back(std::move(skipped));
        }
        mark_incomplete(report, *record);
        return report;
    });
}

std::vector<TagDigest> SqliteStore::digests_before(std::int64_t audit) {
    std::vector<TagDigest> digests;
    each_row("read earlier digests", [&](Connection& connection) {
        // With max() SQLite takes the other columns from the row that has it (sqlite.org/lang_select.html, bare columns).
        Statement rows = connection.prepare(R"(SELECT registry, repository, tag, digest, max(audit), a.started FROM audit_references JOIN audits a ON a.id = audit
                                                 WHERE audit < ? AND digest <> '' GROUP BY registry, repository, tag)");
        rows.bind(audit);
        while (rows.step())
            digests.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), time_of(rows.number(5)), time_of(rows.number(5))});
    });
    return digests;
}

std::vector<TagDigest> SqliteStore::current_digests() {
    std::vector<TagDigest> digests;
    each_row("read digests", [&](Connection& connection) {
        Statement rows = connection.prepare(R"(SELECT c.registry, c.repository, c.tag, r.digest, c.looked FROM current_references c JOIN audit_references r
                                                 ON r.audit = c.audit AND r.registry = c.registry AND r.repository = c.repository AND r.tag = c.tag WHERE r.digest <> '')");
        while (rows.step())
            digests.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), time_of(rows.number(4)), time_of(rows.number(4))});
    });
    return digests;
}

std::vector<TagDigest> SqliteStore::tag_history() {
    std::vector<TagDigest> digests;
    each_row("read tags", [&](Connection& connection) {
        Statement rows = connection.prepare("SELECT registry, repository, tag, digest, first_seen, last_seen FROM tag_digests ORDER BY registry, repository, tag, first_seen, digest");
        while (rows.step())
            digests.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), time_of(rows.number(4)), time_of(rows.number(5))});
    });
    return digests;
}

std::vector<Published> SqliteStore::list_published() {
    std::vector<Published> images;
    each_row("read published images", [&](Connection& connection) {
        Statement rows = connection.prepare("SELECT registry, repository, tag, digest, manifest, platform, chain_id, layers, created FROM published ORDER BY registry, repository, tag, digest, manifest");
        while (rows.step())
            images.push_back({{rows.text(0), rows.text(1), rows.text(2)}, digest_of(rows.text(3)), digest_of(rows.text(4)), rows.text(5), rows.text(6), static_cast<std::size_t>(rows.number(7)),
                              rows.number(8) == 0 ? std::nullopt : std::optional(time_of(rows.number(8)))});
    });
    return images;
}

}  // namespace veritag::store
