// From the bytes of a layer blob to its tar entries: both digests, inflating, tar. CPU only, no memory that grows with the layer.
#pragma once

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "stream/tar.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::stream {

struct LayerFacts {
    std::string compression;  ///< `gzip`, `zstd`, `none`
    Digest blob_digest;
    std::uint64_t blob_size = 0;
    Digest diff_id;
    std::uint64_t tar_size = 0;
    /// The tar's digests with zeros restored that it may have lost: up to two blocks, and padded to 20 blocks (10240 bytes).
    std::vector<Digest> diff_ids_with_end_blocks;
};

/// Reads `blob` to its last byte and pushes the tar's entries into `sink`. The compression is told by magic bytes (gzip 1f 8b,
/// zstd 28 b5 2f fd or a skippable frame 50..5f 2a 4d 18, else plain tar) and must agree with `expected_compression` (`gzip`,
/// `zstd`, `none`; empty: any). `blob_algorithm` is the algorithm of the blob's digest. Bytes after the tar's end marker are
/// hashed too; other than zero padding and further tar archives they are an error.
Result<LayerFacts> decode_layer(ByteSource& blob, std::string_view expected_compression, std::string_view blob_algorithm,
                                TarSink& sink, const Limits& limits, std::stop_token stop = {});

}  // namespace veritag::stream
