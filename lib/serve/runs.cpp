// Working off the queue: one lease, one run, one answer.
#include "serve/daemon.h"

#include "base/log.h"
#include "base/text.h"
#include "serve/harbor.h"
#include "source/image_source.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace veritag::serve {

using std::chrono::sys_seconds;

namespace {

// What may be different in a while. Everything else would fail the same way again.
bool is_passing(ErrorCode code) {
    return code == ErrorCode::network || code == ErrorCode::timeout || code == ErrorCode::server || code == ErrorCode::rate_limited || code == ErrorCode::io || code == ErrorCode::worker;
}

// The error of a run that found nobody to answer: then it is worth another try.
std::optional<Error> failure_of(const Report& report) {
    for (const ImageReport& image : report.images)
        if (!image.error || !is_passing(image.error->code)) return std::nullopt;
    if (!report.images.empty()) return report.images.front().error;
    for (const ListedTarget& target : report.targets)
        if (target.error && is_passing(target.error->code)) return target.error;
    return std::nullopt;
}

// By `worst` whoever ordered the run decides: what is waived does not count there. The verdicts are those of the images, waived or not.
RunResult result_of(const audit::AuditOutcome& outcome) {
    constexpr std::size_t kMostMessageBytes = 1000;  // so that a list of jobs has room for it
    RunResult result{.audit = outcome.audit, .images = outcome.report.images.size(), .worst = "", .unread = outcome.report.images.empty(), .verdicts = count_verdicts(outcome.report.images)};
    std::optional<Severity> worst;
    const auto add = [&](const std::vector<Finding>& findings) {
        for (const Finding& finding : findings)
            if (!finding.waived && (!worst || finding.severity < *worst)) worst = finding.severity;
    };
    const auto fail = [&](const std::optional<Error>& error) {
        if (error && !result.error) result.error = {std::string(to_string(error->code)), quote(error->message(), kMostMessageBytes)};
    };
    add(outcome.report.findings);
    for (const ListedTarget& target : outcome.report.targets) {
        fail(target.error);
        result.unread = result.unread || target.error;
    }
    for (const ImageReport& image : outcome.report.images) {
        add(image.findings);
        fail(image.error);
        const Verdict verdict = unwaived_verdict(image);
        result.unread = result.unread || verdict == Verdict::error || verdict == Verdict::unknown;
    }
    if (worst) result.worst = to_string(*worst);
    return result;
}

}  // namespace

const config::TargetSettings* target_of(const config::Settings& settings, const store::ReferenceKey& reference) {
    const auto is_below = [&](const registry::ListingTarget& each) {
        return each.registry == reference.registry && (each.path.empty() || reference.repository == each.path || reference.repository.starts_with(each.path + '/'));
    };
    const auto is_named = [&](const source::TargetList::Entry& each) {
        return each.registry == reference.registry && each.repository == reference.repository && (each.tags.empty() || std::find(each.tags.begin(), each.tags.end(), reference.tag) != each.tags.end());
    };
    for (const config::TargetSettings& target : settings.targets) {
        if (!source::keeps_repository(target.filter, reference.repository) || !source::keeps_tag(target.filter, reference.tag)) continue;
        if (std::any_of(target.targets.begin(), target.targets.end(), is_below) || std::any_of(target.entries.begin(), target.entries.end(), is_named)) return &target;
    }
    return nullptr;
}

// ---- one job ----

// Renews the lease as long as the job runs, and passes on that it shall stop.
class Daemon::Job {
public:
    Job(store::JobQueue& queue, const store::Lease& lease, std::chrono::milliseconds lease_time, const std::stop_token& daemon_stops)
        : on_stop_(daemon_stops, [this] { stop_.request_stop(); }), keeper_([this, &queue, token = lease.token, lease_time](std::stop_token ended) {
              std::unique_lock lock(mutex_);
              while (!wake_.wait_for(lock, ended, lease_time / 3, [] { return false; }) && !ended.stop_requested()) {
                  lock.unlock();
                  const Result<store::LeaseState> state = queue.renew(token);
                  lock.lock();
                  if (!state) continue;  // the store fails: the next time, or the lease runs out
                  state_ = *state;
                  if (state_ != store::LeaseState::held) stop_.request_stop();
              }
          }) {}

