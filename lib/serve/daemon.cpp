#include "serve/daemon.h"

#include "base/log.h"
#include "base/text.h"
#include "oci/reference.h"

#include <algorithm>
#include <set>
#include <utility>

namespace veritag::serve {

using std::chrono::sys_seconds;

namespace {
constexpr std::string_view kStarted = "schedule/started/";  // keys of the state
constexpr std::string_view kKnown = "schedule/known/";
constexpr std::string_view kAudited = "schedule/audited/";
}  // namespace

// Nobody watches layer by layer; images that are done are counted by the run itself.
class Daemon::Quiet final : public scan::Progress {
public:
    void image_started(std::string_view, std::string_view, std::size_t, std::uint64_t) override {}
    void bytes_read(std::uint64_t) override {}
    void bytes_expected(std::int64_t) override {}
    void layer_done() override {}
    void image_done(const ImageReport&) override {}
};

Result<std::unique_ptr<Daemon>> Daemon::make(config::Settings settings, DaemonOptions options) {
    store::StoreOptions store_options;
    store_options.limits = settings.limits;
    store_options.try_again_after = std::chrono::seconds(10);
    store_options.prunes_itself = false;  // sweep() does it
    store_options.now = [clocks = options.clocks] { return std::chrono::floor<std::chrono::seconds>(clocks.now()); };
    store::DaemonStateOptions state_options;
    state_options.queue = settings.queue;
    state_options.clocks = options.clocks;
    // The state first: of a damaged file it carries jobs and tokens over into the new one, which the content store would not.
    VERITAG_TRY(std::unique_ptr<store::DaemonState> state, store::open_sqlite_daemon_state(settings.store, std::move(state_options)));
    VERITAG_TRY(std::shared_ptr<store::AuditStore> store, store::open_sqlite_store(settings.store, std::move(store_options)));
    std::unique_ptr<Daemon> daemon(new Daemon(std::move(settings), std::move(options), std::move(store), std::move(state)));
    VERITAG_TRY(daemon->workshop_, Workshop::make(*daemon->settings_, daemon->store_, *daemon->progress_, daemon->observer_, daemon->options_.confined));
    return daemon;
}

Daemon::Daemon(config::Settings settings, DaemonOptions options, std::shared_ptr<store::AuditStore> store, std::unique_ptr<store::DaemonState> state)
    : options_(std::move(options)),
      store_(std::move(store)),
      state_(std::move(state)),
      enqueuer_(std::make_unique<store::BatchingEnqueuer>(state_->jobs())),
      images_(std::make_unique<CurrentImages>(*store_, settings.waivers, [this] { return options_.today(); })),
      observer_(&metrics_, [](registry::TrafficObserver*) {}),  // the daemon outlives every client
      progress_(std::make_unique<Quiet>()),
      telling_(*state_),
      attaching_(*store_, *state_, options_.tool_version),
      settings_(std::make_shared<const config::Settings>(std::move(settings))) {}

Daemon::~Daemon() { stop(); }

void Daemon::start() {
    std::set<std::string> open;  // runs that did not live to their end
    for (const store::AuditRecord& audit : store_->open_audits()) open.insert(std::to_string(audit.id));
    close_left_audits();
    prepare_metrics();
    if (const Result<void> enqueued = telling_.enqueue_all([&](const std::string& run) { return !open.contains(run); }); !enqueued) log::error("what was to be told could not be taken up", {{"error", enqueued.error().message()}});
    const auto worker = [this](std::vector<std::string> kinds, const std::string& name) {
        threads_.emplace_back([this, kinds = std::move(kinds), name](std::stop_token stop) { work(kinds, name, std::move(stop)); });
    };
    // Of each sort its own, so that nothing quick waits for something slow.
    const std::size_t workers = settings()->workers;
    for (std::size_t i = 0; i < workers; ++i) {
        worker({std::string(kAuditJob)}, "audit-" + std::to_string(i));
        worker({std::string(kScanJob), std::string(kAdapterJob)}, "scan-" + std::to_string(i));
    }
    worker({std::string(kNoticeJob)}, "notice");
    worker({std::string(kAttachJob)}, "attach");
    threads_.emplace_back([this](std::stop_token stop) { keep_schedule(std::move(stop)); });
    threads_.emplace_back([this](std::stop_token stop) { sweep(std::move(stop)); });
}

void Daemon::stop() {
    for (std::jthread& each : threads_) each.request_stop();
    changed_.notify_all();
    threads_.clear();  // waits for them
    enqueuer_->stop();
}

Result<void> Daemon::reload(config::Settings settings) {
    Result<std::shared_ptr<Workshop>> made = Workshop::make(settings, store_, *progress_, observer_, options_.confined);
    metrics_.reloaded(made.has_value());
    if (!made) return made.error();
    images_->waive(settings.waivers);
    {
        const std::lock_guard lock(mutex_);
        settings_ = std::make_shared<const config::Settings>(std::move(settings));
        workshop_ = std::move(*made);
        ++wakes_;
        changed_.notify_all();
    }
    prepare_metrics();
    return ok();
}

void Daemon::prepare_metrics() {
    const std::shared_ptr<const config::Settings> settings = this->settings();
    Metrics::Expected names;
    for (const config::RegistrySettings& each : settings->registries) names.registries.push_back(each.registry);
    for (const config::HookSettings& each : settings->hooks) names.senders.push_back(each.name);
    for (const notify::Channel& each : settings->channels) names.channels.push_back(each.name);
    for (const config::TargetSettings& each : settings->targets) names.targets.push_back(each.name);
    metrics_.expect(names);
    for (const std::string& target : names.targets) {
        const Result<std::optional<store::StateValue>> kept = state_->values().get(std::string(kAudited) + target);
        if (!kept) log::warn("when a target was audited last could not be read", {{"target", target}, {"error", kept.error().message()}});
        const std::optional<std::uint64_t> seconds = kept && *kept ? parse_u64((*kept)->value) : std::nullopt;
        if (seconds) metrics_.audited(target, sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*seconds))));
    }
}

