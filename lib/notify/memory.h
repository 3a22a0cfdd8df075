// What notifications must remember between runs: which issue belongs to which cause, when a channel sent last.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace veritag::notify {

/// Small values under keys of at most 200 ASCII bytes. A put that returned well must outlast a crash: on that hangs that an issue is
/// opened once. Values grow with the number of images of a cause, some 30 bytes each. May be called on several threads.
class NoticeMemory {
public:
    virtual ~NoticeMemory() = default;
    virtual Result<std::optional<std::string>> get(std::string_view key) = 0;  ///< nullopt: there is none
    virtual Result<void> put(std::string_view key, std::string_view value) = 0;
    virtual Result<void> remove(std::string_view key) = 0;  ///< success where there is none, too
};

}  // namespace veritag::notify
