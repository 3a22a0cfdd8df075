// Attaching reports to images, so that they are found beside them: opencontainers/distribution-spec, "Pushing Manifests with Subject".
#pragma once

#include "attach/find.h"
#include "attach/repository.h"
#include "attach/statement.h"
#include "base/limits.h"
#include "base/result.h"

#include <chrono>
#include <string>
#include <vector>

namespace veritag::attach {

struct Attached {
    bool unchanged = false;         ///< the newest report of this name says the same, so nothing was pushed
    Digest referrer;                ///< the artifact that says it
    bool kept_by_registry = false;  ///< found by the referrers API; false: through oci::fallback_tag()
};

/// Pushes each statement to the repository that holds its subject, and lists it; one answer each, in their order.
///
/// Where the registry keeps the list itself, that is all. Else it stands behind a tag that everybody reads, changes and writes back. A change by
/// somebody else in between is noticed by If-Match where the registry heeds it (Debian's docker-registry does not), and else by reading again:
/// at once would be too early, since the other one may not have written yet, so it is read after some times as long as our own change took, once
/// for all statements of a call. What got lost is written again.
///
/// A report that stands there and cannot be taken (find_reports()) is logged and keeps nothing from being said. `now`: of the clock.
std::vector<Result<Attached>> attach_all(Repository& repository, const std::vector<Statement>& statements, std::chrono::sys_seconds now, const Limits& limits);

}  // namespace veritag::attach
