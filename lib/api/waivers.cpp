// What is known and accepted for now.
#include "api/forms.h"
#include "api/service.h"

#include "report/json_output.h"

#include <algorithm>
#include <tuple>

namespace veritag::api {
namespace {

std::string_view state_of(const waivers::Waiver& waiver, const WaiverUse& use) {
    const auto is_it = [&](const IdleWaiver& each) {  // several may stand in one line
        return std::tie(each.line, each.target, each.code, each.component, each.waived.expiry) == std::tie(waiver.line, waiver.target, waiver.code, waiver.component, waiver.waived.expiry);
    };
    const auto has = [&](const std::vector<IdleWaiver>& idle) { return std::any_of(idle.begin(), idle.end(), is_it); };
    return has(use.expired) ? "expired" : has(use.unused) ? "unused" : "used";
}

}  // namespace

void Service::add_waivers() {
    add("GET /api/v1/waivers", Need::read, [this](const server::Request& request, const server::RouteParameters&) {
        if (const Result<void> plain = check_query(request, {}); !plain) return problem_of(plain.error(), request.id);
        const std::shared_ptr<const serve::Picture> picture = daemon_.images().picture();
        const waivers::WaiverFile& file = *picture->waivers;
        report::JsonOutput out;
        out.object([&] {
            if (!file.path.empty()) out.member("file", file.path);
            out.number("findings", picture->waiver_use.findings);
            out.list("waivers", [&] {
                for (const waivers::Waiver& each : file.waivers)
                    out.object([&] {
                        out.member("target", each.target);
                        out.member("code", each.code);
                        if (!each.component.empty()) out.member("component", each.component);
                        out.member("reason", each.waived.reason);
                        out.member("owner", each.waived.owner);
                        out.member("expiry", each.waived.expiry);
                        out.number("line", static_cast<std::uint64_t>(each.line));
                        out.member("state", state_of(each, picture->waiver_use));
                    });
            });
        });
        return tagged_json(out.take());
    });
}

}  // namespace veritag::api
