#include "registry/redirect.h"

namespace veritag::registry {

bool is_redirect_status(unsigned status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<Hop> plan_hop(const HopSource& from, std::string_view location) {
    VERITAG_TRY(Url next, resolve_url(from.url, location));
    if (from.url.origin.tls && !next.origin.tls)
        return Error{ErrorCode::protocol, "follow URL", next.for_messages(), "https leads to http, which is not followed", ""};
    const bool same_origin = next.origin == from.url.origin;
    return Hop{std::move(next), same_origin, same_origin ? from.internal_allowed : from.internal};
}

}  // namespace veritag::registry
