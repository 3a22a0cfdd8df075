// Which references an audit looks at.
#pragma once

#include "base/result.h"
#include "model/report.h"
#include "registry/clients.h"
#include "registry/listing.h"
#include "scan/scanner.h"
#include "source/target_filter.h"
#include "store/store.h"

#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace veritag::audit {

/// What an audit is asked to look at.
struct Scope {
    std::vector<registry::ListingTarget> targets;
    std::vector<source::TargetList::Entry> entries;  ///< of a list of names; where one has no tags, those of the repository
    source::TargetFilter filter;
    scan::Wanted wanted;  ///< of each reference; where it names no platforms, an entry's own count
};

struct ReferenceList {
    std::vector<store::ReferenceKey> references;  ///< sorted, each once
    std::vector<ListedTarget> targets;
    /// (registry, repository) whose tags were listed to the end: what is not in the list is not there.
    std::set<std::pair<std::string, std::string>> whole;
    std::set<store::ReferenceKey> left_out;  ///< listed there, and not wanted by the filter
    std::map<store::ReferenceKey, std::vector<oci::Platform>> platforms;  ///< of those for which an entry names some
};

/// How a target reads: `quay.io/openeuler`.
std::string text_of(const registry::ListingTarget& target);

/// What of its targets a scope leaves out, as a person would write it on the command line; empty: nothing.
std::string part_of(const Scope& scope);

/// Asks the registries. A target that cannot be listed is told in its ListedTarget; the others go on. `several` calls its work with
/// 0 to count - 1, perhaps side by side.
ReferenceList list_references(const Scope& scope, registry::Clients& clients, const std::function<void(std::size_t, const std::function<void(std::size_t)>&)>& several,
                              std::stop_token stop);

/// The same from what earlier audits saw last, without a request.
ReferenceList list_known_references(const Scope& scope, const std::vector<store::TagDigest>& known);

}  // namespace veritag::audit
