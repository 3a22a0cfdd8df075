#include "scan/scanner.h"

#include "base/byte_reader.h"
#include "base/log.h"
#include "base/text.h"
#include "judge/judge.h"
#include "judge/platforms.h"
#include "tag/tag.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <numeric>
#include <thread>
#include <variant>

namespace veritag::scan {
namespace {

constexpr std::uint64_t kMostCachedBytes = 12ULL << 20;  // memory of a scan stays below the contract's 128 MiB

class CountingSource final : public ByteSource {
public:
    CountingSource(std::unique_ptr<ByteSource> inner, Progress& progress) : inner_(std::move(inner)), progress_(progress) {}
    Result<std::span<const std::byte>> next() override {
        Result<std::span<const std::byte>> bytes = inner_->next();
        if (bytes) progress_.bytes_read(bytes->size());
        return bytes;
    }

private:
    std::unique_ptr<ByteSource> inner_;
    Progress& progress_;
};

ImageReport report_for(const source::ImageName& name) {
    ImageReport image;
    image.reference = name.display;
    image.registry = name.registry;
    image.repository = name.repository;
    image.tag = name.tag;
    return image;
}

std::string os_and_architecture(const oci::Platform& platform) { return platform.os + "/" + platform.architecture; }

void count_packages(const std::vector<Package>& packages, PackageCounts& counts) {
    for (const Package& package : packages) switch (package.type) {
            case PackageType::rpm: ++counts.rpm; break;
            case PackageType::deb: ++counts.deb; break;
            case PackageType::apk: ++counts.apk; break;
            case PackageType::python: ++counts.python; break;
            case PackageType::conda: ++counts.conda; break;
        }
}

bool diff_id_holds(const LayerAnalysis& layer, const Digest& claimed) {
    const auto& restored = layer.diff_ids_with_end_blocks;
    return layer.diff_id == claimed || std::find(restored.begin(), restored.end(), claimed) != restored.end();
}

std::string application_of(const tag::Reading& reading) {
    for (const Claim& claim : reading.claims)
        if (claim.kind == ComponentKind::app) return claim.component;
    return {};
}

// What the tag says of development tools: nothing where its grammar has no word for them, or where it is a moving tag.
std::optional<bool> dev_of(const rules::RuleSet& rules, const tag::Reading& reading) {
    const bool moving = std::any_of(reading.claims.begin(), reading.claims.end(), [](const Claim& claim) { return claim.floating; });
    const bool named = std::any_of(reading.claims.begin(), reading.claims.end(), [](const Claim& claim) { return !claim.version.empty(); });
    if (!reading.readable || moving || !named || !rules.grammar_for(reading.registry, reading.repository).marks_development()) return std::nullopt;
    return reading.dev;
}

// A finding that a better tag would mend shows that tag; the others (an SDK for other hardware) only show it where it differs.
void add_suggestions(const rules::RuleSet& rules, const tag::Reading& reading, const std::string& tag, const judge::Judgement& judgement, std::vector<Finding>& findings) {
    if (!judgement.truth) return;
    const std::optional<std::string> better = tag::write_tag(rules, reading, *judgement.truth, judgement.dev);
    if (!better || *better == tag) return;
    for (Finding& finding : findings) {
        const bool mendable = finding.code.ends_with("-mismatch") || finding.code.ends_with("-missing") || finding.code == "tag-order" || finding.code == "tag-form";
        if (mendable && finding.code != "arch-mismatch") finding.suggestion = better;
    }
}

}  // namespace

Scanner::Scanner(const rules::RuleSet& rules, ScanOptions options, Progress& progress)
    : rules_(rules), options_(std::move(options)), progress_(progress), matcher_(rules) {}

ScanResult Scanner::scan(source::ImageSource& source, std::stop_token stop) {
    ScanResult result;
    ImageReport failed = report_for(source.name());
    const auto fail = [&](Error error) {
        failed.error = std::move(error);
        progress_.image_done(failed);
        result.images.push_back(std::move(failed));
        return std::move(result);
    };
    if (source.name().tag.empty() || source.name().repository.empty())
        return fail({ErrorCode::usage, "judge image", source.name().display, "there is no tag to judge", "name one with --as REPOSITORY:TAG"});

    const Result<source::RawManifest> top = source.fetch_top(stop);
    if (!top) return fail(top.error());
    Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(top->body, top->content_type, options_.limits);
    if (!parsed) return fail(parsed.error().at(source.name().display));

    if (const auto* manifest = std::get_if<oci::Manifest>(&*parsed)) {
        scan_manifest(source, *manifest, top->digest, std::nullopt, result, stop);
    } else {
        std::size_t platforms = 0;
        scan_index(source, std::get<oci::Index>(*parsed), 1, result, platforms, stop);
        for (ImageReport& image : result.images) image.index_digest = top->digest.str();
        judge::compare_platforms(rules_, result.images);
    }
    if (result.images.empty() && options_.platform)
        return fail({ErrorCode::not_found, "choose platform", source.name().display, "no image for " + options_.platform->str() + " under this name",
                     "--platform all judges every platform there is"});
    if (result.images.empty() && result.skipped.empty())
        return fail({ErrorCode::not_found, "read index", source.name().display, "the index lists no image", ""});
    return result;
}

void Scanner::scan_index(source::ImageSource& source, const oci::Index& index, std::size_t depth, ScanResult& result, std::size_t& platforms, std::stop_token stop) {
    for (const oci::Descriptor& child : index.manifests) {
        if (platforms > options_.limits.index_platforms) return;  // said once
        if (const std::optional<std::string> reason = oci::skip_reason(child)) {
            result.skipped.push_back({source.name().display, child.digest.str(), *reason});
            continue;
        }
        if (options_.platform && child.platform && !oci::platform_matches(*options_.platform, *child.platform)) continue;
        scan_child(source, child, depth, result, platforms, stop);
    }
}

void Scanner::scan_child(source::ImageSource& source, const oci::Descriptor& child, std::size_t depth, ScanResult& result, std::size_t& platforms, std::stop_token stop) {
    const auto fail = [&](const Error& error, bool absent = false) {
        ImageReport image = report_for(source.name());
        image.digest = child.digest.str();
        if (child.platform) image.platform = child.platform->str();
        image.error = error;
        image.manifest_absent = absent;
        progress_.image_done(image);
        result.images.push_back(std::move(image));
    };
    if (++platforms > options_.limits.index_platforms)
        return fail(limit_error("read index", source.name().display, platforms, "limits.index_platforms", options_.limits.index_platforms));
    const Result<source::RawManifest> raw = source.fetch_manifest(child, stop);
    if (!raw) return fail(raw.error(), raw.error().code == ErrorCode::not_found);
    const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(raw->body, raw->content_type, options_.limits);
    if (!parsed) return fail(parsed.error().at(source.name().display + " " + child.digest.str()));
    if (const auto* manifest = std::get_if<oci::Manifest>(&*parsed)) return scan_manifest(source, *manifest, raw->digest, child.platform, result, stop);
    if (depth >= options_.limits.index_depth)
        return fail(limit_error("read nested index", source.name().display, depth + 1, "limits.index_depth", options_.limits.index_depth));
    scan_index(source, std::get<oci::Index>(*parsed), depth + 1, result, platforms, stop);
}

void Scanner::scan_manifest(source::ImageSource& source, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered,
                            ScanResult& result, std::stop_token stop) {
    if (const std::optional<std::string> reason = oci::skip_reason(manifest)) {
        result.skipped.push_back({source.name().display, digest.str(), *reason});
        return;
    }
    ImageReport image = report_for(source.name());
    image.digest = digest.str();
    if (offered) image.platform = offered->str();
    const Result<void> judged = [&]() -> Result<void> {
        try {
            return judge_image(source, manifest, offered, image, stop);
        } catch (const std::exception& broken) {  // memory ran out, or the like: it costs this image, not the run
            return Error{ErrorCode::internal, "judge image", source.name().display, broken.what(), ""};
        }
    }();
    if (!judged) {
        if (judged.error().code == ErrorCode::not_found && judged.error().what == "choose platform") return;  // a single image of another platform
        image.verdict = Verdict::error;
        image.error = judged.error();
    }
    progress_.image_done(image);
    result.images.push_back(std::move(image));
}

Result<void> Scanner::judge_image(source::ImageSource& source, const oci::Manifest& manifest, const std::optional<oci::Platform>& offered, ImageReport& image,
                                  std::stop_token stop) {
    VERITAG_TRY(const std::string config_text, source.fetch_config(manifest.config, stop));
    Result<oci::ImageConfig> parsed = oci::parse_image_config(config_text, options_.limits);
    if (!parsed) return parsed.error().at(source.name().display + " config " + manifest.config.digest.str());
    const oci::ImageConfig& config = *parsed;
    const oci::Platform platform = offered.value_or(config.platform);
    image.platform = platform.str();
    for (const Digest& each : config.diff_ids) image.diff_ids.push_back(each.str());
    if (options_.platform && !oci::platform_matches(*options_.platform, platform))
        return Error{ErrorCode::not_found, "choose platform", source.name().display, "the image is for " + image.platform, ""};

    const tag::Reading reading = tag::read_tag(rules_, image.registry, image.repository, image.tag);
    image.grammar = reading.grammar;
    image.tier = reading.tier;
    image.dev = reading.dev;
    image.claims = reading.claims;

    const std::uint64_t bytes = std::accumulate(manifest.layers.begin(), manifest.layers.end(), std::uint64_t{0},
                                                [](std::uint64_t sum, const oci::Descriptor& layer) { return sum + layer.size; });
    progress_.image_started(image.reference, image.platform, manifest.layers.size(), bytes);

    VERITAG_TRY(Layers layers, read_layers(source, manifest, {}, nullptr, stop));
    detect::ObserveResult observed;
    // A link may lead to content that nobody wanted; those layers are read once more with the path it leads to.
    std::map<int, detect::ExtraPaths> wanted;
    for (int pass = 0;; ++pass) {
        const detect::MergedImage merged(layers);
        observed = detect::observe(merged, config, platform, matcher_, application_of(reading));
        if (observed.missing.empty()) break;
        if (pass == 2) {
            for (const auto& [layer, paths] : observed.missing)
                observed.facts.problems.push_back({paths.begin()->first, "layer " + std::to_string(layer) + ": links lead to this content through other links; it was not read"});
            observed.facts.packages_complete = false;
            break;
        }
        // What an earlier pass asked of the same layer is asked again: the new analysis takes the place of the old one.
        std::map<int, detect::ExtraPaths> again;
        for (const auto& [layer, paths] : observed.missing) {
            wanted[layer].insert(paths.begin(), paths.end());
            again[layer] = wanted[layer];
        }
        VERITAG_TRY(layers, read_layers(source, manifest, again, &layers, stop));
    }

    judge::Case judged{.claims = reading.claims,
                       .readable = reading.readable,
                       .dev = dev_of(rules_, reading),
                       .facts = std::move(observed.facts),
                       .platform = os_and_architecture(platform),
                       .config_platform = config.platform.architecture.empty() ? "" : os_and_architecture(config.platform),
                       .forged = {},
                       .layers = manifest.layers.size(),
                       .diff_ids = config.diff_ids.size()};
    for (std::size_t i = 0; i < layers.size() && i < config.diff_ids.size(); ++i)
        if (!diff_id_holds(*layers[i], config.diff_ids[i]))
            judged.forged.push_back({static_cast<int>(i), config.diff_ids[i].str(), layers[i]->diff_id.str()});

    judge::Judgement judgement = judge::judge(rules_, judged);
    image.findings = reading.findings;
    image.findings.insert(image.findings.end(), judgement.findings.begin(), judgement.findings.end());
    add_suggestions(rules_, reading, image.tag, judgement, image.findings);
    std::stable_sort(image.findings.begin(), image.findings.end(), [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
    image.verdict = verdict_of(image.findings);
    count_packages(judged.facts.packages, image.packages);
    image.observed = std::move(judged.facts.observations);
    image.package_list = std::move(judged.facts.packages);
    image.problems = std::move(judged.facts.problems);
    return ok();
}

Result<Scanner::Layers> Scanner::read_layers(source::ImageSource& source, const oci::Manifest& manifest, const std::map<int, detect::ExtraPaths>& extra,
                                             const Layers* known, std::stop_token stop) {
    const std::size_t count = manifest.layers.size();
    if (count > options_.limits.image_layers)
        return limit_error("read image", source.name().display, count, "limits.image_layers", options_.limits.image_layers);
    Layers layers = known != nullptr ? *known : Layers(count);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < count; ++i)
        if (known == nullptr || extra.contains(static_cast<int>(i))) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return manifest.layers[a].size > manifest.layers[b].size; });

