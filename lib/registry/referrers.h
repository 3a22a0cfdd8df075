// The list of what refers to a manifest (opencontainers/distribution-spec: spec.md, "Listing Referrers"), as registries really answer.
// Without sockets: what fetches a page is passed in. Private to the module.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "oci/artifact.h"
#include "registry/session.h"

#include <functional>
#include <optional>

namespace veritag::registry {

/// All pages, of which `first` asks for the first one. nullopt: the registry has no such list. At most limits.referrers entries.
Result<std::optional<oci::Referrers>> list_referrers(const std::function<Tried<WholeReply>(const Call&)>& fetch, Call first, const Limits& limits);

}  // namespace veritag::registry
