// Turning a layer's bytes into its analysis, wherever that happens.
#pragma once

#include "base/byte_source.h"
#include "base/result.h"
#include "detect/layer_analyzer.h"

#include <stop_token>
#include <string>

namespace veritag::cage {

struct LayerJob {
    std::string compression;  ///< what the media type says, as in stream::decode_layer
    detect::ExtraPaths extra;
};

/// Thread-safe: layers are read side by side.
class LayerReader {
public:
    virtual ~LayerReader() = default;
    /// Reads `blob` to its last byte, or to the first error. The analysis has no blob digest: who gave the blob knows it.
    virtual Result<detect::AnalyzedLayer> read(ByteSource& blob, const LayerJob& job, std::stop_token stop) = 0;
};

}  // namespace veritag::cage