    std::stop_source abort;  // one unreadable layer ends the others
    const std::stop_callback forward(stop, [&] { abort.request_stop(); });
    std::vector<std::optional<Error>> errors(count);
    std::atomic<std::size_t> next{0};
    std::atomic<std::uint64_t> kept{0};  // memory, by all layers of the image
    for (const auto& layer : layers)
        if (layer != nullptr) kept += kept_bytes(*layer);
    const auto work = [&] {
        static const detect::ExtraPaths none;
        for (std::size_t n = next++; n < order.size(); n = next++) {
            const std::size_t i = order[n];
            if (abort.stop_requested()) {
                errors[i] = Error{ErrorCode::cancelled, "read layer", "", "stopped", ""};
                continue;
            }
            const auto paths = extra.find(static_cast<int>(i));
            try {
                auto layer = read_layer(source, manifest.layers[i], paths == extra.end() ? none : paths->second, abort.get_token());
                if (layer) {
                    if ((kept += kept_bytes(**layer)) > options_.limits.image_analysis_bytes)
                        layer = limit_error("keep layers", "", kept, "limits.image_analysis_bytes", options_.limits.image_analysis_bytes);
                }
                if (layer) {
                    if (layers[i] != nullptr) kept -= kept_bytes(*layers[i]);
                    layers[i] = std::move(*layer);
                    progress_.layer_done();
                    continue;
                }
                errors[i] = layer.error();
            } catch (const std::exception& broken) {  // memory ran out, or the like: it costs this image, not the run
                errors[i] = Error{ErrorCode::internal, "read layer", "", broken.what(), ""};
            }
            errors[i] = errors[i]->at(source.name().display + " layer " + std::to_string(i) + " " + manifest.layers[i].digest.str());
            abort.request_stop();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 1; t < std::min(std::max<std::size_t>(options_.jobs, 1), order.size()); ++t) threads.emplace_back(work);
        work();
    }
    // The layer that failed speaks; those that were stopped because of it do not.
    const std::optional<Error>* first = nullptr;
    for (const std::optional<Error>& error : errors) {
        if (!error) continue;
        if (first == nullptr || ((*first)->code == ErrorCode::cancelled && error->code != ErrorCode::cancelled)) first = &error;
    }
    if (first != nullptr) return **first;
    return layers;
}

