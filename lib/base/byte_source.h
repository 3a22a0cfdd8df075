// A pull stream of bytes: a blob from a registry, a member of an archive, a file.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <span>

namespace veritag {

/// One pass over bytes, on one thread at a time (not necessarily the thread that made it).
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// The next bytes, at most a few hundred KiB, valid until the next call. An empty span is the end.
    /// An error is final. Retries and resuming happen inside and are not visible here.
    virtual Result<std::span<const std::byte>> next() = 0;
};

}  // namespace veritag