    void cancel() {
        {
            const std::lock_guard lock(mutex_);
            state_ = store::LeaseState::cancelled;
        }
        stop_.request_stop();
    }
    [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }
    [[nodiscard]] store::LeaseState state() {
        const std::lock_guard lock(mutex_);
        return state_;
    }

private:
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> on_stop_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    store::LeaseState state_ = store::LeaseState::held;
    std::jthread keeper_;  // last
};

Result<store::JobState> Daemon::cancel(std::int64_t id) {
    VERITAG_TRY(const store::JobState state, state_->jobs().cancel(id));
    if (state == store::JobState::cancelled) {
        close_audits_of(id, store::AuditEnd::cancelled, "its job was cancelled");
        VERITAG_TRY(const std::optional<store::Job> job, state_->jobs().find(id));
        if (job && job->info.kind == kAdapterJob) adapter_scans_.drop(job->info.key);
    }
    const std::lock_guard lock(mutex_);
    if (const auto job = jobs_.find(id); job != jobs_.end() && state == store::JobState::running) job->second->cancel();
    return state;
}

void Daemon::work(const std::vector<std::string>& kinds, const std::string& name, std::stop_token stop) {
    constexpr std::chrono::milliseconds kLookAgain{500};  // for what became ready meanwhile, and what other processes enqueued
    constexpr std::chrono::seconds kAfterFailure{5};
    while (!stop.stop_requested()) {
        std::uint64_t seen = 0;
        {
            const std::lock_guard lock(mutex_);
            seen = wakes_;
        }
        Result<std::optional<store::Lease>> lease = state_->jobs().lease(name, kinds, options_.lease);
        if (!lease) log::error("no job could be taken from the queue", {{"worker", name}, {"error", lease.error().message()}});
        if (lease && *lease) {
            run_job(**lease, stop);
            continue;
        }
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, lease ? kLookAgain : std::chrono::duration_cast<std::chrono::milliseconds>(kAfterFailure), [&] { return lease && wakes_ != seen; });
    }
}

namespace {

// A run that was stopped knows that, and not why.
Error error_of(const store::Lease& lease, store::LeaseState state, const Error& stopped) {
    if (stopped.code != ErrorCode::cancelled) return stopped;
    if (state == store::LeaseState::cancelled) return {ErrorCode::cancelled, "run job", quote(lease.key), "it was cancelled; what was done by then is kept", ""};
    if (state != store::LeaseState::overdue) return stopped;
    const char* hint = lease.kind == kAuditJob     ? "what was done by then is kept, and the next try goes on; raise the target's deadline"
                       : lease.kind == kAdapterJob ? "raise harbor_adapter.deadline"
                                                   : "see in the log what took so long";
    return {ErrorCode::timeout, "run job", quote(lease.key), "its deadline passed before its end, at " + rfc3339(std::chrono::floor<std::chrono::seconds>(lease.deadline)), hint};
}

// What became of a job whose run failed. Where that could not be written down its lease runs out.
std::string word_of(const Result<std::optional<store::JobState>>& became) {
    if (!became || !*became) return "lost";
    return **became == store::JobState::waiting ? "again" : **became == store::JobState::cancelled ? "cancelled" : "failed";
}

}  // namespace