Result<std::shared_ptr<const LayerAnalysis>> Scanner::read_layer(source::ImageSource& source, const oci::Descriptor& layer, const detect::ExtraPaths& extra,
                                                                 std::stop_token stop) {
    const std::optional<std::string_view> compression = oci::layer_compression(layer.media_type);
    if (!compression)
        return Error{ErrorCode::unsupported, "read layer", "", "media type \"" + quote(layer.media_type) + "\" is no tar layer", ""};
    // A layer known under another media type is read again, so that the wrong one is told.
    const store::LayerKey key{.blob = layer.digest, .compression = std::string(*compression), .recipe = detect::analysis_recipe(rules_.wanted(), extra, options_.limits)};
    if (std::shared_ptr<const LayerAnalysis> known = recall(key)) return known;
    VERITAG_TRY(std::unique_ptr<ByteSource> blob, source.open_layer(layer, stop));
    CountingSource counted(std::move(blob), progress_);
    Result<LayerAnalysis> analysis = detect::analyze_layer(counted, *compression, layer.digest.algorithm(), rules_.wanted(), extra, options_.limits, stop);
    if (!analysis) return analysis.error();
    if (analysis->blob_digest != layer.digest)
        return Error{ErrorCode::digest_mismatch, "verify layer", "", "the bytes hash to " + analysis->blob_digest.str() + ", expected " + layer.digest.str(),
                     "the registry or something before it altered them"};
    auto shared = std::make_shared<const LayerAnalysis>(std::move(*analysis));
    log::debug("layer read", {{"digest", layer.digest.str()}, {"blob_bytes", shared->blob_size}, {"tar_bytes", shared->tar_size}, {"paths", shared->entries.size()}});
    {
        const std::lock_guard lock(mutex_);
        ++layers_analyzed_;
    }
    remember(key, shared);
    return std::shared_ptr<const LayerAnalysis>(shared);
}