void Daemon::note_audited(const std::string& target) {
    const sys_seconds now = options_.now();
    metrics_.audited(target, now);
    if (const Result<void> kept = state_->values().put(std::string(kAudited) + target, std::to_string(now.time_since_epoch().count())); !kept)
        log::warn("when a target was audited could not be kept", {{"target", target}, {"error", kept.error().message()}});
}

std::shared_ptr<const config::Settings> Daemon::settings() const {
    const std::lock_guard lock(mutex_);
    return settings_;
}

std::shared_ptr<Workshop> Daemon::workshop() const {
    const std::lock_guard lock(mutex_);
    return workshop_;
}

void Daemon::wake() {
    const std::lock_guard lock(mutex_);
    ++wakes_;
    changed_.notify_all();
}

std::optional<RunProgress> Daemon::progress_of(std::int64_t job) const {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(job);
    return found == running_.end() ? std::nullopt : std::optional(found->second.progress);
}

// What runs is told and the listener added under one lock, under which jobs end, too: so no end is missed in between.
std::uint64_t Daemon::listen(Broadcaster::Listener listener) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, running] : running_) {
        listener(began(running.name, running.attempt));
        listener(progressed(running.name, running.progress.listed, running.progress.done));
    }
    return broadcaster_.add(std::move(listener));
}

void Daemon::note_progress(std::int64_t job, const std::function<void(RunProgress&)>& change) {
    constexpr std::chrono::milliseconds kOften{200};  // a person sees no more, and an audit has thousands of images
    std::optional<Happening> news;
    {
        const std::lock_guard lock(mutex_);
        const auto running = running_.find(job);
        if (running == running_.end()) return;
        RunProgress& progress = running->second.progress;
        change(progress);
        const auto now = std::chrono::steady_clock::now();
        if (now - running->second.told >= kOften || progress.done == progress.listed) {
            running->second.told = now;
            news = progressed(running->second.name, progress.listed, progress.done);
        }
    }
    if (news) broadcaster_.tell(*news);
}