void Daemon::run_job(const store::Lease& lease, const std::stop_token& stop) {
    const auto started = std::chrono::steady_clock::now();
    const std::string id = std::to_string(lease.id);
    log::info("job begins", {{"job", id}, {"kind", lease.kind}, {"about", quote(lease.key)}, {"attempt", std::to_string(lease.attempt)}});
    Result<std::string> result = Error{};
    std::optional<store::Retry> wanted;  // where the run knows better
    store::LeaseState state = store::LeaseState::held;
    const JobName name{lease.id, lease.kind, lease.key};
    {
        const std::lock_guard lock(mutex_);
        running_[lease.id] = {.name = name, .attempt = lease.attempt, .progress = {}};
    }
    broadcaster_.tell(began(name, lease.attempt));
    {
        Job job(state_->jobs(), lease, options_.lease, stop);
        {
            const std::lock_guard lock(mutex_);
            jobs_[lease.id] = &job;
        }
        try {
            if (lease.kind == kAuditJob)
                result = run_audit(lease, job.stop());
            else if (lease.kind == kScanJob)
                result = run_scan(lease, job.stop());
            else if (lease.kind == kAdapterJob)
                result = run_adapter_scan(lease, job.stop());
            else if (lease.kind == kAttachJob)
                result = run_attach(lease, job.stop());
            else
                result = run_notice(lease, job.stop(), wanted);
        } catch (const std::exception& broken) {  // memory ran out, or the like: it costs this run, not the daemon
            result = Error{ErrorCode::internal, "run job", lease.kind, broken.what(), ""};
        }
        const std::lock_guard lock(mutex_);
        jobs_.erase(lease.id);
        running_.erase(lease.id);
        state = job.state();
    }
    if (!result) result = error_of(lease, state, result.error());
    std::string result_word = "done";
    Result<bool> told = true;
    if (result) {
        told = state_->jobs().finish(lease.token, *result);
        if (told && !*told) result_word = "lost";
    } else if (stop.stop_requested() && state == store::LeaseState::held && result.error().code == ErrorCode::cancelled) {
        told = state_->jobs().release(lease.token);
        result_word = told && !*told ? "lost" : "given back";
    } else {
        store::Retry retry = wanted.value_or(store::Retry{.again = is_passing(result.error().code)});
        if (!wanted && result.error().code == ErrorCode::rate_limited) retry.after = std::chrono::minutes(10);
        if (state == store::LeaseState::overdue) retry.again = true;
        const Result<std::optional<store::JobState>> became = state_->jobs().fail(lease.token, result.error(), retry);
        if (!became) told = became.error();
        result_word = word_of(became);
        if (result_word == "cancelled") {
            close_audits_of(lease.id, store::AuditEnd::cancelled, "its job was cancelled; what was done by then is kept");
            log::info("job cancelled", {{"job", id}, {"kind", lease.kind}, {"about", quote(lease.key)}});
        } else if (result_word != "lost") {
            if (result_word == "failed") close_audits_of(lease.id, store::AuditEnd::failed, result.error().message());
            log::warn("job failed", {{"job", id}, {"kind", lease.kind}, {"about", quote(lease.key)}, {"again", result_word == "again" ? "yes" : "no"}, {"error", result.error().message()}});
        }
    }
    if (told && result_word == "lost")
        log::warn("job lost: its lease ran out while it ran, so what this run made of it does not count; whoever takes it next does it again",
                  {{"job", id}, {"kind", lease.kind}, {"about", quote(lease.key)}, {"run", result ? "came to its end" : result.error().message()}});
    if (lease.kind == kAdapterJob && result_word != "again" && result_word != "given back") adapter_scans_.drop(lease.key);
    if (!told) log::error("the end of a job could not be written down; it will be run again", {{"job", id}, {"error", told.error().message()}});
    metrics_.job_ended(lease.kind, result_word, std::chrono::steady_clock::now() - started);
    broadcaster_.tell(ended(name, result_word));
    log::info("job ends", {{"job", id}, {"kind", lease.kind}, {"result", result_word}});
}

// ---- audits and scans ----

struct Daemon::Run {
    audit::Auditor& auditor;
    audit::AuditOptions options;
    std::string target;                 ///< for whoever is told
    std::vector<std::string> channels;  ///< empty: all
    bool configured = false;            ///< the target stands in the configuration
};