std::shared_ptr<const LayerAnalysis> Scanner::recall(const store::LayerKey& key) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(cache_.begin(), cache_.end(), [&](const Cached& each) { return each.key == key; });
        if (found != cache_.end()) {
            ++layers_reused_;
            cache_.splice(cache_.begin(), cache_, found);
            return found->analysis;
        }
    }
    if (options_.store == nullptr) return nullptr;
    std::optional<LayerAnalysis> stored = options_.store->find_layer(key);
    if (!stored) return nullptr;
    auto analysis = std::make_shared<const LayerAnalysis>(std::move(*stored));
    cache(key, analysis);
    const std::lock_guard lock(mutex_);
    ++layers_reused_;
    return analysis;
}

// Only what read_layer() verified. The diff_id in it was computed from the blob's own bytes; whether a config claims another one is
// compared on every scan.
void Scanner::remember(const store::LayerKey& key, const std::shared_ptr<const LayerAnalysis>& analysis) {
    cache(key, analysis);
    if (options_.store != nullptr) options_.store->keep_layer(key, *analysis);
}

void Scanner::cache(const store::LayerKey& key, const std::shared_ptr<const LayerAnalysis>& analysis) {
    const std::lock_guard lock(mutex_);
    cache_.push_front({key, analysis});
    cached_bytes_ += kept_bytes(*analysis);
    while (cached_bytes_ > kMostCachedBytes && !cache_.empty()) {
        cached_bytes_ -= kept_bytes(*cache_.back().analysis);
        cache_.pop_back();
    }
}

}  // namespace veritag::scan