Result<void> Daemon::check() {
    // Whoever asks may ask often, and each look is a write.
    constexpr std::chrono::seconds kOften{5};
    const std::lock_guard lock(check_mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (checked_ && now - *checked_ < kOften) return health_;
    health_ = [&]() -> Result<void> {
        VERITAG_CHECK(state_->jobs().counts());
        VERITAG_CHECK(state_->values().put("health/probe", "1"));
        if (!store_->is_working()) return Error{ErrorCode::io, "use store", quote(settings()->store), "it failed a moment ago", "see the log; free space on its disk"};
        return ok();
    }();
    checked_ = now;
    return health_;
}

// ---- orders ----

Result<store::Enqueued> Daemon::order_audit(const std::string& target) {
    const std::shared_ptr<const config::Settings> settings = this->settings();
    const auto known = std::find_if(settings->targets.begin(), settings->targets.end(), [&](const config::TargetSettings& each) { return each.name == target; });
    AuditOrder order;
    std::string key;
    std::chrono::seconds deadline = config::TargetSettings{}.deadline;
    if (known != settings->targets.end()) {
        order.target = key = known->name;
        deadline = known->deadline;
    } else {
        const Result<registry::ListingTarget> listing = registry::parse_listing_target(target);
        if (!listing) return Error{ErrorCode::usage, "order audit", quote(target), "no configured target, and no HOST[:PORT][/NAMESPACE[/REPOSITORY]]", ""};
        order.listing = key = audit::text_of(*listing);
    }
    VERITAG_TRY(const std::vector<store::Enqueued> done,
                enqueuer_->enqueue({{.kind = std::string(kAuditJob), .key = key, .payload = to_json(order), .priority = store::Priority::on_demand, .most_attempts = kAuditAttempts, .deadline = deadline}}));
    wake();
    return done.front();
}

Result<store::Enqueued> Daemon::order_scan(const std::string& image, const std::string& origin) {
    const Result<oci::Reference> reference = oci::parse_reference(image);
    if (!reference) return Error{ErrorCode::usage, "order scan", quote(image), reference.error().saw, "write HOST[:PORT]/REPOSITORY:TAG"};
    if (reference->digest) return Error{ErrorCode::usage, "order scan", quote(image), "a tag is what is judged, and this names a digest", "write HOST[:PORT]/REPOSITORY:TAG"};
    ScanOrder order{.reference = {reference->registry, reference->repository, reference->tag}, .digest = "", .origin = origin};
    VERITAG_TRY(const std::vector<store::Enqueued> done, enqueuer_->enqueue({{.kind = std::string(kScanJob), .key = reference->registry + '/' + reference->repository + ':' + reference->tag,
                                                                             .payload = to_json(order), .priority = store::Priority::on_demand, .most_attempts = kScanAttempts}}));
    wake();
    return done.front();
}

// ---- schedule ----

void Daemon::keep_schedule(std::stop_token stop) {
    constexpr std::chrono::seconds kOften{30};  // so that a clock that was set is noticed
    while (!stop.stop_requested()) {
        std::uint64_t seen = 0;
        {
            const std::lock_guard lock(mutex_);
            seen = wakes_;
        }
        const sys_seconds now = options_.now();
        const Result<sys_seconds> next = start_due(now);
        if (!next) log::error("the schedule could not be kept", {{"error", next.error().message()}});
        const std::chrono::seconds wait = next ? std::clamp<std::chrono::seconds>(*next - now, std::chrono::seconds(1), kOften) : kOften;
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, wait, [&] { return wakes_ != seen; });  // new settings, or a job that ended
    }
}

Result<sys_seconds> Daemon::next_start(const config::TargetSettings& target, sys_seconds now) {
    const auto time_at = [&](const std::string& key) -> Result<std::optional<sys_seconds>> {
        VERITAG_TRY(const std::optional<store::StateValue> value, state_->values().get(key));
        const std::optional<std::uint64_t> seconds = value ? parse_u64(value->value) : std::nullopt;
        return seconds ? std::optional(sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*seconds)))) : std::nullopt;
    };
    VERITAG_TRY(const std::optional<sys_seconds> started, time_at(std::string(kStarted) + target.name));
    VERITAG_TRY(std::optional<sys_seconds> known, time_at(std::string(kKnown) + target.name));
    if (!known) {
        VERITAG_CHECK(state_->values().put(std::string(kKnown) + target.name, std::to_string(now.time_since_epoch().count())));
        known = now;
    }
    return schedule::next_run(*target.schedule, started, now, known);
}