Result<std::string> Daemon::look(const store::Lease& lease, const Run& run, const std::stop_token& stop) {
    const std::shared_ptr<const config::Settings> settings = this->settings();
    audit::AuditOptions options = run.options;
    options.tool_version = options_.tool_version;
    options.job = lease.id;
    options.limits = settings->limits;
    options.generated = rfc3339(options_.now());
    options.compare_with_earlier = true;
    options.listed = [&](std::size_t count) { note_progress(lease.id, [&](RunProgress& now) { now.listed = count; }); };
    options.reference_done = [&] { note_progress(lease.id, [](RunProgress& now) { ++now.done; }); };
    Result<void> noted = ok();
    options.before_keeping = [&](const audit::AuditOutcome& outcome) {
        if (outcome.audit == 0) return;
        const bool first_look = run.options.kind == store::RunKind::audit && outcome.earlier.images.empty();
        noted = telling_.note(*settings, {.target = run.target, .channels = run.channels, .outcome = outcome, .when = options_.now(), .first_look = first_look});
    };
    audit::AuditOutcome outcome = run.auditor.run(options, stop);
    metrics_.worker_failures(static_cast<std::uint64_t>(std::count_if(outcome.report.images.begin(), outcome.report.images.end(),
                                                                      [](const ImageReport& image) { return image.error && image.error->code == ErrorCode::worker; })));
    metrics_.layers(outcome.report.layers_analyzed, outcome.report.layers_reused, outcome.report.bytes_fetched);
    if (outcome.audit == 0) return Error{ErrorCode::io, "keep what was found", settings->store, "the store failed", "see the log; free space on its disk"};
    images_->take(outcome.report);
    if (!noted) return noted.error();
    VERITAG_CHECK(telling_.enqueue_all());
    const audit::Scope& scope = run.options.scope;
    const bool every_platform = scope.wanted.platforms.empty() && !scope.wanted.created_since &&
                                std::all_of(scope.entries.begin(), scope.entries.end(), [](const source::TargetList::Entry& entry) { return entry.platforms.empty(); });
    const Result<std::size_t> ordered = attaching_.enqueue(*settings, {.report = outcome.report, .audit = outcome.audit, .every_platform = every_platform});
    if (!ordered) log::warn("what was found could not be put down for attaching; the next run will", {{"target", run.target}, {"error", ordered.error().message()}});
    wake();
    if (!outcome.whole) return Error{ErrorCode::cancelled, "look at images", run.target, "stopped before its end; what was done is kept", ""};
    if (std::optional<Error> failure = failure_of(outcome.report)) {
        store_->close_audit(outcome.audit, store::AuditEnd::failed, failure->message());
        return *failure;
    }
    const bool listed = std::none_of(outcome.report.targets.begin(), outcome.report.targets.end(), [](const ListedTarget& target) { return target.error.has_value(); });
    if (run.configured && listed && !outcome.report.images.empty()) note_audited(run.target);
    waivers::mark(settings->waivers, options_.today(), outcome.report);
    return to_json(result_of(outcome));
}

audit::Scope scope_of(const config::TargetSettings& target, sys_seconds now) {
    audit::Scope scope{.targets = target.targets, .entries = target.entries, .filter = target.filter, .wanted = {.platforms = target.platforms}};
    if (target.newest) scope.wanted.created_since = now - *target.newest;
    return scope;
}

Result<std::string> Daemon::run_audit(const store::Lease& lease, const std::stop_token& stop) {
    VERITAG_TRY(const AuditOrder order, parse_audit_order(lease.payload));
    const std::shared_ptr<const config::Settings> settings = this->settings();
    const std::shared_ptr<Workshop> workshop = this->workshop();
    Run run{.auditor = workshop->auditor, .options = {}, .target = order.target, .channels = {}};
    if (order.target.empty()) {
        VERITAG_TRY(registry::ListingTarget target, registry::parse_listing_target(order.listing));
        for (const config::RegistrySettings& each : settings->registries)
            if (each.registry == target.registry) target.driver = each.driver;
        run.target = order.listing;
        run.options.scope.targets.push_back(std::move(target));
    } else {
        const auto target = std::find_if(settings->targets.begin(), settings->targets.end(), [&](const config::TargetSettings& each) { return each.name == order.target; });
        if (target == settings->targets.end()) return Error{ErrorCode::config, "audit", order.target, "no such target is configured any more", ""};
        run.options.scope = scope_of(*target, options_.now());
        run.options.concurrency = target->concurrency;
        run.options.references_per_second = target->references_per_second;
        run.channels = target->notify;
        run.configured = true;
    }
    return look(lease, run, stop);
}

Result<std::string> Daemon::run_scan(const store::Lease& lease, const std::stop_token& stop) {
    VERITAG_TRY(const ScanOrder order, parse_scan_order(lease.payload));
    const std::shared_ptr<const config::Settings> settings = this->settings();
    const std::shared_ptr<Workshop> workshop = this->workshop();
    Run run{.auditor = workshop->prompt_auditor, .options = {}, .target = order.reference.registry + '/' + order.reference.repository, .channels = {}};
    // One reference of a target is looked at and told as the target's audits do it: what one opened the other can close.
    if (const config::TargetSettings* target = target_of(*settings, order.reference)) {
        run.target = target->name;
        run.channels = target->notify;
        run.options.scope.wanted.platforms = target->platforms;
    }
    run.options.kind = store::RunKind::scan;
    run.options.scope.entries.push_back({order.reference.registry, order.reference.repository, {order.reference.tag}, {}, 1});
    return look(lease, run, stop);
}

