// A whole registry: list, look at every image, compare them with each other and with the last time, remember.
#pragma once

#include "audit/reference_list.h"
#include "base/limits.h"
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

struct AuditOptions {
    Scope scope;
    bool offline = false;  ///< no request at all: what the store holds is judged again, under the digests that tags had last
    Limits limits;
    std::string tool_version;
    std::string generated;  ///< RFC 3339
    std::function<void(std::size_t)> listed = [](std::size_t) {};  ///< so many references will be looked at
    std::function<void()> reference_done = [] {};
};

/// Keeps everything by reference. `store` may be null: then nothing is remembered, and lineage knows this audit only.
class Auditor {
public:
    Auditor(const rules::RuleSet& rules, scan::Scanner& scanner, std::shared_ptr<registry::Clients> clients, std::shared_ptr<store::AuditStore> store)
        : rules_(rules), scanner_(scanner), clients_(std::move(clients)), store_(std::move(store)) {}

    /// Never fails as a whole: what could not be listed is in the report's targets, what could not be read among its images. Stopped, it
    /// judges what it has; the audit stays open then, and the next one over the same targets goes on with it.
    Report run(const AuditOptions& options, std::stop_token stop);

private:
    struct Looked;
    Looked look_at(const store::ReferenceKey& reference, const scan::Wanted& wanted, const AuditOptions& options, const Digest* known, const std::stop_token& stop);
    void compare(const Scope& scope, const ReferenceList& list, std::vector<Looked>& looked, const std::vector<store::TagDigest>& last);

    const rules::RuleSet& rules_;
    scan::Scanner& scanner_;
    const std::shared_ptr<registry::Clients> clients_;
    const std::shared_ptr<store::AuditStore> store_;
};

}  // namespace veritag::audit
