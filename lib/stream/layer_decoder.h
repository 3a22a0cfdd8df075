// From the bytes of a layer blob to its tar entries: inflating, diff_id, tar. CPU only, no memory that grows with the layer.
#pragma once

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "stream/tar.h"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::stream {

/// Where the time of reading one layer went.
struct StageTimes {
    std::chrono::nanoseconds inflate{};
    std::chrono::nanoseconds hash{};   ///< of the tar
    std::chrono::nanoseconds tar{};    ///< with what its sink does
    std::chrono::nanoseconds parse{};  ///< databases and model files; a part of `tar` until the sink's owner takes it out
};

struct LayerFacts {
    std::string compression;  ///< `gzip`, `zstd`, `none`
    std::uint64_t blob_size = 0;
    Digest diff_id;
    std::uint64_t tar_size = 0;
    /// The tar's digests with zeros restored that it may have lost: up to two blocks, and padded to 20 blocks (10240 bytes).
    std::vector<Digest> diff_ids_with_end_blocks;
    StageTimes times;
};

/// Reads `blob` to its last byte and pushes the tar's entries into `sink`. The compression is told by magic bytes (gzip 1f 8b,
/// zstd 28 b5 2f fd or a skippable frame 50..5f 2a 4d 18, else plain tar) and must agree with `expected_compression` (`gzip`,
/// `zstd`, `none`; empty: any). Bytes after the tar's end marker are hashed too; other than zero padding and further tar archives
/// they are an error. The blob's own digest is HashingSource's business.
Result<LayerFacts> decode_layer(ByteSource& blob, std::string_view expected_compression, TarSink& sink, const Limits& limits, std::stop_token stop = {});

}  // namespace veritag::stream
