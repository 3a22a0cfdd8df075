// Reads layers in worker processes that can do nothing but compute.
#pragma once

#include "base/limits.h"
#include "cage/layer_reader.h"
#include "cage/nursery.h"
#include "rules/wanted_files.h"

#include <functional>

namespace veritag::cage {

struct CageOptions {
    Limits limits;
    bool confined = true;  ///< false: worker processes without seccomp and Landlock, for kernels that refuse them
};

/// Each layer gets a process of its own. One that crashes, hangs, overruns a limit or speaks nonsense is an error (`worker`,
/// `over_limit`, `timeout`) of that layer; the next layer is read by the next process.
class CagedReader final : public LayerReader {
public:
    CagedReader(const rules::WantedFiles& wanted, const CageOptions& options);
    Result<detect::AnalyzedLayer> read(ByteSource& blob, const LayerJob& job, std::stop_token stop) override;
    Result<detect::AnalyzedLayer> read_part(RangeSource& blob, const LayerJob& job, std::stop_token stop) override;

private:
    class Talk;
    Result<detect::AnalyzedLayer> with_worker(const std::stop_token& stop, const std::function<Result<detect::AnalyzedLayer>(Talk&)>& go);

    const CageOptions options_;
    Nursery nursery_;
};

}  // namespace veritag::cage
