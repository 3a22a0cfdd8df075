// Jobs on loan.
#include "store/sqlite_queue.h"

#include "base/text.h"
#include "store/owner.h"
#include "store/random.h"

#include <algorithm>

namespace veritag::store {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMostErrorBytes = 4096;

}  // namespace

std::optional<SqliteQueue::Row> SqliteQueue::row_of_token(Connection& connection, std::string_view token) {
    const std::optional<std::uint64_t> id = parse_u64(token.substr(0, token.find('.')));
    if (!id) return std::nullopt;
    std::optional<Row> row = row_of(connection, static_cast<std::int64_t>(*id));
    if (row && row->token != token) row.reset();
    return row;
}

std::optional<SqliteQueue::Row> SqliteQueue::leased_row(Connection& connection, std::string_view token) {
    std::optional<Row> row = row_of_token(connection, token);
    if (row && row->state == JobState::running) return row;
    if (const auto held = held_.find(token); held != held_.end()) held_.erase(held);
    return std::nullopt;
}

Result<std::optional<Lease>> SqliteQueue::lease(std::string_view worker, std::span<const std::string> kinds, milliseconds lease_time) {
    if (kinds.empty()) return std::optional<Lease>();
    lease_time = std::clamp(lease_time, milliseconds(1), kLongestLease);
    // Workers ask often, and mostly in vain: that must keep nobody from writing.
    VERITAG_TRY(const bool look_closer, file_.read("lease job", [&](Connection& connection) -> Result<bool> { return may_have_work(connection, kinds); }));
    if (!look_closer) return std::optional<Lease>();
    return file_.write("lease job", [&](Connection& connection) -> Result<std::optional<Lease>> {
        const TimePoint now = settled_now(connection);
        take_back_leases(connection, now);
        std::erase_if(held_, [&](const auto& each) { return each.second.ends <= file_.steady(); });  // of jobs that are no longer running
        const std::optional<std::int64_t> id = pick(connection, kinds, now);
        if (!id) return std::optional<Lease>();
        const std::string token = std::to_string(*id) + '.' + random_hex(16);
        connection.prepare(R"(UPDATE jobs SET state = 1, attempts = attempts + 1, changed = ?1, started = ?1, worker = ?2, holder = ?3, token = ?4, lease = ?5, lease_end = ?6, cancel = 0
                              WHERE id = ?7)")
            .bind(milliseconds_of(now)).bind(worker).bind(holder_).bind(token).bind(lease_time.count()).bind(milliseconds_of(now + lease_time)).bind(*id).run();
        std::optional<Row> row = row_of(connection, *id);
        connection.prepare("INSERT OR REPLACE INTO job_turns (priority, leased) VALUES (?, ?)")
            .bind(static_cast<std::int64_t>(row->waiting.priority)).bind(milliseconds_of(now)).run();
        Lease lease{.id = *id, .kind = std::move(row->kind), .key = std::move(row->key), .priority = row->waiting.priority, .attempt = row->waiting.attempts,
                    .most_attempts = row->waiting.most_attempts, .token = token, .ends = now + lease_time, .deadline = now + row->waiting.deadline};
        Statement body = connection.prepare("SELECT payload FROM job_bodies WHERE job = ?");
        body.bind(*id);
        if (body.step()) lease.payload = body.text(0);
        held_[token] = {file_.steady() + lease_time, file_.steady() + row->waiting.deadline};
        return std::optional(std::move(lease));
    });
}

bool SqliteQueue::may_have_work(Connection& connection, std::span<const std::string> kinds) const {
    const TimePoint now = file_.now();
    if (connection.number("SELECT max(changed) FROM jobs") > milliseconds_of(now)) return true;  // the clock was put back
    if (pick(connection, kinds, now)) return true;
    const std::vector<Row> running = running_rows(connection);
    return std::any_of(running.begin(), running.end(), [&](const Row& row) { return row.lease_end <= now || (row.holder != holder_ && has_ended(row.holder)); });
}

