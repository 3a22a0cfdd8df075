// What the daemon counts, in Prometheus' text form (prometheus.io/docs/instrumenting/exposition_formats). Names are promises.
#pragma once

#include "registry/traffic.h"
#include "serve/current.h"
#include "store/queue.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::serve {

/// One family of samples in the text form.
class MetricsText {
public:
    /// `type`: counter, gauge or histogram.
    void family(std::string_view name, std::string_view type, std::string_view help);
    void sample(std::string_view name, const std::vector<std::pair<std::string_view, std::string>>& labels, double value);
    void sample(std::string_view name, double value) { sample(name, {}, value); }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

/// Thread-safe.
class Metrics final : public registry::TrafficObserver {
public:
    void answered(std::string_view host, unsigned status) override;
    void allowance(std::string_view host, std::uint64_t remaining) override;
    void job_ended(std::string_view kind, std::string_view result, std::chrono::duration<double> time);
    void hook(std::string_view sender, std::string_view result);
    void notice(std::string_view channel, std::string_view result);
    void audited(std::string_view target, std::chrono::sys_seconds when);
    /// What is configured: counters of these names begin at 0, so that the first of something is growth, too; ages of other targets are told no more.
    struct Expected {
        std::vector<std::string> registries, senders, channels, targets;
    };
    void expect(const Expected& names);
    void layers(std::uint64_t analyzed, std::uint64_t reused, std::uint64_t bytes);
    void reloaded(bool well);
    void worker_failures(std::uint64_t count);  ///< processes that parsed a layer and crashed, hung or broke their rules

    void write(MetricsText& out) const;

private:
    using Key = std::pair<std::string, std::string>;
    /// Of hosts, which servers choose: no more than so many are told apart.
    static constexpr std::size_t kMostHosts = 200;

    mutable std::mutex mutex_;
    std::map<Key, std::uint64_t> requests_;
    std::map<std::string, std::uint64_t> allowance_;
    std::map<Key, std::uint64_t> jobs_;
    std::map<std::string, double> job_seconds_;
    std::map<Key, std::uint64_t> hooks_;
    std::map<Key, std::uint64_t> notices_;
    std::map<std::string, std::int64_t> audited_;
    std::uint64_t analyzed_ = 0, reused_ = 0, bytes_ = 0;
    std::uint64_t reloads_ = 0, failed_reloads_ = 0, worker_failures_ = 0;
};

/// Images by verdict and registry, findings by code, registry and target. `target` names the target that looks at a reference; empty where
/// none does.
void write_picture(const Picture& picture, const std::function<std::string(const store::ReferenceKey&)>& target, MetricsText& out);
void write_queue(const store::QueueCounts& counts, MetricsText& out);

}  // namespace veritag::serve
