// One layer, by the cheapest way there is: remembered, in part, or whole.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "cage/layer_reader.h"
#include "detect/layer_analyzer.h"
#include "model/layer_analysis.h"
#include "oci/manifest.h"
#include "rules/wanted_files.h"
#include "scan/layer_pool.h"
#include "scan/progress.h"
#include "source/image_source.h"
#include "store/store.h"
#include "stream/toc_reference.h"

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace veritag::scan {

/// A layer as one image wants it.
struct LayerRequest {
    oci::Descriptor layer;
    std::optional<std::string> compression;   ///< by the media type; nullopt: it is no tar layer
    std::optional<stream::TocReference> toc;  ///< its table of contents
    bool in_part = false;
    detect::ExtraPaths extra;
    [[nodiscard]] LayerKey key() const;
};

struct FetcherOptions {
    bool partial = false;  ///< of layers with a table of contents read only that and the wanted files
    Limits limits;
    std::shared_ptr<store::Store> store;  ///< what layers hold, from earlier runs; null: nothing is kept
};

/// Thread-safe. What is wanted and the reader are kept by reference.
class LayerFetcher {
public:
    LayerFetcher(FetcherOptions options, const rules::WantedFiles& wanted, cage::LayerReader& reader, Progress& progress);

    /// `whole`: not in part, whatever the options say.
    [[nodiscard]] LayerRequest request(const oci::Descriptor& layer, const detect::ExtraPaths& extra, bool whole) const;
    /// The blob's digest is verified, except where it was read in part. `bytes_read` grows by the bytes that this took off what was announced.
    Result<std::shared_ptr<const LayerAnalysis>> fetch(source::ImageSource& source, const LayerRequest& request, std::stop_token stop, std::atomic<std::uint64_t>& bytes_read);

    void count_reused() noexcept { ++reused_; }  ///< another image's reading served
    [[nodiscard]] std::uint64_t analyzed() const noexcept { return analyzed_; }
    [[nodiscard]] std::uint64_t reused() const noexcept { return reused_; }

private:
    using Analysis = std::shared_ptr<const LayerAnalysis>;
    Result<LayerAnalysis> fetch_in_part(source::ImageSource& source, const LayerRequest& request, const std::stop_token& stop, std::atomic<std::uint64_t>& bytes_read);
    Result<LayerAnalysis> fetch_whole(source::ImageSource& source, const LayerRequest& request, const std::stop_token& stop, std::atomic<std::uint64_t>& bytes_read);
    [[nodiscard]] store::LayerKey key_of(const LayerRequest& request, bool in_part) const;
    Analysis recall(const store::LayerKey& key, bool in_part);
    std::optional<LayerAnalysis> recall_earlier(const store::LayerKey& key);
    void cache(const store::LayerKey& key, const Analysis& analysis);

    const FetcherOptions options_;
    const rules::WantedFiles& wanted_;
    cage::LayerReader& reader_;
    Progress& progress_;
    struct Cached {
        store::LayerKey key;
        Analysis analysis;
    };
    std::mutex mutex_;         // the cache
    std::list<Cached> cache_;  // most recent first
    std::uint64_t cached_bytes_ = 0;
    std::atomic<std::uint64_t> analyzed_{0};
    std::atomic<std::uint64_t> reused_{0};
};

}  // namespace veritag::scan