std::optional<std::int64_t> SqliteQueue::pick(Connection& connection, std::span<const std::string> kinds, TimePoint now) const {
    std::string sql = "SELECT id, max(since, ready) FROM jobs w WHERE state = 0 AND priority = ? AND ready <= ? AND kind IN (?";
    for (std::size_t i = 1; i < kinds.size(); ++i) sql += ",?";
    sql += ") AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.state = 1 AND r.kind = w.kind AND r.key = w.key) ORDER BY since, id LIMIT 1";
    std::array<Turn, kPriorities> turns;
    std::array<std::int64_t, kPriorities> first{};
    for (std::size_t i = 0; i < kPriorities; ++i) {
        Statement next = connection.prepare(sql);
        next.bind(static_cast<std::int64_t>(i)).bind(milliseconds_of(now));
        for (const std::string& kind : kinds) next.bind(kind);
        if (!next.step()) continue;
        first[i] = next.number(0);
        turns[i].oldest = time_point_of(next.number(1));
    }
    Statement leased = connection.prepare("SELECT priority, leased FROM job_turns");
    while (leased.step())
        if (const auto priority = static_cast<std::size_t>(leased.number(0)); priority < kPriorities) turns[priority].last_lease = time_point_of(leased.number(1));
    const std::optional<Priority> next = next_turn(options_, turns, now);
    if (!next) return std::nullopt;
    return first[static_cast<std::size_t>(*next)];
}

void SqliteQueue::take_back_leases(Connection& connection, TimePoint now) {
    for (const Row& row : running_rows(connection))
        if (!may_run_on(connection, row, now)) lose(connection, row, now);
}

bool SqliteQueue::may_run_on(Connection& connection, const Row& row, TimePoint now) {
    if (const auto held = held_.find(row.token); held != held_.end()) {
        const auto left = std::chrono::ceil<milliseconds>(held->second.ends - file_.steady());
        if (left <= milliseconds(0)) {
            held_.erase(held);
            return false;
        }
        // The clock was put forward. Others know only what the row says.
        if (row.lease_end <= now) connection.prepare("UPDATE jobs SET lease_end = ? WHERE id = ?").bind(milliseconds_of(now + left)).bind(row.id).run();
        return true;
    }
    if (row.holder != holder_ && has_ended(row.holder)) return false;
    return row.lease_end > now;
}

void SqliteQueue::lose(Connection& connection, Row row, TimePoint now) {
    ++row.lost;
    connection.prepare("UPDATE jobs SET lost = ? WHERE id = ?").bind(row.lost).bind(row.id).run();
    if (row.cancel) return end(connection, row.id, JobState::cancelled, now);
    const std::string job = quote(row.kind) + ' ' + quote(row.key);
    if (row.lost >= options_.most_lost) {
        note_failure(connection, row.id, {ErrorCode::worker, "run job", job, "each of the " + std::to_string(row.lost) + " workers that took it died or fell silent",
                                          "look into the log what it does to them before you retry it"});
        return end(connection, row.id, JobState::dead, now);
    }
    note_failure(connection, row.id, {ErrorCode::worker, "run job", job, "its worker died or fell silent", ""});
    // A daemon that was killed takes up what it did at once, before all that came later. One that dies again and again takes its time.
    row.waiting.ready = row.lost == 1 ? now : now + retry_delay(options_, row.lost - 1, random(), std::nullopt);
    wait_again(connection, row, now);
}

// Where another of its key waits, that is the newer request: the older job goes on with what the newer one wanted, keeps its place, its
// wait and its failures, and answers both.
void SqliteQueue::wait_again(Connection& connection, Row row, TimePoint now) {
    if (const std::optional<Row> newer = waiting_row(connection, row.kind, row.key)) {
        row.waiting = join(row.waiting, newer->waiting);
        end(connection, newer->id, JobState::superseded, now);
        connection.prepare("UPDATE jobs SET successor = ? WHERE id = ?").bind(row.id).bind(newer->id).run();
        connection.prepare("UPDATE job_bodies SET payload = (SELECT payload FROM job_bodies WHERE job = ?) WHERE job = ?").bind(newer->id).bind(row.id).run();
        connection.prepare("UPDATE job_events SET job = ? WHERE job = ?").bind(row.id).bind(newer->id).run();
        connection.prepare("UPDATE jobs SET successor = ? WHERE successor = ?").bind(row.id).bind(newer->id).run();
    }
    write_waiting(connection, row.id, row.waiting, now);
}

