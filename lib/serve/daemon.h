// The daemon behind the HTTP API: it keeps the schedule, works off the queue, tells people, and knows what is there now.
#pragma once

#include "audit/reference_list.h"
#include "config/settings.h"
#include "model/report.h"
#include "serve/adapter_scans.h"
#include "serve/attaching.h"
#include "serve/broadcast.h"
#include "serve/current.h"
#include "serve/metrics.h"
#include "serve/orders.h"
#include "serve/telling.h"
#include "serve/workshop.h"
#include "store/batching_enqueuer.h"
#include "store/daemon_state.h"
#include "store/store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace veritag::serve {

struct DaemonOptions {
    std::string tool_version;
    bool confined = true;  ///< parse layers in processes that can only compute
    store::Clocks clocks = {};  ///< tests have their own
    std::chrono::milliseconds lease{60'000};
    [[nodiscard]] std::chrono::sys_seconds now() const { return std::chrono::floor<std::chrono::seconds>(clocks.now()); }
    [[nodiscard]] std::chrono::sys_days today() const { return std::chrono::floor<std::chrono::days>(clocks.now()); }
};

/// How far a run has come.
struct RunProgress {
    std::size_t listed = 0;  ///< references; 0 until they are known
    std::size_t done = 0;
};

/// What an audit of a configured target looks at when it begins at `now`.
audit::Scope scope_of(const config::TargetSettings& target, std::chrono::sys_seconds now);

/// The first target whose audits would look at a reference; null where none would.
const config::TargetSettings* target_of(const config::Settings& settings, const store::ReferenceKey& reference);

/// Thread-safe from start() on.
class Daemon {
public:
    /// Opens the store and reads the rules. Errors are those of the store, and `config`.
    static Result<std::unique_ptr<Daemon>> make(config::Settings settings, DaemonOptions options);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Begins to work. Once.
    void start();
    /// Takes no new job, stops those under way and gives them back to the queue unharmed.
    void stop();
    /// New settings, with new rules; those that cannot be used leave everything as it was. Addresses and the store stay until a restart.
    Result<void> reload(config::Settings settings);

    [[nodiscard]] std::shared_ptr<const config::Settings> settings() const;
    [[nodiscard]] std::shared_ptr<Workshop> workshop() const;
    [[nodiscard]] const DaemonOptions& options() const noexcept { return options_; }
    [[nodiscard]] store::AuditStore& store() noexcept { return *store_; }
    [[nodiscard]] store::DaemonState& state() noexcept { return *state_; }
    [[nodiscard]] store::BatchingEnqueuer& enqueuer() noexcept { return *enqueuer_; }
    [[nodiscard]] CurrentImages& images() noexcept { return *images_; }
    [[nodiscard]] AdapterScans& adapter_scans() noexcept { return adapter_scans_; }
    [[nodiscard]] Metrics& metrics() noexcept { return metrics_; }

    /// Durable once it returns. `usage` for an order that cannot be meant: an unknown target, a name that is no reference.
    Result<store::Enqueued> order_audit(const std::string& target);
    Result<store::Enqueued> order_scan(const std::string& image, const std::string& origin);
    /// The job's state then; one that runs here is stopped at once. `not_found`.
    Result<store::JobState> cancel(std::int64_t job);
    /// Jobs were enqueued by somebody else: idle workers look now and not only after a while.
    void wake();

    /// When a target's next audit begins; nullopt where it has no schedule, or the store fails.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> next_start(const config::TargetSettings& target);
    [[nodiscard]] std::optional<RunProgress> progress_of(std::int64_t job) const;
    /// Tells what runs now, and from then on all that happens; the number is for leave(). The listener may be called before this returns.
    std::uint64_t listen(Broadcaster::Listener listener);
    void leave(std::uint64_t number) { broadcaster_.remove(number); }
    /// Whether store and queue can be used, and if not, why.
    Result<void> check();

private:
    class Job;
    class Quiet;

    Daemon(config::Settings settings, DaemonOptions options, std::shared_ptr<store::AuditStore> store, std::unique_ptr<store::DaemonState> state);
    void work(const std::vector<std::string>& kinds, const std::string& name, std::stop_token stop);
    void run_job(const store::Lease& lease, const std::stop_token& stop);
    /// `change` makes the new progress of the old one; listeners are told now and then.
    void note_progress(std::int64_t job, const std::function<void(RunProgress&)>& change);
    Result<std::string> run_audit(const store::Lease& lease, const std::stop_token& stop);
    Result<std::string> run_scan(const store::Lease& lease, const std::stop_token& stop);
    Result<std::string> run_adapter_scan(const store::Lease& lease, const std::stop_token& stop);
    Result<std::string> run_notice(const store::Lease& lease, const std::stop_token& stop, std::optional<store::Retry>& retry);
    Result<std::string> run_attach(const store::Lease& lease, const std::stop_token& stop);
    struct Run;
    Result<std::string> look(const store::Lease& lease, const Run& run, const std::stop_token& stop);
    void keep_schedule(std::stop_token stop);
    Result<std::chrono::sys_seconds> start_due(std::chrono::sys_seconds now);
    Result<std::chrono::sys_seconds> next_start(const config::TargetSettings& target, std::chrono::sys_seconds now);
    void sweep(std::stop_token stop);
    void prune(const std::stop_token& stop);
    /// Records of runs that nobody goes on with, since their job ended.
    void close_left_audits();
    void close_audits_of(std::int64_t job, store::AuditEnd end, std::string_view why);
    /// What metrics know without a run: names of the configuration, and when its targets were audited last.
    void prepare_metrics();
    void note_audited(const std::string& target);

    const DaemonOptions options_;
    const std::shared_ptr<store::AuditStore> store_;
    const std::unique_ptr<store::DaemonState> state_;
    std::unique_ptr<store::BatchingEnqueuer> enqueuer_;
    std::unique_ptr<CurrentImages> images_;
    AdapterScans adapter_scans_;
    Metrics metrics_;
    std::shared_ptr<registry::TrafficObserver> observer_;
    std::unique_ptr<Quiet> progress_;
    Telling telling_;
    Attaching attaching_;

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::shared_ptr<const config::Settings> settings_;
    std::shared_ptr<Workshop> workshop_;
    std::uint64_t wakes_ = 0;
    struct Running {
        JobName name;
        int attempt = 0;
        RunProgress progress;
        std::chrono::steady_clock::time_point told = {};
    };
    std::map<std::int64_t, Running> running_;
    std::map<std::int64_t, Job*> jobs_;  // those that run here
    Broadcaster broadcaster_;

    std::mutex check_mutex_;
    std::optional<std::chrono::steady_clock::time_point> checked_;
    Result<void> health_ = ok();

    std::vector<std::jthread> threads_;  // last: they use all above
};

}  // namespace veritag::serve
