// Where a redirect may lead. Pure; the address behind a name is judged later, when it is connected to (address_policy.h).
#pragma once

#include "base/result.h"
#include "base/url.h"

#include <string_view>

namespace veritag::registry {

inline constexpr int kMaxRedirects = 10;

bool is_redirect_status(unsigned status) noexcept;  ///< 301, 302, 303, 307, 308

struct Hop {
    Url url;
    bool same_origin = false;       ///< else Authorization stays behind
    bool internal_allowed = false;  ///< may the next connection end at a loopback or private address
};

/// Who named the URL.
struct HopSource {
    Url url;
    bool internal = false;          ///< the connection to it ended at a loopback or private address
    bool internal_allowed = false;  ///< it was allowed to; true for a registry that the user named
};

/// The way from `from` to `location`, a URL that its server wrote (a redirect's Location, a challenge's realm). https never leads
/// to http. Another origin may be internal only where `from` itself is; the same origin keeps what it was allowed.
Result<Hop> plan_hop(const HopSource& from, std::string_view location);

}  // namespace veritag::registry
