// What a scan tells whoever watches it.
#pragma once

#include "model/report.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace veritag::scan {

/// What happens while a scan runs. Called from several threads at once.
class Progress {
public:
    virtual ~Progress() = default;
    virtual void image_started(std::string_view reference, std::string_view platform, std::size_t layers, std::uint64_t bytes) = 0;
    virtual void bytes_read(std::uint64_t count) = 0;
    /// So many more bytes are to be read than `image_started` said, or fewer: a layer was known, or is read twice, or the image failed.
    virtual void bytes_expected(std::int64_t change) = 0;
    /// Read, or known, or given up: once for each layer of an image that was started.
    virtual void layer_done() = 0;
    virtual void image_done(const ImageReport& image) = 0;
};

}  // namespace veritag::scan
