// Looking at jobs, and forgetting them.
#include "store/sqlite_queue.h"

#include <algorithm>
#include <limits>

namespace veritag::store {
namespace {

constexpr std::string_view kInfo =
    "SELECT id, kind, key, priority, state, attempts, most_attempts, lost, deadline, enqueued, ready, changed, started, worker, cancel, error_code, error, successor, least_urgent, "
    "CASE WHEN length(b.result) <= ? THEN b.result ELSE '' END FROM jobs "
    "LEFT JOIN job_bodies b ON b.job = id ";
constexpr std::int64_t kPrunedAtOnce = 200;  // jobs a transaction, so that nobody waits for long

JobInfo info_of(const Statement& row) {
    JobInfo info{.id = row.number(0), .kind = row.text(1), .key = row.text(2)};
    info.priority = priority_of(row.number(3));
    info.state = static_cast<JobState>(std::clamp<std::int64_t>(row.number(4), 0, kJobStates - 1));
    info.attempts = static_cast<int>(row.number(5));
    info.most_attempts = static_cast<int>(row.number(6));
    info.lost = static_cast<int>(row.number(7));
    info.deadline = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::milliseconds(row.number(8)));
    info.enqueued = time_point_of(row.number(9));
    info.ready = time_point_of(row.number(10));
    info.changed = time_point_of(row.number(11));
    if (row.number(12) != 0) info.started = time_point_of(row.number(12));
    info.worker = row.text(13);
    info.cancel_asked = row.number(14) != 0;
    if (std::string code = row.text(15); !code.empty()) info.failure = {std::move(code), row.text(16)};
    info.successor = row.number(17);
    info.least_urgent = priority_of(row.number(18));
    info.short_result = row.text(19);
    return info;
}

}  // namespace

Result<std::optional<Job>> SqliteQueue::find(std::int64_t id) {
    return file_.read("find job", [&](Connection& connection) -> Result<std::optional<Job>> {
        // One statement, so that state and result belong together. Results are blobs, whose length() is in bytes.
        std::string sql(kInfo);
        sql.insert(sql.find(" FROM"), ", b.payload, b.result");
        Statement row = connection.prepare(sql + "WHERE id = ?");
        row.bind(static_cast<std::int64_t>(kMostShortResult)).bind(id);
        if (!row.step()) return std::optional<Job>();
        return std::optional(Job{info_of(row), row.text(20), row.text(21)});
    });
}

Result<JobPage> SqliteQueue::list(const JobFilter& filter, std::optional<std::int64_t> cursor, std::size_t limit) {
    limit = std::clamp<std::size_t>(limit, 1, 1000);
    return file_.read("list jobs", [&](Connection& connection) -> Result<JobPage> {
        std::string sql = std::string(kInfo) + "WHERE id < ?";
        if (filter.state) sql += " AND state = ?";
        if (filter.kind) sql += " AND kind = ?";
        Statement rows = connection.prepare(sql + " ORDER BY id DESC LIMIT ?");
        rows.bind(static_cast<std::int64_t>(kMostShortResult));
        rows.bind(cursor.value_or(std::numeric_limits<std::int64_t>::max()));
        if (filter.state) rows.bind(static_cast<std::int64_t>(*filter.state));
        if (filter.kind) rows.bind(*filter.kind);
        rows.bind(static_cast<std::int64_t>(limit + 1));
        JobPage page;
        while (rows.step()) {
            if (page.jobs.size() == limit) {
                page.next = page.jobs.back().id;
                break;
            }
            page.jobs.push_back(info_of(rows));
        }
        return page;
    });
}

Result<QueueCounts> SqliteQueue::counts() {
    return file_.read("count jobs", [&](Connection& connection) -> Result<QueueCounts> {
        QueueCounts counts;
        Statement rows = connection.prepare("SELECT state, priority, count(*) FROM jobs GROUP BY state, priority");
        while (rows.step()) {
            const auto state = static_cast<std::size_t>(rows.number(0));
            const auto priority = static_cast<std::size_t>(rows.number(1));
            if (state < kJobStates && priority < kPriorities) counts.jobs[state][priority] = static_cast<std::uint64_t>(rows.number(2));
        }
        const TimePoint now = file_.now();
        Statement oldest = connection.prepare("SELECT count(*), min(max(since, ready)) FROM jobs WHERE state = 0 AND ready <= ?");
        oldest.bind(milliseconds_of(now));
        if (oldest.step() && oldest.number(0) > 0) counts.oldest_waiting = now - time_point_of(oldest.number(1));
        return counts;
    });
}

Result<std::uint64_t> SqliteQueue::prune(std::chrono::milliseconds age, std::chrono::milliseconds dead_age) {
    for (std::uint64_t all = 0;;) {
        const Result<std::int64_t> some = file_.write("prune jobs", [&](Connection& connection) -> Result<std::int64_t> {
            const TimePoint now = settled_now(connection);
            std::vector<std::int64_t> old;
            {
                Statement rows = connection.prepare("SELECT id FROM jobs WHERE (state IN (2, 4, 5) AND changed < ?) OR (state = 3 AND changed < ?) LIMIT ?");
                rows.bind(milliseconds_of(now - age)).bind(milliseconds_of(now - dead_age)).bind(kPrunedAtOnce);
                while (rows.step()) old.push_back(rows.number(0));
            }
            for (const std::int64_t id : old) {
                connection.prepare("DELETE FROM job_events WHERE job = ?").bind(id).run();
                connection.prepare("DELETE FROM job_bodies WHERE job = ?").bind(id).run();
                connection.prepare("DELETE FROM jobs WHERE id = ?").bind(id).run();
            }
            return static_cast<std::int64_t>(old.size());
        });
        if (!some) return some.error();
        all += static_cast<std::uint64_t>(*some);
        if (*some < kPrunedAtOnce) return all;
    }
}

}  // namespace veritag::store
