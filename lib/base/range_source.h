// Bytes by position: a blob in a registry or a file, of which only parts are read.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>

namespace veritag {

/// Used on one thread at a time. Retries happen inside and are not visible here.
class RangeSource {
public:
    virtual ~RangeSource() = default;
    /// Exactly `length` bytes (at least 1, at most a few MiB) from `offset`, or an error. Nothing about them is verified.
    virtual Result<std::string> read(std::uint64_t offset, std::uint64_t length) = 0;
};

}  // namespace veritag
