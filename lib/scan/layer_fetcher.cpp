#include "scan/layer_fetcher.h"

#include "base/log.h"
#include "base/text.h"
#include "detect/adapt.h"
#include "stream/hashing_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace veritag::scan {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMostCachedBytes = 12ULL << 20;  // memory of a scan stays below the contract's 128 MiB

// Below this a full read costs no more time than the requests of a partial one, and it proves the digests.
constexpr std::uint64_t kLeastPartialBytes = 1ULL << 20;

class CountingSource final : public ByteSource {
public:
    CountingSource(std::unique_ptr<ByteSource> inner, Progress& progress, std::atomic<std::uint64_t>& count)
        : inner_(std::move(inner)), progress_(progress), count_(count) {}
    Result<std::span<const std::byte>> next() override {
        const auto start = Clock::now();
        Result<std::span<const std::byte>> bytes = inner_->next();
        waited_ += Clock::now() - start;
        if (!bytes) return bytes;
        progress_.bytes_read(bytes->size());
        count_ += bytes->size();
        return bytes;
    }
    [[nodiscard]] std::chrono::nanoseconds waited() const noexcept { return waited_; }

private:
    std::unique_ptr<ByteSource> inner_;
    Progress& progress_;
    std::atomic<std::uint64_t>& count_;
    std::chrono::nanoseconds waited_{};
};

class LayerRanges final : public RangeSource {
public:
    LayerRanges(source::ImageSource& source, const oci::Descriptor& layer, const std::stop_token& stop) : source_(source), layer_(layer), stop_(stop) {}
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) override {
        const auto start = Clock::now();
        Result<std::string> bytes = source_.read_layer_range(layer_, offset, length, stop_);
        waited_ += Clock::now() - start;
        if (bytes) count_ += bytes->size();
        return bytes;
    }
    [[nodiscard]] std::chrono::nanoseconds waited() const noexcept { return waited_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    source::ImageSource& source_;
    const oci::Descriptor& layer_;
    const std::stop_token& stop_;
    std::chrono::nanoseconds waited_{};
    std::uint64_t count_ = 0;
};

std::uint64_t ms(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(std::chrono::round<std::chrono::milliseconds>(time).count()); }

}  // namespace

LayerKey LayerRequest::key() const {
    return {.blob = layer.digest, .compression = compression.value_or(layer.media_type), .toc = toc ? toc->digest : Digest(), .in_part = in_part, .extra = extra};
}

LayerFetcher::LayerFetcher(FetcherOptions options, const rules::WantedFiles& wanted, cage::LayerReader& reader, Progress& progress)
    : options_(std::move(options)), wanted_(wanted), reader_(reader), progress_(progress) {
    if (options_.store != nullptr) options_.store->keep_wanted(wanted_.digest(), wanted_.serialise());
}

LayerRequest LayerFetcher::request(const oci::Descriptor& layer, const detect::ExtraPaths& extra, bool whole) const {
    LayerRequest request{.layer = layer, .compression = std::nullopt, .toc = std::nullopt, .in_part = false, .extra = extra};
    if (const std::optional<std::string_view> compression = oci::layer_compression(layer.media_type)) {
        request.compression = *compression;
        const Result<std::optional<stream::TocReference>> toc = stream::find_toc(layer.annotations, *compression, layer.size);
        if (toc)
            request.toc = *toc;
        else
            log::info("a table of contents that nobody can use", {{"layer", layer.digest.str()}, {"cause", toc.error().message()}});
    }
    request.in_part = options_.partial && !whole && request.toc && layer.size >= kLeastPartialBytes;
    return request;
}

Result<std::shared_ptr<const LayerAnalysis>> LayerFetcher::fetch(source::ImageSource& source, const LayerRequest& request, std::stop_token stop,
                                                                 std::atomic<std::uint64_t>& bytes_read) {
    if (!request.compression)
        return Error{ErrorCode::unsupported, "read layer", "", "media type \"" + quote(request.layer.media_type) + "\" is no tar layer", ""};
    const store::LayerKey key = key_of(request, false);
    if (Analysis known = recall(key, false)) return known;
    const store::LayerKey part_key = key_of(request, true);
    if (request.in_part)
        if (Analysis known = recall(part_key, true)) return known;
    Result<LayerAnalysis> analysis = Error{};
    if (request.in_part) {
        analysis = fetch_in_part(source, request, stop, bytes_read);
        if (!analysis && analysis.error().code == ErrorCode::cancelled) return analysis.error();
        if (!analysis) log::info("layer is read whole", {{"layer", request.layer.digest.str()}, {"cause", analysis.error().message()}});
    }
    if (!analysis) analysis = fetch_whole(source, request, stop, bytes_read);
    if (!analysis) return analysis.error();
    ++analyzed_;
    auto shared = std::make_shared<const LayerAnalysis>(std::move(*analysis));
    cache(shared->partial ? part_key : key, shared);
    // Only what was verified. The diff_id in it was computed from the blob's own bytes; whether a config claims another one is compared
    // on every scan.
    if (options_.store != nullptr && !shared->partial) options_.store->keep_layer(key, *shared);
    return Analysis(shared);
}

