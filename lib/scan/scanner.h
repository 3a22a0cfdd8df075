// One image from reference to verdict.
#pragma once

#include "base/limits.h"
#include "cage/layer_reader.h"
#include "detect/layer_analyzer.h"
#include "detect/observe.h"
#include "model/report.h"
#include "oci/manifest.h"
#include "rules/rules.h"
#include "scan/crew.h"
#include "scan/layer_fetcher.h"
#include "scan/layer_pool.h"
#include "scan/progress.h"
#include "scan/room.h"
#include "source/image_source.h"
#include "store/store.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::scan {

struct ScanOptions {
    std::optional<oci::Platform> platform;  ///< nullopt: every platform of an index
    std::size_t jobs = 2;                   ///< layers read side by side, of all images
    bool partial = false;                   ///< of layers with a table of contents read only that and the wanted files
    Limits limits;
    std::shared_ptr<store::Store> store;    ///< what layers hold, from earlier runs; null: nothing is kept
};

using ScanResult = JudgedReference;

/// Keeps rules, reader and progress by reference. Layers seen before under the same rules are not read again (a small cache in memory, and
/// the store), nor is one read twice at a time. `scan` may be called from several threads at once; the counters are right when none is in it.
class Scanner {
public:
    Scanner(const rules::RuleSet& rules, ScanOptions options, cage::LayerReader& reader, Progress& progress);

    /// Never fails as a whole: what could not be read comes back as images with verdict `error`. Platforms of an index are judged side
    /// by side, and listed in the index's order.
    ScanResult scan(source::ImageSource& source, std::stop_token stop);

    /// Calls `work(0)` to `work(count - 1)`, several at once, and returns when all have ended: for a run of many references. As many
    /// images are in flight as it takes to keep the layer threads busy, however many there are.
    void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work) { crew_.run(count, work); }

    [[nodiscard]] std::uint64_t layers_analyzed() const noexcept { return fetcher_.analyzed(); }
    [[nodiscard]] std::uint64_t layers_reused() const noexcept { return fetcher_.reused(); }

private:
    using Layers = std::vector<std::shared_ptr<const LayerAnalysis>>;

    struct Announced;  // what Progress was told of an image

    ScanResult scan_reference(source::ImageSource& source, std::stop_token stop);
    void scan_index(source::ImageSource& source, const oci::Index& index, std::size_t depth, ScanResult& result, std::atomic<std::size_t>& platforms, std::stop_token stop);
    void scan_child(source::ImageSource& source, const oci::Descriptor& child, std::size_t depth, ScanResult& result, std::atomic<std::size_t>& platforms, std::stop_token stop);
    void scan_manifest(source::ImageSource& source, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered,
                       ScanResult& result, std::stop_token stop);
    Result<void> judge_image(source::ImageSource& source, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered, ImageReport& image,
                             std::stop_token stop);
    Result<ReadImage> read_image(source::ImageSource& source, const oci::Manifest& manifest, const oci::ImageConfig& config, const oci::Platform& platform,
                                 std::string_view application, Announced& announced, std::stop_token stop);
    Result<Layers> read_layers(source::ImageSource& source, const oci::Manifest& manifest, const std::map<int, detect::ExtraPaths>& extra, const Layers* known, LayerPool::Batch& batch,
                               Announced& announced);

    const rules::RuleSet& rules_;
    ScanOptions options_;
    Progress& progress_;
    detect::EvidenceMatcher matcher_;
    LayerFetcher fetcher_;
    const std::string image_recipe_;  // without what depends on the image; empty: what was seen in images is not kept
    Room folding_;
    LayerPool pool_;
    Crew crew_;  // uses the pool, so it ends first
};

}  // namespace veritag::scan
