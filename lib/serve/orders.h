// What jobs of the queue say. JSON, so that whoever lists the queue can read them.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "store/queue.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::report {
class JsonOutput;
}

namespace veritag::serve {

inline constexpr std::string_view kAuditJob = "audit";
inline constexpr std::string_view kScanJob = "scan";
inline constexpr std::string_view kAdapterJob = "adapter-scan";  ///< for Harbor, with a credential that is not kept
inline constexpr std::string_view kNoticeJob = "notice";
inline constexpr std::string_view kAttachJob = "attach";

/// How often a run is tried before it is a dead letter. Only what may be different in a while is tried again (network, timeout, server, rate
/// limit, disk); everything else is final at once. With the queue's backoff (10 s, twice as long each time, an hour at most, a random part of
/// up to a half less) 16 tries go on for 4 to 8 hours and 12 for 2 to 4: a registry that is down for a night shift's repair loses no push.
inline constexpr int kScanAttempts = 16;
inline constexpr int kAuditAttempts = 12;

/// A whole target.
struct AuditOrder {
    std::string target;   ///< name of a configured one; or
    std::string listing;  ///< HOST[:PORT][/NAMESPACE[/REPOSITORY]]
    friend bool operator==(const AuditOrder&, const AuditOrder&) = default;
};

/// One reference.
struct ScanOrder {
    store::ReferenceKey reference;
    std::string digest;  ///< look at this one instead of what the tag points to; empty: the tag
    std::string origin;  ///< who asked: `hook hub`, `token ci`
    std::string media_type = {};  ///< of the artifact, as who asked names it; empty: not said
    friend bool operator==(const ScanOrder&, const ScanOrder&) = default;
};

/// What waits for a channel about a target is sent now.
struct NoticeOrder {
    std::string channel;
    std::string target;
    friend bool operator==(const NoticeOrder&, const NoticeOrder&) = default;
};

/// What a run found of one reference is attached to it.
struct AttachOrder {
    store::ReferenceKey reference;
    std::int64_t audit = 0;  ///< under which number the store has the run
    std::string rules_digest;
    bool every_platform = true;  ///< the run looked at all of an index
    friend bool operator==(const AttachOrder&, const AttachOrder&) = default;
};

std::string to_json(const AuditOrder& order);
std::string to_json(const ScanOrder& order);
std::string to_json(const NoticeOrder& order);
std::string to_json(const AttachOrder& order);
/// `malformed` for anything else than to_json() wrote.
Result<AuditOrder> parse_audit_order(std::string_view json);
Result<ScanOrder> parse_scan_order(std::string_view json);
Result<NoticeOrder> parse_notice_order(std::string_view json);
Result<AttachOrder> parse_attach_order(std::string_view json);

/// What a finished audit or scan leaves with its job.
struct RunResult {
    std::int64_t audit = 0;  ///< under which number the store has it
    std::uint64_t images = 0;
    std::string worst;       ///< severity of the worst finding; empty: there is none
    bool unread = false;     ///< something is unknown or could not be read, or nothing was judged
    std::optional<VerdictCounts> verdicts = {};    ///< absent from what an older version left
    std::optional<store::JobFailure> error = {};   ///< of the first target or image that could not be read
    friend bool operator==(const RunResult&, const RunResult&) = default;
};
std::string to_json(const RunResult& result);
/// The members of that object, for whoever writes more beside them.
void write_run_result(report::JsonOutput& out, const RunResult& result);
Result<RunResult> parse_run_result(std::string_view json);

}  // namespace veritag::serve
