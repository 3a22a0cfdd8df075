// Reads layers in this process, for tests of what lies above the cage.
#pragma once

#include "cage/layer_reader.h"

namespace veritag::test {

class PlainReader final : public cage::LayerReader {
public:
    PlainReader(const rules::WantedFiles& wanted, const Limits& limits) : wanted_(wanted), limits_(limits) {}
    Result<detect::AnalyzedLayer> read(ByteSource& blob, const cage::LayerJob& job, std::stop_token stop) override {
        return detect::analyze_layer(blob, job.compression, wanted_, job.extra, limits_, stop, job.toc ? &*job.toc : nullptr);
    }
    Result<detect::AnalyzedLayer> read_part(RangeSource& blob, const cage::LayerJob& job, std::stop_token stop) override {
        return detect::analyze_partial_layer(blob, job.blob_size, *job.toc, wanted_, job.extra, limits_, stop);
    }

private:
    const rules::WantedFiles& wanted_;
    const Limits limits_;
};

}  // namespace veritag::test
