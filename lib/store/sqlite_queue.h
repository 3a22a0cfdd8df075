// The queue in the store's file. That one job of a key waits and one runs is also what the table's indexes say.
#pragma once

#include "store/job_rules.h"
#include "store/queue.h"
#include "store/sqlite_file.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace veritag::store {

class SqliteQueue final : public JobQueue {
public:
    SqliteQueue(SqliteFile& file, QueueOptions options);

    // sqlite_queue.cpp
    Result<std::vector<EnqueueAnswer>> enqueue_groups(std::span<const std::span<const NewJob>> groups) override;
    Result<JobState> cancel(std::int64_t id) override;
    Result<std::optional<Enqueued>> retry(std::int64_t id) override;

    // sqlite_job_list.cpp
    Result<std::optional<Job>> find(std::int64_t id) override;
    Result<JobPage> list(const JobFilter& filter, std::optional<std::int64_t> cursor, std::size_t limit) override;
    Result<QueueCounts> counts() override;
    Result<std::uint64_t> prune(std::chrono::milliseconds age, std::chrono::milliseconds dead_age) override;

    // sqlite_leases.cpp
    Result<std::optional<Lease>> lease(std::string_view worker, std::span<const std::string> kinds, std::chrono::milliseconds lease_time) override;
    Result<LeaseState> renew(std::string_view token) override;
    Result<bool> finish(std::string_view token, std::string_view result) override;
    Result<std::optional<JobState>> fail(std::string_view token, const Error& error, const Retry& retry) override;
    Result<bool> release(std::string_view token) override;

private:
    /// A row of a job that waits or runs.
    struct Row {
        std::int64_t id = 0;
        std::string kind;
        std::string key;
        Waiting waiting;
        JobState state = JobState::waiting;
        int lost = 0;
        TimePoint started;
        std::string holder;
        std::string token;
        std::chrono::milliseconds lease{0};
        TimePoint lease_end;
        bool cancel = false;
    };
    /// A lease that this object gave, by the clock that nobody puts forward.
    struct Held {
        std::chrono::steady_clock::time_point ends;
        std::chrono::steady_clock::time_point deadline;
    };

    TimePoint settled_now(Connection& connection);
    static std::optional<Row> read_row(Statement& statement);
    static std::optional<Row> row_of(Connection& connection, std::int64_t id);
    static std::optional<Row> waiting_row(Connection& connection, std::string_view kind, std::string_view key);
    static std::vector<Row> running_rows(Connection& connection);
    static std::optional<Row> row_of_token(Connection& connection, std::string_view token);
    std::optional<Row> leased_row(Connection& connection, std::string_view token);

    EnqueueAnswer enqueue_group(Connection& connection, std::span<const NewJob> jobs, TimePoint now, std::size_t& waiting);
    std::optional<Enqueued> enqueue_one(Connection& connection, const NewJob& job, TimePoint now, std::size_t& waiting);
    [[nodiscard]] Error full() const;
    static void write_waiting(Connection& connection, std::int64_t id, const Waiting& waiting, TimePoint now);
    static void end(Connection& connection, std::int64_t id, JobState state, TimePoint now);

    bool may_have_work(Connection& connection, std::span<const std::string> kinds) const;
    std::optional<std::int64_t> pick(Connection& connection, std::span<const std::string> kinds, TimePoint now) const;
    void take_back_leases(Connection& connection, TimePoint now);
    bool may_run_on(Connection& connection, const Row& row, TimePoint now);
    void lose(Connection& connection, Row row, TimePoint now);
    static void note_failure(Connection& connection, std::int64_t id, const Error& error);
    static void wait_again(Connection& connection, Row row, TimePoint now);
    double random();

    SqliteFile& file_;
    const QueueOptions options_;
    const std::string holder_;
    // Below: under the file's lock for writers, within file_.write().
    std::map<std::string, Held, std::less<>> held_;
    std::mt19937_64 generator_{std::random_device{}()};
};

// Columns of the tables.
inline std::int64_t milliseconds_of(TimePoint time) noexcept { return time.time_since_epoch().count(); }
/// Of a row, whatever stands in it.
inline Priority priority_of(std::int64_t number) noexcept { return static_cast<Priority>(std::clamp<std::int64_t>(number, 0, kPriorities - 1)); }
inline TimePoint time_point_of(std::int64_t milliseconds) noexcept { return TimePoint(std::chrono::milliseconds(milliseconds)); }

}  // namespace veritag::store
