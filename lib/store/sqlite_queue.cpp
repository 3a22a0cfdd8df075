#include "store/sqlite_queue.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "store/owner.h"

#include <algorithm>

namespace veritag::store {
namespace {

constexpr std::string_view kRow =
    "SELECT id, kind, key, priority, since, ready, attempts, most_attempts, deadline, state, lost, started, holder, token, lease, lease_end, cancel, least_urgent FROM jobs ";

std::int64_t number_of(JobState state) noexcept { return static_cast<std::int64_t>(state); }
std::int64_t number_of(Priority priority) noexcept { return static_cast<std::int64_t>(priority); }

// Senders choose the ids of their events: any bytes, any length.
std::string event_name(const std::string& event) { return std::string(sha256_of(event).hex()); }

// The job that all of the events led to, if they led to one that stands for them. While it runs it does, too: it began after the event
// was kept, and so after what the event tells of.
std::optional<std::int64_t> job_of_events(Connection& connection, const std::vector<std::string>& events, TimePoint oldest) {
    std::int64_t job = 0;
    for (const std::string& event : events) {
        const std::string name = event_name(event);
        Statement seen = connection.prepare("SELECT j.id FROM job_events e JOIN jobs j ON j.id = e.job WHERE e.event = ? AND e.seen > ? AND j.state IN (0, 1, 2)");
        seen.bind(name).bind(milliseconds_of(oldest));
        if (!seen.step()) return std::nullopt;
        job = seen.number(0);
    }
    if (job == 0) return std::nullopt;
    return job;
}

void note_events(Connection& connection, const std::vector<std::string>& events, std::int64_t job, TimePoint now) {
    for (const std::string& event : events) {
        const std::string name = event_name(event);
        connection.prepare("INSERT INTO job_events (event, job, seen) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET job = excluded.job, seen = excluded.seen")
            .bind(name).bind(job).bind(milliseconds_of(now)).run();
    }
}

}  // namespace

SqliteQueue::SqliteQueue(SqliteFile& file, QueueOptions options) : file_(file), options_(std::move(options)), holder_(this_holder()) {}

double SqliteQueue::random() { return options_.random ? options_.random() : std::uniform_real_distribution<double>(0, 1)(generator_); }

// A row that says it was written in the future was written before the clock was put back. All its times move back by as much, so a lease
// or a wait that was just begun lasts as long as it was meant to, and none twice as long.
TimePoint SqliteQueue::settled_now(Connection& connection) {
    const TimePoint now = file_.now();
    const std::int64_t number = milliseconds_of(now);
    if (const std::int64_t ahead = connection.number("SELECT max(changed) FROM jobs") - number; ahead > 0) {
        if (ahead > 1000) log::warn("the clock was put back; times in the queue follow it", {{"seconds", ahead / 1000}});
        connection.prepare(R"(UPDATE jobs SET enqueued = enqueued - (changed - ?1), since = since - (changed - ?1), ready = ready - (changed - ?1), lease_end = lease_end - (changed - ?1),
                                              started = max(0, started - (changed - ?1)), changed = ?1 WHERE changed > ?1)").bind(number).run();
    }
    if (connection.number("SELECT max(seen) FROM job_events") > number) connection.prepare("UPDATE job_events SET seen = ?1 WHERE seen > ?1").bind(number).run();
    if (connection.number("SELECT max(leased) FROM job_turns") > number) connection.prepare("UPDATE job_turns SET leased = ?1 WHERE leased > ?1").bind(number).run();
    return now;
}

std::optional<SqliteQueue::Row> SqliteQueue::read_row(Statement& statement) {
    if (!statement.step()) return std::nullopt;
    Row row{.id = statement.number(0), .kind = statement.text(1), .key = statement.text(2)};
    row.waiting = {.priority = priority_of(statement.number(3)), .least_urgent = priority_of(statement.number(17)), .since = time_point_of(statement.number(4)),
                   .ready = time_point_of(statement.number(5)), .attempts = static_cast<int>(statement.number(6)), .most_attempts = static_cast<int>(statement.number(7)),
                   .deadline = std::chrono::milliseconds(statement.number(8))};
    row.state = static_cast<JobState>(std::clamp<std::int64_t>(statement.number(9), 0, kJobStates - 1));
    row.lost = static_cast<int>(statement.number(10));
    row.started = time_point_of(statement.number(11));
    row.holder = statement.text(12);
    row.token = statement.text(13);
    row.lease = std::chrono::milliseconds(statement.number(14));
    row.lease_end = time_point_of(statement.number(15));
    row.cancel = statement.number(16) != 0;
    return row;
}

std::optional<SqliteQueue::Row> SqliteQueue::row_of(Connection& connection, std::int64_t id) {
    Statement statement = connection.prepare(std::string(kRow) + "WHERE id = ?");
    statement.bind(id);
    return read_row(statement);
}

std::optional<SqliteQueue::Row> SqliteQueue::waiting_row(Connection& connection, std::string_view kind, std::string_view key) {
    Statement statement = connection.prepare(std::string(kRow) + "WHERE state = 0 AND kind = ? AND key = ?");
    statement.bind(kind).bind(key);
    return read_row(statement);
}

std::vector<SqliteQueue::Row> SqliteQueue::running_rows(Connection& connection) {
    std::vector<Row> rows;
    Statement statement = connection.prepare(std::string(kRow) + "WHERE state = 1");
    while (std::optional<Row> row = read_row(statement)) rows.push_back(std::move(*row));
    return rows;
}

Result<std::vector<EnqueueAnswer>> SqliteQueue::enqueue_groups(std::span<const std::span<const NewJob>> groups) {
    return file_.write("enqueue jobs", [&](Connection& connection) -> Result<std::vector<EnqueueAnswer>> {
        const TimePoint now = settled_now(connection);
        connection.prepare("DELETE FROM job_events WHERE seen <= ?").bind(milliseconds_of(now - options_.event_window)).run();
        auto waiting = static_cast<std::size_t>(connection.number("SELECT count(*) FROM jobs WHERE state = 0"));
        std::vector<EnqueueAnswer> answers;
        for (const std::span<const NewJob> group : groups) answers.push_back(enqueue_group(connection, group, now, waiting));
        return answers;
    });
}

EnqueueAnswer SqliteQueue::enqueue_group(Connection& connection, std::span<const NewJob> jobs, TimePoint now, std::size_t& waiting) {
    for (const NewJob& job : jobs) VERITAG_CHECK(check_job(job));
    const std::size_t before = waiting;
    connection.run("SAVEPOINT one_group");
    std::vector<Enqueued> all;
    for (const NewJob& job : jobs) {
        const std::optional<Enqueued> one = enqueue_one(connection, job, now, waiting);
        if (!one) {
            connection.run("ROLLBACK TO one_group; RELEASE one_group");
            waiting = before;
            return full();
        }
        all.push_back(*one);
    }
    connection.run("RELEASE one_group");
    return all;
}

Error SqliteQueue::full() const {
    return {ErrorCode::rate_limited, "enqueue job", "", "the queue is full: " + std::to_string(options_.most_waiting) + " jobs wait", "try again later, or let more of them wait"};
}

// nullopt: there is no room for it.
std::optional<Enqueued> SqliteQueue::enqueue_one(Connection& connection, const NewJob& job, TimePoint now, std::size_t& waiting) {
    if (const auto known = job_of_events(connection, job.events, now - options_.event_window)) return Enqueued{*known, EnqueueOutcome::duplicate};
    const TimePoint ready = std::clamp(job.not_before.value_or(now), now, now + kLongestDelay);
    const Waiting fresh{.priority = job.priority, .least_urgent = job.priority, .since = ready, .ready = ready, .most_attempts = job.most_attempts, .deadline = job.deadline};
    Enqueued result;
    if (const std::optional<Row> first = waiting_row(connection, job.kind, job.key)) {
        write_waiting(connection, first->id, join(first->waiting, fresh), now);
        connection.prepare("UPDATE job_bodies SET payload = ? WHERE job = ?").bind_blob(job.payload).bind(first->id).run();
        result = {first->id, EnqueueOutcome::joined};
    } else {
        if (waiting >= options_.most_waiting) return std::nullopt;
        ++waiting;
        connection.prepare(R"(INSERT INTO jobs (kind, key, priority, state, attempts, most_attempts, lost, deadline, enqueued, since, ready, changed, started, worker, holder, token, lease,
                                                lease_end, cancel, error_code, error, successor, least_urgent) VALUES (?, ?, ?, 0, 0, ?, 0, ?, ?, ?, ?, ?, 0, '', '', '', 0, 0, 0, '', '', 0, ?))")
            .bind(job.kind).bind(job.key).bind(number_of(job.priority)).bind(fresh.most_attempts).bind(fresh.deadline.count()).bind(milliseconds_of(now))
            .bind(milliseconds_of(ready)).bind(milliseconds_of(ready)).bind(milliseconds_of(now)).bind(number_of(job.priority)).run();
        result = {connection.number("SELECT last_insert_rowid()"), EnqueueOutcome::added};
        connection.prepare("INSERT INTO job_bodies (job, payload, result) VALUES (?, ?, x'')").bind(result.id).bind_blob(job.payload).run();
    }
    note_events(connection, job.events, result.id, now);
    return result;
}

