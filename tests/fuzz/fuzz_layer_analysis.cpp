// modules: model
// A stored or sent layer analysis: what can be read must come out of its serial form unchanged.
#include "base/limits.h"
#include "model/layer_analysis.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Result<LayerAnalysis> analysis = deserialise_layer_analysis(bytes, Limits{});
    if (analysis && serialise(*analysis) != bytes) std::abort();
    return 0;
}
