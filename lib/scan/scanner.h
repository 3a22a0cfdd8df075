// One image from reference to verdict.
#pragma once

#include "base/limits.h"
#include "detect/layer_analyzer.h"
#include "detect/observe.h"
#include "model/report.h"
#include "oci/manifest.h"
#include "rules/rules.h"
#include "source/image_source.h"
#include "store/store.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::scan {

struct ScanOptions {
    std::optional<oci::Platform> platform;  ///< nullopt: every platform of an index
    std::size_t jobs = 2;                   ///< layers of an image read side by side
    Limits limits;
    std::shared_ptr<store::Store> store;    ///< what layers hold, from earlier runs; null: nothing is kept
};

/// What happens while a scan runs. Called from several threads at once.
class Progress {
public:
    virtual ~Progress() = default;
    virtual void image_started(std::string_view reference, std::string_view platform, std::size_t layers, std::uint64_t bytes) = 0;
    virtual void bytes_read(std::uint64_t count) = 0;
    virtual void layer_done() = 0;
    virtual void image_done(const ImageReport& image) = 0;
};

/// What became of one reference: its platforms as images, and what was no image.
struct ScanResult {
    std::vector<ImageReport> images;
    std::vector<Skipped> skipped;
};

/// Keeps the rules by reference. Layers seen before under the same rules are not read again (a small cache in memory, and the store).
class Scanner {
public:
    Scanner(const rules::RuleSet& rules, ScanOptions options, Progress& progress);

    /// Never fails as a whole: what could not be read comes back as images with verdict `error`.
    ScanResult scan(source::ImageSource& source, std::stop_token stop);

    [[nodiscard]] std::uint64_t layers_analyzed() const noexcept { return layers_analyzed_; }
    [[nodiscard]] std::uint64_t layers_reused() const noexcept { return layers_reused_; }

private:
    using Layers = std::vector<std::shared_ptr<const LayerAnalysis>>;

    void scan_index(source::ImageSource& source, const oci::Index& index, std::size_t depth, ScanResult& result, std::size_t& platforms, std::stop_token stop);
    void scan_child(source::ImageSource& source, const oci::Descriptor& child, std::size_t depth, ScanResult& result, std::size_t& platforms, std::stop_token stop);
    void scan_manifest(source::ImageSource& source, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered,
                       ScanResult& result, std::stop_token stop);
    Result<void> judge_image(source::ImageSource& source, const oci::Manifest& manifest, const std::optional<oci::Platform>& offered, ImageReport& image, std::stop_token stop);
    Result<Layers> read_layers(source::ImageSource& source, const oci::Manifest& manifest, const std::map<int, detect::ExtraPaths>& extra, const Layers* known, std::stop_token stop);
    Result<std::shared_ptr<const LayerAnalysis>> read_layer(source::ImageSource& source, const oci::Descriptor& layer, const detect::ExtraPaths& extra, std::stop_token stop);

    std::shared_ptr<const LayerAnalysis> recall(const store::LayerKey& key);
    void remember(const store::LayerKey& key, const std::shared_ptr<const LayerAnalysis>& analysis);
    void cache(const store::LayerKey& key, const std::shared_ptr<const LayerAnalysis>& analysis);

    const rules::RuleSet& rules_;
    ScanOptions options_;
    Progress& progress_;
    detect::EvidenceMatcher matcher_;
    std::mutex mutex_;  // the cache and the counters
    struct Cached {
        store::LayerKey key;
        std::shared_ptr<const LayerAnalysis> analysis;
    };
    std::list<Cached> cache_;  // most recent first
    std::uint64_t cached_bytes_ = 0;
    std::uint64_t layers_analyzed_ = 0;
    std::uint64_t layers_reused_ = 0;
};

}  // namespace veritag::scan