void SqliteQueue::write_waiting(Connection& connection, std::int64_t id, const Waiting& waiting, TimePoint now) {
    connection.prepare(R"(UPDATE jobs SET state = 0, priority = ?, least_urgent = ?, since = ?, ready = ?, attempts = ?, most_attempts = ?, deadline = ?, changed = ?, token = '', holder = '', cancel = 0
                          WHERE id = ?)")
        .bind(number_of(waiting.priority)).bind(number_of(waiting.least_urgent)).bind(milliseconds_of(waiting.since)).bind(milliseconds_of(waiting.ready)).bind(waiting.attempts).bind(waiting.most_attempts)
        .bind(waiting.deadline.count()).bind(milliseconds_of(now)).bind(id).run();
}

void SqliteQueue::end(Connection& connection, std::int64_t id, JobState state, TimePoint now) {
    connection.prepare("UPDATE jobs SET state = ?, changed = ?, cancel = 0 WHERE id = ?").bind(number_of(state)).bind(milliseconds_of(now)).bind(id).run();
}

Result<JobState> SqliteQueue::cancel(std::int64_t id) {
    return file_.write("cancel job", [&](Connection& connection) -> Result<JobState> {
        const TimePoint now = settled_now(connection);
        const std::optional<Row> row = row_of(connection, id);
        if (!row) return Error{ErrorCode::not_found, "cancel job", std::to_string(id), "there is no such job", ""};
        if (row->state == JobState::running) connection.prepare("UPDATE jobs SET cancel = 1 WHERE id = ?").bind(id).run();
        if (row->state != JobState::waiting) return row->state;
        end(connection, id, JobState::cancelled, now);
        return JobState::cancelled;
    });
}

