// A whole registry: list, look at every image, compare them with each other and with the last time, remember.
#pragma once

#include "audit/reference_list.h"
#include "base/limits.h"
#include "fleet/family.h"
#include "model/report.h"
#include "rules/rules.h"
#include "scan/scanner.h"
#include "store/store.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace veritag::audit {

struct AuditOutcome;

struct AuditOptions {
    Scope scope;
    store::RunKind kind = store::RunKind::audit;
    std::int64_t job = 0;               ///< of the queue, that this is the run of; 0: none
    std::size_t concurrency = 0;        ///< references under way at a time; 0: as many as the scanner takes
    double references_per_second = 0;   ///< 0: as fast as possible
    bool compare_with_earlier = false;  ///< fill AuditOutcome::earlier
    /// Called once everything was looked at, before it is kept: what hangs on the difference to what is kept now is written down here.
    std::function<void(const AuditOutcome&)> before_keeping = [](const AuditOutcome&) {};
    bool offline = false;  ///< no request at all: what the store holds is judged again, under the digests that tags had last
    Limits limits;
    std::string tool_version;
    std::string generated;  ///< RFC 3339
    std::function<void(std::size_t)> listed = [](std::size_t) {};  ///< so many references will be looked at
    std::function<void()> reference_done = [] {};
};

struct AuditOutcome {
    Report report;
    std::int64_t audit = 0;  ///< its number in the store; 0: it was not kept
    bool whole = true;       ///< it was not stopped
    std::size_t listed = 0;  ///< references to look at
    std::size_t looked = 0;  ///< at how many it did; fewer where it was stopped
    /// What was last known of the references that this run looked at or found gone, images only.
    Report earlier;
};

struct Unseen;

/// Keeps everything by reference. `store` may be null: then nothing is remembered, and lineage knows this audit only.
class Auditor {
public:
    Auditor(const rules::RuleSet& rules, scan::Scanner& scanner, std::shared_ptr<registry::Clients> clients, std::shared_ptr<store::AuditStore> store)
        : rules_(rules), scanner_(scanner), tags_(rules), clients_(std::move(clients)), store_(std::move(store)) {}

    /// Never fails as a whole: what could not be listed is in the report's targets, what could not be read among its images. Stopped, it
    /// judges what it has; the audit stays open then, and the next one over the same targets, or of the same job, goes on with it.
    AuditOutcome run(const AuditOptions& options, std::stop_token stop);

private:
    struct Looked;
    std::vector<store::ReferenceKey> find_gone(const ReferenceList& list, const std::vector<store::TagDigest>& last) const;
    void keep(std::int64_t audit, std::vector<Looked>& looked, bool seen, Report& report);
    void add_earlier(const std::vector<Looked>& looked, const std::vector<store::ReferenceKey>& gone, const Report& report, Report& earlier) const;
    std::vector<Looked> look_at_all(const ReferenceList& list, const AuditOptions& options, const std::vector<store::TagDigest>& last, const std::stop_token& stop);
    Looked look_at(const store::ReferenceKey& reference, const scan::Wanted& wanted, const AuditOptions& options, const Digest* known, const std::stop_token& stop);
    void compare(const Scope& scope, const ReferenceList& list, std::vector<Looked>& looked, const std::vector<store::TagDigest>& last);
    void take_standing_of_others(const Scope& scope, const ReferenceList& list, std::vector<Unseen>& unseen, std::vector<Looked>& looked);

    const rules::RuleSet& rules_;
    scan::Scanner& scanner_;
    fleet::TagClaims tags_;
    const std::shared_ptr<registry::Clients> clients_;
    const std::shared_ptr<store::AuditStore> store_;
};

}  // namespace veritag::audit
