// How one page of a listing names the next: Link headers (RFC 8288) as registries really write them. Pure.
#pragma once

#include "base/result.h"
#include "base/url.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

/// The first link with rel=next of all Link headers. Tolerated: a relation without quotes, several relations and links, white space
/// anywhere, and a bare URL without `<>` (old Quay: heroku/docker-registry-client issue 11), with or without a relation.
std::optional<std::string> next_link(const std::vector<std::string_view>& headers);

/// True for one host under both schemes, each at its usual port, too: registries behind a proxy do not know how they are reached.
bool is_same_host(const Origin& ours, const Origin& theirs);

/// The request target of `reference`, a link in the answer of `answered`, on the registry `ours`. Path and query are kept, scheme and host
/// are ours: Quay writes its configured URL, which may be http behind a proxy. A link to another host is refused.
Result<std::string> page_target(const Origin& ours, const Url& answered, std::string_view reference);

/// GHCR was seen to link to pages of no names (`n=0`), behind which nothing can be found: those get our size.
std::string mend_page_size(std::string target, std::size_t size);

}  // namespace veritag::registry