Result<std::optional<Enqueued>> SqliteQueue::retry(std::int64_t id) {
    return file_.write("retry job", [&](Connection& connection) -> Result<std::optional<Enqueued>> {
        const TimePoint now = settled_now(connection);
        const std::optional<Row> row = row_of(connection, id);
        if (!row || (row->state != JobState::dead && row->state != JobState::cancelled)) return std::optional<Enqueued>();
        if (const std::optional<Row> other = waiting_row(connection, row->kind, row->key)) {
            end(connection, id, JobState::superseded, now);
            connection.prepare("UPDATE jobs SET successor = ? WHERE id = ?").bind(other->id).bind(id).run();
            connection.prepare("UPDATE jobs SET least_urgent = max(least_urgent, ?) WHERE id = ?").bind(number_of(row->waiting.least_urgent)).bind(other->id).run();
            return std::optional(Enqueued{other->id, EnqueueOutcome::joined});
        }
        if (static_cast<std::size_t>(connection.number("SELECT count(*) FROM jobs WHERE state = 0")) >= options_.most_waiting) return full();
        Waiting anew = row->waiting;
        anew.attempts = 0;
        anew.since = anew.ready = now;
        write_waiting(connection, id, anew, now);
        connection.prepare("UPDATE jobs SET lost = 0 WHERE id = ?").bind(id).run();
        return std::optional(Enqueued{id, EnqueueOutcome::added});
    });
}

}  // namespace veritag::store
