#include "registry/referrers.h"

#include "base/byte_reader.h"
#include "registry/link.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace veritag::registry {
namespace {

// How registries say that they have no such list (google/go-containerregistry: pkg/v1/remote/referrers.go and its issue 1962). Harbor before 2.8
// answers 401 and no challenge, so it is no login that is missing.
bool says_unsupported(const Failure& failure) noexcept {
    switch (failure.status) {
        case 400:
        case 404:
        case 405:
        case 406:
        case 501:
            return true;
        case 401:
            return !failure.challenged;
        default:
            return false;
    }
}

}  // namespace

Result<std::optional<oci::Referrers>> list_referrers(const std::function<Tried<WholeReply>(const Call&)>& fetch, Call call, const Limits& limits) {
    oci::Referrers all;
    std::set<std::string> asked;
    for (std::size_t pages = 0;; ++pages) {
        if (pages == limits.referrers_pages) return limit_error(call.what, call.where(), pages + 1, "limits.referrers_pages", limits.referrers_pages);
        asked.insert(call.target);
        const Tried<WholeReply> reply = fetch(call);
        if (!reply) {
            if (pages == 0 && says_unsupported(reply.error())) return std::optional<oci::Referrers>();
            return reply.error().error;
        }
        // An application's own start page, as proxies and older registries answer anything they do not know.
        if (!oci::is_referrers_type(reply->head.header("Content-Type"))) {
            if (pages == 0) return std::optional<oci::Referrers>();
            return Error{ErrorCode::protocol, call.what, call.where(), "page " + std::to_string(pages + 1) + " is no index", ""};
        }
        Result<oci::Referrers> page = oci::parse_referrers(reply->body, limits);
        if (!page) return page.error().at(call.where());
        const std::size_t count = page->entries.size() + page->unreadable.size();
        std::move(page->entries.begin(), page->entries.end(), std::back_inserter(all.entries));
        std::move(page->unreadable.begin(), page->unreadable.end(), std::back_inserter(all.unreadable));
        const std::size_t so_far = all.entries.size() + all.unreadable.size();
        if (so_far > limits.referrers) return limit_error(call.what, call.where(), so_far, "limits.referrers", limits.referrers);
        const std::optional<std::string> link = next_link(reply->head.all("Link"));
        if (!link || count == 0) return std::optional(std::move(all));
        VERITAG_TRY(std::string target, page_target(call.origin, reply->url, *link));
        if (asked.contains(target)) return Error{ErrorCode::protocol, call.what, call.where(), "the link to the next page leads back to one that was read", ""};
        call.target = std::move(target);
    }
}

}  // namespace veritag::registry
