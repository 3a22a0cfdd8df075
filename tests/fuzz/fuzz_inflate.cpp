// modules: stream
// Any bytes as a layer, under small limits: no crash, no more output than the limit, the same result however the blob arrives.
// The first byte says the size of the pieces.
#include "stream/layer_decoder.h"

#include "base/byte_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

namespace {

using namespace veritag;
using namespace veritag::stream;

class CountingSink final : public TarSink {
public:
    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        log += entry.path + "\n";
        return std::uint64_t{100};
    }
    Result<void> on_data(std::span<const std::byte> data) override {
        log += as_text(data);
        return ok();
    }
    Result<void> on_entry_end() override { return ok(); }
    void on_problem(Problem problem) override { log += "! " + problem.message + "\n"; }

    std::string log;
};

class PieceSource final : public ByteSource {
public:
    PieceSource(std::span<const std::byte> data, std::size_t piece) : left_(data), piece_(piece) {}
    Result<std::span<const std::byte>> next() override {
        const auto chunk = left_.first(std::min(piece_, left_.size()));
        left_ = left_.subspan(chunk.size());
        return chunk;
    }

private:
    std::span<const std::byte> left_;
    std::size_t piece_;
};

struct Outcome {
    bool good = false;
    std::string log;
    std::string diff_id;
};

Outcome decode(std::span<const std::byte> blob, std::size_t piece) {
    Limits limits;
    limits.layer_bytes = 1 << 20;
    limits.inflate_ratio_floor = 64 << 10;
    limits.zstd_window_log = 20;
    limits.tar_entries = 200;
    limits.tar_header_bytes = 4096;
    CountingSink sink;
    PieceSource source(blob, piece);
    const Result<LayerFacts> facts = decode_layer(source, "", sink, limits);
    if (!facts) return {};
    if (facts->blob_size != blob.size() || facts->tar_size > limits.layer_bytes) std::abort();
    return {true, std::move(sink.log), facts->diff_id.str()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto blob = std::as_bytes(std::span(data, size)).subspan(1);
    const Outcome whole = decode(blob, 64 << 10);
    const Outcome pieces = decode(blob, std::size_t{data[0]} + 1);
    if (whole.good != pieces.good || whole.log != pieces.log || whole.diff_id != pieces.diff_id) std::abort();
    return 0;
}