// What stands in the result about the blob as a whole is said here: the worker knows only what the layer holds.
Result<LayerAnalysis> LayerFetcher::fetch_in_part(source::ImageSource& source, const LayerRequest& request, const std::stop_token& stop, std::atomic<std::uint64_t>& bytes_read) {
    const auto start = Clock::now();
    LayerRanges ranges(source, request.layer, stop);
    VERITAG_TRY(detect::AnalyzedLayer read, reader_.read_part(ranges, {.compression = *request.compression, .blob_size = request.layer.size, .toc = request.toc, .extra = request.extra}, stop));
    LayerAnalysis& analysis = read.analysis;
    analysis.partial = true;
    analysis.blob_digest = analysis.diff_id = Digest();
    analysis.diff_ids_with_end_blocks.clear();
    analysis.toc_digest = request.toc->digest;
    analysis.blob_size = request.layer.size;
    progress_.bytes_read(request.layer.size);
    bytes_read += request.layer.size;
    log::debug("layer read in part", {{"digest", request.layer.digest.str()}, {"blob_bytes", analysis.blob_size}, {"read_bytes", ranges.count()}, {"paths", analysis.entries.size()},
                                      {"ms", ms(Clock::now() - start)}, {"network_ms", ms(ranges.waited())}, {"parse_ms", ms(read.times.parse)}});
    return std::move(analysis);
}

Result<LayerAnalysis> LayerFetcher::fetch_whole(source::ImageSource& source, const LayerRequest& request, const std::stop_token& stop, std::atomic<std::uint64_t>& bytes_read) {
    const auto start = Clock::now();
    const Digest& expected = request.layer.digest;
    VERITAG_TRY(std::unique_ptr<ByteSource> blob, source.open_layer(request.layer, stop));
    CountingSource counted(std::move(blob), progress_, bytes_read);
    stream::HashingSource hashed(counted, expected.algorithm());
    VERITAG_TRY(detect::AnalyzedLayer read, reader_.read(hashed, {.compression = *request.compression, .blob_size = request.layer.size, .toc = request.toc, .extra = request.extra}, stop));
    LayerAnalysis& analysis = read.analysis;
    analysis.partial = false;
    analysis.blob_digest = hashed.digest();
    analysis.blob_size = hashed.size();
    analysis.toc_digest = request.toc ? request.toc->digest : Digest();
    if (analysis.blob_digest != expected)
        return Error{ErrorCode::digest_mismatch, "verify layer", "", "the bytes hash to " + analysis.blob_digest.str() + ", expected " + expected.str(),
                     "the registry or something before it altered them"};
    log::debug("layer read", {{"digest", expected.str()}, {"blob_bytes", analysis.blob_size}, {"tar_bytes", analysis.tar_size}, {"paths", analysis.entries.size()},
                              {"ms", ms(Clock::now() - start)}, {"network_ms", ms(counted.waited())}, {"hash_ms", ms(hashed.time() + read.times.hash)},
                              {"inflate_ms", ms(read.times.inflate)}, {"tar_ms", ms(read.times.tar)}, {"parse_ms", ms(read.times.parse)}});
    return std::move(analysis);
}

// A layer known under another media type, or beside another table of contents, is read again, so that what is wrong is told.
store::LayerKey LayerFetcher::key_of(const LayerRequest& request, bool in_part) const {
    const std::string table = request.toc ? (in_part ? " by " : " beside ") + request.toc->digest.str() : std::string();
    return {.blob = request.layer.digest,
            .compression = *request.compression,
            .recipe = detect::analysis_recipe(wanted_, request.extra, options_.limits) + table,
            .parsers = request.extra.empty() ? detect::parser_recipe({}, options_.limits) + table : std::string(),
            .wanted = wanted_.digest()};
}

std::shared_ptr<const LayerAnalysis> LayerFetcher::recall(const store::LayerKey& key, bool in_part) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(cache_.begin(), cache_.end(), [&](const Cached& each) { return each.key == key; });
        if (found != cache_.end()) {
            ++reused_;
            cache_.splice(cache_.begin(), cache_, found);
            return found->analysis;
        }
    }
    if (options_.store == nullptr || in_part) return nullptr;
    std::optional<LayerAnalysis> stored = options_.store->find_layer(key);
    if (!stored) stored = recall_earlier(key);
    if (!stored) return nullptr;
    auto analysis = std::make_shared<const LayerAnalysis>(std::move(*stored));
    cache(key, analysis);
    ++reused_;
    return analysis;
}

// Other rules may want nothing of this layer that was not kept.
std::optional<LayerAnalysis> LayerFetcher::recall_earlier(const store::LayerKey& key) {
    std::optional<store::EarlierLayer> earlier = options_.store->find_earlier_layer(key);
    if (!earlier) return std::nullopt;
    const Result<rules::WantedFiles> wanted = rules::WantedFiles::deserialise(earlier->wanted);
    if (!wanted) return std::nullopt;  // of another build
    std::optional<LayerAnalysis> adapted = detect::adapt(std::move(earlier->analysis), *wanted, wanted_);
    if (adapted) options_.store->keep_layer(key, *adapted);
    return adapted;
}

void LayerFetcher::cache(const store::LayerKey& key, const Analysis& analysis) {
    const std::lock_guard lock(mutex_);
    cache_.push_front({key, analysis});
    cached_bytes_ += kept_bytes(*analysis);
    while (cached_bytes_ > kMostCachedBytes && !cache_.empty()) {
        cached_bytes_ -= kept_bytes(*cache_.back().analysis);
        cache_.pop_back();
    }
}

}  // namespace veritag::scan