// Harbor names the digest, and wants the tag's promise judged on that. What is found is given back to Harbor and kept nowhere else.
Result<std::string> Daemon::run_adapter_scan(const store::Lease& lease, const std::stop_token& stop) {
    VERITAG_TRY(const ScanOrder order, parse_scan_order(lease.payload));
    const std::optional<AdapterAccess> access = adapter_scans_.get(lease.key);
    if (!access) return Error{ErrorCode::auth, "scan for Harbor", order.reference.repository, "the daemon was restarted, and the credential for this scan was not kept", "start the scan again in Harbor"};
    const std::shared_ptr<const config::Settings> settings = this->settings();
    const std::shared_ptr<Workshop> workshop = this->workshop();
    // As any other client of that registry, but with the credential that Harbor gave, and over the protocol that it named.
    const auto known = workshop->registries.find(access->registry);
    registry::ClientOptions options = known != workshop->registries.end() ? known->second : client_options(*settings, nullptr, observer_);
    options.use_environment_auth = false;
    options.auth_file.clear();
    options.username = access->username;
    options.password = access->password;
    options.plain_http = access->plain_http;
    options.insecure_skip_verify = options.insecure_skip_verify || access->insecure;
    const auto client = std::make_shared<registry::RegistryClient>(std::move(options));
    VERITAG_TRY(const std::unique_ptr<source::ImageSource> image, source::open_image(access->registry + '/' + order.reference.repository + '@' + order.digest,
                                                                                     order.reference.repository + ':' + order.reference.tag, client, settings->limits));
    JudgedReference judged = workshop->prompt_scanner.scan(*image, stop);
    if (stop.stop_requested()) return Error{ErrorCode::cancelled, "scan for Harbor", order.reference.repository, "stopped", ""};
    for (const ImageReport& each : judged.images)
        if (each.error) return *each.error;
    if (judged.images.empty())
        return Error{ErrorCode::unsupported, "scan for Harbor", order.reference.repository, judged.skipped.empty() ? "there is no image" : "it is no image: " + judged.skipped.front().reason, ""};
    Report report;
    report.images = std::move(judged.images);
    return harbor_rows(report, workshop->rules.digest());
}

// ---- reports ----

Result<std::string> Daemon::run_attach(const store::Lease& lease, const std::stop_token& stop) {
    VERITAG_TRY(const AttachOrder order, parse_attach_order(lease.payload));
    const std::shared_ptr<const config::Settings> settings = this->settings();
    const std::shared_ptr<Workshop> workshop = this->workshop();
    return attaching_.attach(*settings, *workshop->clients, order, stop);
}

// ---- notices ----

namespace {

std::string_view word_of(const Result<Telling::Sent>& sent) {
    if (!sent || sent->failure) return "failed";
    if (sent->later) return "postponed";
    return sent->outcome == Telling::Outcome::sent ? "sent" : sent->outcome == Telling::Outcome::shown ? "shown" : "nothing";
}

}  // namespace

Result<std::string> Daemon::run_notice(const store::Lease& lease, const std::stop_token& stop, std::optional<store::Retry>& retry) {
    VERITAG_TRY(const NoticeOrder order, parse_notice_order(lease.payload));
    const std::shared_ptr<const config::Settings> settings = this->settings();
    const Result<Telling::Sent> sent = telling_.send(*settings, order.channel, order.target, options_.now(), stop);
    metrics_.notice(order.channel, word_of(sent));
    if (!sent) return sent.error();
    if (sent->failure) {
        retry = store::Retry{.again = sent->failure->again};
        if (sent->failure->retry_after) retry->after = *sent->failure->retry_after;
        if (sent->more) VERITAG_CHECK(telling_.enqueue_all());
        return sent->failure->error;
    }
    if (sent->later || sent->more) {
        const store::NewJob job{.kind = std::string(kNoticeJob), .key = lease.key, .payload = lease.payload, .priority = store::Priority::push, .not_before = sent->later ? std::optional<store::TimePoint>(*sent->later) : std::nullopt, .most_attempts = 12,
                                .deadline = std::chrono::minutes(10)};
        VERITAG_CHECK(state_->jobs().enqueue({&job, 1}));
    }
    return std::string("{}");
}

}  // namespace veritag::serve
