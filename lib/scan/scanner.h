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
#include "tag/tag.h"

#include <atomic>
#include <chrono>
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

/// Which images of a reference are looked at, and how far.
struct Wanted {
    std::vector<oci::Platform> platforms;                       ///< empty: every one of an index
    std::optional<std::chrono::sys_seconds> created_since = {};  ///< older ones are skipped; one whose config does not say is looked at
    /// No layer is read: claims, configs and nothing else. Nothing is proven so, and each image comes out `unknown`.
    bool configs_only = false;
};

struct ScanOptions {
    Wanted wanted;                          ///< where scan() is not told otherwise
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
    ScanResult scan(source::ImageSource& source, std::stop_token stop) { return scan(source, options_.wanted, std::move(stop)); }
    ScanResult scan(source::ImageSource& source, const Wanted& wanted, std::stop_token stop);

    /// Calls `work(0)` to `work(count - 1)`, several at once, and returns when all have ended: for a run of many references. As many
    /// images are in flight as it takes to keep the layer threads busy, however many there are.
    void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work) { crew_.run(count, work); }

    /// The packages of one platform's image, by layer as they were folded; nullopt where the store does not keep what was seen in it under these
    /// rules. `platform` as in ImageReport. No network.
    [[nodiscard]] std::optional<std::vector<Package>> find_packages(const store::ReferenceKey& reference, const Digest& manifest, std::string_view platform) const;

    [[nodiscard]] std::uint64_t layers_analyzed() const noexcept { return fetcher_.analyzed(); }
    [[nodiscard]] std::uint64_t layers_reused() const noexcept { return fetcher_.reused(); }

private:
    using Layers = std::vector<std::shared_ptr<const LayerAnalysis>>;

    struct Announced;  // what Progress was told of an image
    struct Task {      // one reference
        source::ImageSource& source;
        const Wanted& wanted;
        std::stop_token stop;
        std::vector<std::atomic<bool>> met;     // which of the wanted platforms there are
        std::atomic<std::size_t> platforms{0};  // of indexes, so far
    };

    ScanResult scan_reference(Task& task);
    Result<void> note_absent(const Task& task, ScanResult& result);
    void scan_index(Task& task, const oci::Index& index, std::size_t depth, ScanResult& result);
    void scan_child(Task& task, const oci::Descriptor& child, std::size_t depth, ScanResult& result);
    void scan_manifest(Task& task, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered, ScanResult& result);
    /// A reason where the image is not wanted.
    Result<std::optional<std::string>> judge_image(Task& task, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered, ImageReport& image);
    /// nullopt where what was seen in images is not kept.
    [[nodiscard]] std::optional<store::ImageKey> image_key(const Digest& manifest, std::string_view platform, std::string_view application) const;
    void judge_config(const tag::Reading& reading, ImageReport& image);
    Result<void> judge_layers(Task& task, const oci::Manifest& manifest, const Digest& digest, const oci::ImageConfig& config, const oci::Platform& platform, const tag::Reading& reading,
                              ImageReport& image);
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
