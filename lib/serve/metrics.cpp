#include "serve/metrics.h"

#include "base/text.h"
#include "serve/orders.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace veritag::serve {
namespace {

std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    return text;
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += "# HELP " + std::string(name) + ' ' + std::string(help) + "\n# TYPE " + std::string(name) + ' ' + std::string(type) + '\n';
}

void MetricsText::sample(std::string_view name, const std::vector<std::pair<std::string_view, std::string>>& labels, double value) {
    text_ += name;
    if (!labels.empty()) {
        text_ += '{';
        for (std::size_t i = 0; i < labels.size(); ++i) text_ += (i == 0 ? "" : ",") + std::string(labels[i].first) + "=\"" + escaped(labels[i].second) + '"';
        text_ += '}';
    }
    std::array<char, 64> number{};
    const auto [end, error] = std::to_chars(number.data(), number.data() + number.size(), value);
    text_ += ' ' + std::string(number.data(), error == std::errc() ? end : number.data()) + '\n';
}

void Metrics::expect(const Expected& names) {
    const std::lock_guard lock(mutex_);
    for (const std::string& host : names.registries)
        for (const char* status : {"200", "401", "404", "429", "500", "503"})
            if (requests_.size() < kMostHosts) requests_.try_emplace({host, status});
    for (const std::string_view kind : {kAuditJob, kScanJob, kAdapterJob, kNoticeJob, kAttachJob}) {
        job_seconds_.try_emplace(std::string(kind));
        for (const char* result : {"done", "again", "failed", "cancelled", "given back", "lost"}) jobs_.try_emplace({std::string(kind), result});
    }
    for (const std::string& sender : names.senders)
        for (const char* result : {"taken", "ignored", "refused", "not taken"}) hooks_.try_emplace({sender, result});
    for (const std::string& channel : names.channels)
        for (const char* result : {"sent", "failed", "postponed", "shown", "nothing"}) notices_.try_emplace({channel, result});
    std::erase_if(audited_, [&](const auto& each) { return std::find(names.targets.begin(), names.targets.end(), each.first) == names.targets.end(); });
}

void Metrics::answered(std::string_view host, unsigned status) {
    const std::lock_guard lock(mutex_);
    Key key{std::string(host), std::to_string(status)};
    if (!requests_.contains(key) && requests_.size() >= kMostHosts) key.first = "other";
    ++requests_[key];
}

void Metrics::allowance(std::string_view host, std::uint64_t remaining) {
    const std::lock_guard lock(mutex_);
    if (allowance_.size() < kMostHosts || allowance_.contains(std::string(host))) allowance_[std::string(host)] = remaining;
}

void Metrics::job_ended(std::string_view kind, std::string_view result, std::chrono::duration<double> time) {
    const std::lock_guard lock(mutex_);
    ++jobs_[{std::string(kind), std::string(result)}];
    job_seconds_[std::string(kind)] += time.count();
}

void Metrics::hook(std::string_view sender, std::string_view result) {
    const std::lock_guard lock(mutex_);
    ++hooks_[{std::string(sender), std::string(result)}];
}

void Metrics::notice(std::string_view channel, std::string_view result) {
    const std::lock_guard lock(mutex_);
    ++notices_[{std::string(channel), std::string(result)}];
}

void Metrics::audited(std::string_view target, std::chrono::sys_seconds when) {
    const std::lock_guard lock(mutex_);
    audited_[std::string(target)] = when.time_since_epoch().count();
}

void Metrics::layers(std::uint64_t analyzed, std::uint64_t reused, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    analyzed_ += analyzed;
    reused_ += reused;
    bytes_ += bytes;
}

void Metrics::reloaded(bool well) {
    const std::lock_guard lock(mutex_);
    ++(well ? reloads_ : failed_reloads_);
}

void Metrics::worker_failures(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    worker_failures_ += count;
}

