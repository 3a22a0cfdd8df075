#include "stream/layer_decoder.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/inflate.h"
#include "stream/tar_header.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace veritag::stream {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWhat = "decode layer";
constexpr std::uint64_t kEndBlocks = 2;
constexpr std::uint64_t kRecord = 20 * kTarBlock;  // what tar programs pad an archive to

Error cancelled() { return {ErrorCode::cancelled, std::string(kWhat), "", "stopped before the layer's end", ""}; }

// Hashes the inflated bytes and reads them as tar.
class TarStage final : public InflateSink {
public:
    TarStage(TarSink& sink, const Limits& limits, const std::stop_token& stop) : tar_(sink, limits), limits_(limits), stop_(stop) {}

    Result<void> on_inflated(std::span<const std::byte> data) override {
        if (stop_.stop_requested()) return cancelled();
        if (data.size() > limits_.layer_bytes - size_)
            return limit_error(kWhat, "inflated size", size_ + data.size(), "limits.layer_bytes", limits_.layer_bytes);
        size_ += data.size();
        const auto start = Clock::now();
        hasher_.update(data);
        const auto hashed = Clock::now();
        const Result<void> read = tar_.write(data);
        times_.hash += hashed - start;
        times_.tar += Clock::now() - hashed;
        return read;
    }

    Result<void> finish(LayerFacts& facts) {
        VERITAG_CHECK(tar_.finish());
        facts.diff_id = hasher_.finish();
        facts.tar_size = size_;
        facts.times.hash = times_.hash;
        facts.times.tar = times_.tar;
        facts.diff_ids_with_end_blocks = digests_with_end_blocks();
        return ok();
    }

private:
    // Some zstd:chunked writers drop the end marker that the config's diff_id was made with, or (skopeo 1.9) the zeros behind it.
    [[nodiscard]] std::vector<Digest> digests_with_end_blocks() const {
        std::vector<Digest> digests;
        Hasher hasher = hasher_;
        std::uint64_t size = size_;
        const auto pad_to = [&](std::uint64_t end) {
            constexpr std::array<std::byte, kRecord> kZeros{};
            hasher.update(std::span<const std::byte>(kZeros).first(static_cast<std::size_t>(end - size)));
            size = end;
            digests.push_back(hasher.finish());
        };
        if (tar_.trailing_zero_blocks() < kEndBlocks) pad_to(size + tar_padding(size) + (kEndBlocks - tar_.trailing_zero_blocks()) * kTarBlock);
        const std::uint64_t whole_records = (size + kRecord - 1) / kRecord * kRecord;
        if (whole_records > size) pad_to(whole_records);
        return digests;
    }

    TarReader tar_;
    const Limits& limits_;
    const std::stop_token& stop_;
    Hasher hasher_;
    std::uint64_t size_ = 0;
    StageTimes times_;
};

class LayerDecoder {
public:
    LayerDecoder(ByteSource& blob, std::string_view expected, TarSink& sink, const Limits& limits, const std::stop_token& stop)
        : blob_(blob), expected_(expected), tar_(sink, limits, stop), limits_(limits), stop_(stop) {}

    Result<LayerFacts> run() {
        for (;;) {
            if (stop_.stop_requested()) return cancelled();
            VERITAG_TRY(const std::span<const std::byte> chunk, blob_.next());
            if (chunk.empty()) break;
            facts_.blob_size += chunk.size();
            const auto start = Clock::now();
            VERITAG_CHECK(take(chunk));
            decoding_ += Clock::now() - start;
        }
        if (!inflater_) {
            if (!expected_.empty() && expected_ != "none")
                return Error{ErrorCode::truncated, std::string(kWhat), "blob",
                             "it ends after " + std::to_string(head_size_) + " bytes, too few for " + quote(expected_), ""};
            VERITAG_CHECK(start());
        }
        VERITAG_CHECK(inflater_->finish());
        VERITAG_CHECK(tar_.finish(facts_));
        facts_.times.inflate = decoding_ - facts_.times.hash - facts_.times.tar;
        return std::move(facts_);
    }

private:
    // Until the magic is whole it is kept back; then everything goes to the inflater.
    Result<void> take(std::span<const std::byte> chunk) {
        if (!inflater_) {
            const std::size_t count = std::min(chunk.size(), head_.size() - head_size_);
            std::copy_n(chunk.begin(), count, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
            head_size_ += count;
            chunk = chunk.subspan(count);
            if (head_size_ < head_.size()) return ok();
            VERITAG_CHECK(start());
        }
        return inflater_->write(chunk, tar_);
    }

    Result<void> start() {
        const auto head = std::span<const std::byte>(head_).first(head_size_);
        const Compression compression = detect_compression(head);
        facts_.compression = to_string(compression);
        if (!expected_.empty() && expected_ != facts_.compression)
            return Error{ErrorCode::malformed, std::string(kWhat), "blob",
                         "its first bytes say compression " + facts_.compression + ", its media type says " + quote(expected_), ""};
        inflater_ = make_inflater(compression, limits_);
        return inflater_->write(head, tar_);
    }

    ByteSource& blob_;
    std::string_view expected_;
    TarStage tar_;
    const Limits& limits_;
    const std::stop_token& stop_;
    LayerFacts facts_;
    std::array<std::byte, kMagicBytes> head_{};
    std::size_t head_size_ = 0;
    std::chrono::nanoseconds decoding_{};
    std::unique_ptr<Inflater> inflater_;
};

}  // namespace

Result<LayerFacts> decode_layer(ByteSource& blob, std::string_view expected_compression, TarSink& sink, const Limits& limits, std::stop_token stop) {
    return LayerDecoder(blob, expected_compression, sink, limits, stop).run();
}

}  // namespace veritag::stream