std::optional<sys_seconds> Daemon::next_start(const config::TargetSettings& target) {
    if (!target.schedule) return std::nullopt;
    const Result<sys_seconds> next = next_start(target, options_.now());
    return next ? std::optional(*next) : std::nullopt;
}

// What is due is enqueued first and written down as started then: a daemon that dies in between does it again, and the queue takes both for one.
Result<sys_seconds> Daemon::start_due(sys_seconds now) {
    const std::shared_ptr<const config::Settings> settings = this->settings();
    sys_seconds earliest = now + std::chrono::hours(24);
    bool due = false;
    for (const config::TargetSettings& target : settings->targets) {
        if (!target.schedule) continue;
        VERITAG_TRY(const sys_seconds next, next_start(target, now));
        if (next > now) {
            earliest = std::min(earliest, next);
            continue;
        }
        const store::NewJob job{.kind = std::string(kAuditJob), .key = target.name, .payload = to_json(AuditOrder{.target = target.name, .listing = ""}), .priority = store::Priority::schedule,
                                .most_attempts = kAuditAttempts, .deadline = target.deadline};
        if (const store::EnqueueAnswer enqueued = state_->jobs().enqueue({&job, 1}); !enqueued) {  // it costs this target, not those behind it
            log::error("an audit that is due could not be enqueued", {{"target", target.name}, {"error", enqueued.error().message()}});
            earliest = std::min(earliest, now + std::chrono::seconds(30));
            continue;
        }
        VERITAG_CHECK(state_->values().put(std::string(kStarted) + target.name, std::to_string(now.time_since_epoch().count())));
        log::info("audit is due", {{"target", target.name}});
        due = true;
        earliest = std::min(earliest, now + std::chrono::seconds(1));
    }
    if (due) wake();
    return earliest;
}

// ---- what is over ----

void Daemon::sweep(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        lock.unlock();
        const Result<std::uint64_t> pruned = state_->jobs().prune(std::chrono::hours(24 * 7), std::chrono::hours(24 * 30));
        if (!pruned) log::warn("jobs that ended long ago could not be dropped", {{"error", pruned.error().message()}});
        close_left_audits();
        prune(stop);
        lock.lock();
        changed_.wait_for(lock, stop, std::chrono::hours(1), [] { return false; });
    }
}

// A piece at a time, with room between them for whoever waits to write.
void Daemon::prune(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kBetween{20};
    std::size_t pieces = 0;
    for (; !stop.stop_requested() && store_->prune_some(); ++pieces) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, kBetween, [] { return false; });
    }
    if (pieces > 0) log::info("what is old or too much was dropped from the store", {{"pieces", std::to_string(pieces)}});
}

void Daemon::close_audits_of(std::int64_t job, store::AuditEnd end, std::string_view why) {
    for (const store::AuditRecord& audit : store_->open_audits())
        if (audit.job == job) store_->close_audit(audit.id, end, why);
}

void Daemon::close_left_audits() {
    for (const store::AuditRecord& audit : store_->open_audits()) {
        if (audit.job == 0) continue;  // of a command line, which goes on with it
        const Result<std::optional<store::Job>> job = state_->jobs().find(audit.job);
        if (!job) continue;  // the next time
        if (*job && ((*job)->info.state == store::JobState::waiting || (*job)->info.state == store::JobState::running)) continue;
        const bool cancelled = *job && (*job)->info.state == store::JobState::cancelled;
        const std::string why = *job && (*job)->info.failure ? (*job)->info.failure->message : cancelled ? "its job was cancelled" : "its job ended without it";
        store_->close_audit(audit.id, cancelled ? store::AuditEnd::cancelled : store::AuditEnd::failed, why);
    }
}

}  // namespace veritag::serve
