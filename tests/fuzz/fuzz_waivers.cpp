// modules: waivers
// Input: a file of waivers. Reading ends; every waiver has all that it must have, and applying them waives no finding that an expired one names.
#include "waivers/waivers.h"

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace veritag;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Result<std::vector<waivers::Waiver>> read = waivers::parse_waivers("waivers.yml", std::string_view(reinterpret_cast<const char*>(data), size));
    if (!read) {
        VERITAG_ASSERT(read.error().code == ErrorCode::config && !read.error().saw.empty());
        return 0;
    }
    for (const waivers::Waiver& each : *read)
        VERITAG_ASSERT(!each.target.empty() && !each.code.empty() && !each.waived.reason.empty() && !each.waived.owner.empty() && each.waived.expiry.size() == 10 && each.line >= 1);
    Report report;
    ImageReport& image = report.images.emplace_back();
    image.registry = "quay.io";
    image.repository = "openeuler/cann";
    image.tag = "8.0.RC1-oe2203sp2";
    image.findings.push_back({.code = "os-mismatch", .component = "openeuler", .message = "", .evidence = {}});
    const std::chrono::sys_days today = std::chrono::year{2026} / 8 / 22;
    waivers::apply({"waivers.yml", *read}, today, report);
    VERITAG_ASSERT(report.waivers && report.waivers->expired.size() + report.waivers->unused.size() <= read->size());
    if (image.findings.front().waived) VERITAG_ASSERT(image.findings.front().waived->expiry >= "2026-08-22" && report.waivers->findings == 1);
    return 0;
}
