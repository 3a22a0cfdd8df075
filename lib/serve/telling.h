// From what a run found to what people are told. A notice is written down before the run's findings are, and sent by a job of its own: a
// daemon that dies in between tells it later, once.
#pragma once

#include "audit/auditor.h"
#include "config/settings.h"
#include "notify/failure.h"
#include "notify/memory.h"
#include "notify/notice.h"
#include "store/daemon_state.h"

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace veritag::serve {

/// What of notifications outlives the daemon, under one prefix of the state's keys.
class KeptNoticeMemory final : public notify::NoticeMemory {
public:
    explicit KeptNoticeMemory(store::StateStore& values) : values_(values) {}
    Result<std::optional<std::string>> get(std::string_view key) override;
    Result<void> put(std::string_view key, std::string_view value) override;
    Result<void> remove(std::string_view key) override;

private:
    store::StateStore& values_;
};

/// What a run has to tell.
struct RunToTell {
    std::string target;                ///< a configured target's name, or `scans`
    std::vector<std::string> channels;  ///< names; empty: all
    const audit::AuditOutcome& outcome;
    std::chrono::sys_seconds when;
    bool first_look = false;           ///< of the target
};

/// Thread-safe.
class Telling {
public:
    explicit Telling(store::DaemonState& state) : state_(state), memory_(state.values()) {}

    /// Writes down what each channel shall be told. The same run again changes nothing. What is waived when it is found is withheld, and told
    /// as new once it is waived no more; what was told before it was waived stays told until it is mended.
    Result<void> note(const config::Settings& settings, const RunToTell& run);
    /// Jobs for everything that is written down: after a run, and when the daemon starts. `may_be_told`: by the number of the run; one that was
    /// killed before it was kept writes the same down again, and is told then.
    Result<void> enqueue_all(const std::function<bool(const std::string& run)>& may_be_told = [](const std::string&) { return true; });
    enum class Outcome {
        sent,
        shown,    ///< a dry run: the log has it, and nobody else
        nothing,  ///< nothing waits, or the channel is not configured any more
    };
    struct Sent {
        Outcome outcome = Outcome::nothing;  ///< where it neither waits nor failed
        std::optional<std::chrono::sys_seconds> later;  ///< the channel's limit asks to wait until then
        std::optional<notify::SendFailure> failure;
        bool more = false;  ///< something else waits for the same place
    };
    /// Sends what waits for a channel about a target. Errors are the store's. Called on one thread at a time, as issues want it.
    Result<Sent> send(const config::Settings& settings, const std::string& channel, const std::string& target, std::chrono::sys_seconds now, const std::stop_token& stop);

private:
    Result<void> note_channels(const config::Settings& settings, const RunToTell& run, const std::optional<notify::Notice>& notice);
    Result<std::set<std::string>> withheld_of(const std::string& target);
    Result<void> keep_withheld(const std::string& target, const std::set<std::string>& names);
    Result<bool> has_more(const std::string& place);
    Result<std::optional<notify::Notice>> begin_sending(const std::string& place);
    store::DaemonState& state_;
    KeptNoticeMemory memory_;
};

}  // namespace veritag::serve
