// Turning a layer's bytes into its analysis, wherever that happens.
#pragma once

#include "base/byte_source.h"
#include "base/range_source.h"
#include "base/result.h"
#include "detect/layer_analyzer.h"
#include "stream/toc_reference.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::cage {

struct LayerJob {
    std::string compression;                  ///< what the media type says, as in stream::decode_layer
    std::uint64_t blob_size = 0;              ///< as the descriptor has it
    std::optional<stream::TocReference> toc;  ///< to compare with, or to read by
    detect::ExtraPaths extra;
};

/// For a worker of the same executable; `malformed` where it is nothing that serialise_job() made.
std::string serialise_job(const LayerJob& job);
Result<LayerJob> parse_job(std::string_view bytes);

/// Thread-safe: layers are read side by side.
class LayerReader {
public:
    virtual ~LayerReader() = default;
    /// Reads `blob` to its last byte, or to the first error. The analysis has no blob digest: who gave the blob knows it.
    virtual Result<detect::AnalyzedLayer> read(ByteSource& blob, const LayerJob& job, std::stop_token stop) = 0;
    /// Reads the table of contents and the wanted files only; the job has a `toc`. Every error leaves the choice of a full read.
    virtual Result<detect::AnalyzedLayer> read_part(RangeSource& blob, const LayerJob& job, std::stop_token stop) = 0;
};

}  // namespace veritag::cage
