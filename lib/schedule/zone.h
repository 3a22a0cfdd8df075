// Time zones by their IANA names, from the system's tzdata. The calendar and the clock on the wall there are std::chrono's local_time.
#pragma once

#include "base/result.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace veritag::schedule {

/// A value; copies share what was read. Safe to use from several threads.
class Zone {
public:
    Zone();  ///< UTC

    /// `Europe/Berlin`, `UTC`. Paths, `localtime` and names that tzdata does not have are `config`.
    static Result<Zone> load(std::string_view name);

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] std::chrono::local_seconds to_local(std::chrono::sys_seconds time) const;
    /// The first moment at which the clock shows `time`. A time that a change of clocks jumps over is the moment of that change;
    /// of a time that comes twice it is the first. So later local times never give earlier moments.
    [[nodiscard]] std::chrono::sys_seconds to_system(std::chrono::local_seconds time) const;

private:
    struct Data;
    explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
};

}  // namespace veritag::schedule