void SqliteQueue::note_failure(Connection& connection, std::int64_t id, const Error& error) {
    const std::string code(to_string(error.code));
    const std::string message = to_valid_utf8(error.message().substr(0, kMostErrorBytes));
    connection.prepare("UPDATE jobs SET error_code = ?, error = ? WHERE id = ?").bind(code).bind(message).bind(id).run();
}

Result<LeaseState> SqliteQueue::renew(std::string_view token) {
    return file_.write("renew lease", [&](Connection& connection) -> Result<LeaseState> {
        const TimePoint now = settled_now(connection);
        const std::optional<Row> row = leased_row(connection, token);
        if (!row) return LeaseState::lost;
        const auto held = held_.find(token);
        const bool overdue = held != held_.end() ? file_.steady() >= held->second.deadline : now - row->started >= row->waiting.deadline;
        if (!overdue) {
            connection.prepare("UPDATE jobs SET lease_end = ?, changed = ? WHERE id = ?").bind(milliseconds_of(now + row->lease)).bind(milliseconds_of(now)).bind(row->id).run();
            if (held != held_.end()) held->second.ends = file_.steady() + row->lease;
        }
        return row->cancel ? LeaseState::cancelled : overdue ? LeaseState::overdue : LeaseState::held;
    });
}

Result<bool> SqliteQueue::finish(std::string_view token, std::string_view result) {
    if (result.size() > kMostJobBytes)
        return Error{ErrorCode::over_limit, "finish job", quote(token.substr(0, token.find('.'))),
                     "a result of " + std::to_string(result.size()) + " bytes (limit " + std::to_string(kMostJobBytes) + ')', ""};
    return file_.write("finish job", [&](Connection& connection) -> Result<bool> {
        const TimePoint now = settled_now(connection);
        if (const std::optional<Row> before = row_of_token(connection, token); before && before->state == JobState::done) return true;
        const std::optional<Row> row = leased_row(connection, token);
        if (!row) return false;
        connection.prepare("UPDATE job_bodies SET result = ? WHERE job = ?").bind_blob(result).bind(row->id).run();
        connection.prepare("UPDATE jobs SET error_code = '', error = '' WHERE id = ?").bind(row->id).run();
        end(connection, row->id, JobState::done, now);
        return true;
    });
}

Result<std::optional<JobState>> SqliteQueue::fail(std::string_view token, const Error& error, const Retry& retry) {
    return file_.write("fail job", [&](Connection& connection) -> Result<std::optional<JobState>> {
        const TimePoint now = settled_now(connection);
        std::optional<Row> row = leased_row(connection, token);
        if (!row) return std::optional<JobState>();
        note_failure(connection, row->id, error);
        const bool again = !row->cancel && retry.again && row->waiting.attempts < row->waiting.most_attempts;
        if (!again) {
            const JobState state = row->cancel ? JobState::cancelled : JobState::dead;
            end(connection, row->id, state, now);
            return std::optional(state);
        }
        row->waiting.ready = row->waiting.since = now + retry_delay(options_, row->waiting.attempts, random(), retry.after);
        wait_again(connection, *row, now);
        return std::optional(JobState::waiting);
    });
}

Result<bool> SqliteQueue::release(std::string_view token) {
    return file_.write("release job", [&](Connection& connection) -> Result<bool> {
        const TimePoint now = settled_now(connection);
        std::optional<Row> row = leased_row(connection, token);
        if (!row) return false;
        if (row->cancel) {
            end(connection, row->id, JobState::cancelled, now);
            return true;
        }
        --row->waiting.attempts;
        row->waiting.ready = now;
        wait_again(connection, *row, now);
        return true;
    });
}

}  // namespace veritag::store
