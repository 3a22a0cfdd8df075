// CCTZ reads the rule at the end of a zone's file. Libraries that know only the listed changes get years after 2037 wrong, and with
// tzdata in its short form ("slim", the default of zic) every year.
#include "schedule/zone.h"

#include "base/text.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <algorithm>

namespace veritag::schedule {

struct Zone::Data {
    std::string name;
    cctz::time_zone zone;
};

namespace {

constexpr std::size_t kMostNameBytes = 64;

bool is_zone_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > kMostNameBytes || name.front() == '/' || name == "localtime") return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
    });
}

}  // namespace

Zone::Zone() : data_(std::make_shared<const Data>(Data{"UTC", cctz::utc_time_zone()})) {}

Result<Zone> Zone::load(std::string_view name) {
    const Error unknown{ErrorCode::config, "load time zone", "", "\"" + quote(name) + "\" is no time zone that the system's tzdata knows",
                        "name one as Asia/Shanghai, Europe/Berlin or UTC; the package tzdata must be installed"};
    if (!is_zone_name(name)) return unknown;
    Data data{std::string(name), {}};
    if (!cctz::load_time_zone(data.name, &data.zone)) return unknown;
    return Zone(std::make_shared<const Data>(std::move(data)));
}

const std::string& Zone::name() const noexcept { return data_->name; }

std::chrono::local_seconds Zone::to_local(std::chrono::sys_seconds time) const {
    const auto offset = data_->zone.lookup(time).offset;
    return std::chrono::local_seconds{time.time_since_epoch() + std::chrono::seconds(offset)};
}

std::chrono::sys_seconds Zone::to_system(std::chrono::local_seconds time) const {
    const cctz::civil_second civil = cctz::civil_second(1970, 1, 1, 0, 0, 0) + time.time_since_epoch().count();
    const auto found = data_->zone.lookup(civil);
    return found.kind == cctz::time_zone::civil_lookup::SKIPPED ? found.trans : found.pre;
}

}  // namespace veritag::schedule
