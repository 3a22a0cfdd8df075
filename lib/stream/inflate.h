// Decompression as a stage: compressed chunks go in, inflated chunks come out of one reused buffer.
#pragma once

#include "base/limits.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace veritag::stream {

enum class Compression : std::uint8_t { none, gzip, zstd };
std::string_view to_string(Compression compression) noexcept;  ///< `none`, `gzip`, `zstd`

constexpr std::size_t kMagicBytes = 4;
/// By the first kMagicBytes of a blob, or fewer where it is shorter. No tar archive that a runtime unpacks starts like the others.
Compression detect_compression(std::span<const std::byte> head) noexcept;

/// Takes what an Inflater puts out.
class InflateSink {
public:
    virtual ~InflateSink() = default;
    /// At most 128 KiB, valid during the call. An error ends the inflating with that error.
    virtual Result<void> on_inflated(std::span<const std::byte> data) = 0;
};

/// One compressed stream from its first byte to its last. Checksums are verified; an error is final.
/// gzip: several members, zeros behind the last one. zstd: several frames, skippable ones too, no dictionaries.
/// Output beyond limits.inflate_ratio_floor is held to limits.inflate_ratio.
class Inflater {
public:
    virtual ~Inflater() = default;
    virtual Result<void> write(std::span<const std::byte> data, InflateSink& sink) = 0;
    virtual Result<void> finish() = 0;  ///< at the end of input: `truncated` inside a member or frame
};

std::unique_ptr<Inflater> make_inflater(Compression compression, const Limits& limits);

}  // namespace veritag::stream