void Metrics::write(MetricsText& out) const {
    const std::lock_guard lock(mutex_);
    const auto table = [&](std::string_view name, std::string_view help, const std::map<Key, std::uint64_t>& rows, std::string_view first, std::string_view second) {
        out.family(name, "counter", help);
        for (const auto& [key, count] : rows) out.sample(name, {{first, key.first}, {second, key.second}}, static_cast<double>(count));
    };
    table("veritag_registry_requests_total", "Replies of registries.", requests_, "host", "status");
    out.family("veritag_registry_quota_remaining", "gauge", "What is left of a quota of pulls, as the registry said last.");
    for (const auto& [host, left] : allowance_) out.sample("veritag_registry_quota_remaining", {{"host", host}}, static_cast<double>(left));
    table("veritag_jobs_total", "Runs of jobs that ended.", jobs_, "kind", "result");
    out.family("veritag_job_seconds_total", "counter", "Time that runs of jobs took.");
    for (const auto& [kind, seconds] : job_seconds_) out.sample("veritag_job_seconds_total", {{"kind", kind}}, seconds);
    table("veritag_hooks_total", "Webhooks by what became of them.", hooks_, "sender", "result");
    table("veritag_notices_total", "Notices by what became of them.", notices_, "channel", "result");
    out.family("veritag_audit_timestamp_seconds", "gauge", "When the last whole audit of a target ended.");
    for (const auto& [target, when] : audited_) out.sample("veritag_audit_timestamp_seconds", {{"target", target}}, static_cast<double>(when));
    out.family("veritag_layers_total", "counter", "Layers of images that were looked at.");
    out.sample("veritag_layers_total", {{"source", "read"}}, static_cast<double>(analyzed_));
    out.sample("veritag_layers_total", {{"source", "reused"}}, static_cast<double>(reused_));
    out.family("veritag_fetched_bytes_total", "counter", "Bytes of bodies that registries sent.");
    out.sample("veritag_fetched_bytes_total", static_cast<double>(bytes_));
    out.family("veritag_worker_failures_total", "counter", "Processes that parsed a layer and crashed, hung or broke their rules; each was replaced by the next.");
    out.sample("veritag_worker_failures_total", static_cast<double>(worker_failures_));
    out.family("veritag_reloads_total", "counter", "Reloads of configuration and rules.");
    out.sample("veritag_reloads_total", {{"result", "done"}}, static_cast<double>(reloads_));
    out.sample("veritag_reloads_total", {{"result", "refused"}}, static_cast<double>(failed_reloads_));
}

void write_picture(const Picture& picture, const std::function<std::string(const store::ReferenceKey&)>& target, MetricsText& out) {
    std::map<std::pair<std::string, std::string>, std::uint64_t> images;
    std::map<std::array<std::string, 3>, std::uint64_t> findings;
    for (const ImageLine& line : picture.images) {
        ++images[{line.key.registry, std::string(to_string(line.verdict))}];
        if (line.codes.empty()) continue;
        const std::string name = target(line.key);
        for (const std::string& code : line.codes) ++findings[{line.key.registry, name, code}];
    }
    out.family("veritag_images", "gauge", "Images that are there now, by verdict.");
    for (const auto& [key, count] : images) out.sample("veritag_images", {{"registry", key.first}, {"verdict", key.second}}, static_cast<double>(count));
    out.family("veritag_images_with_finding", "gauge", "Images that have a finding of this code.");
    for (const auto& [key, count] : findings)
        out.sample("veritag_images_with_finding", {{"registry", key[0]}, {"target", key[1]}, {"code", key[2]}}, static_cast<double>(count));
    out.family("veritag_waived_findings", "gauge", "Findings that are waived now.");
    out.sample("veritag_waived_findings", static_cast<double>(picture.waiver_use.findings));
    out.family("veritag_waivers_idle", "gauge", "Waivers that do nothing and want to be looked at.");
    out.sample("veritag_waivers_idle", {{"reason", "expired"}}, static_cast<double>(picture.waiver_use.expired.size()));
    out.sample("veritag_waivers_idle", {{"reason", "unused"}}, static_cast<double>(picture.waiver_use.unused.size()));
}

void write_queue(const store::QueueCounts& counts, MetricsText& out) {
    constexpr std::array kPriorityNames{store::Priority::on_demand, store::Priority::push, store::Priority::schedule};
    out.family("veritag_queue_jobs", "gauge", "Jobs of the queue that wait, run, or are dead letters.");
    for (const store::JobState state : {store::JobState::waiting, store::JobState::running, store::JobState::dead})
        for (const store::Priority priority : kPriorityNames)
            out.sample("veritag_queue_jobs", {{"state", std::string(to_string(state))}, {"priority", std::string(to_string(priority))}},
                       static_cast<double>(counts.jobs[static_cast<std::size_t>(state)][static_cast<std::size_t>(priority)]));
    out.family("veritag_queue_oldest_waiting_seconds", "gauge", "How long the job has waited that could have started first.");
    out.sample("veritag_queue_oldest_waiting_seconds", counts.oldest_waiting ? std::chrono::duration<double>(*counts.oldest_waiting).count() : 0);
}

}  // namespace veritag::serve
