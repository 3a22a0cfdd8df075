#include "scan/scanner.h"

#include "base/build_id.h"
#include "base/byte_reader.h"
#include "base/text.h"
#include "judge/judge.h"
#include "judge/platforms.h"
#include "model/kept.h"
#include "scan/build_steps.h"
#include "tag/tag.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <utility>
#include <variant>

namespace veritag::scan {
namespace {

// Analyses of images that are folded side by side; folding takes some times as much for a moment.
constexpr std::uint64_t kMostFoldedBytes = 6ULL << 20;

// While the layers of one image are read, others ask for their manifests or are judged.
constexpr std::size_t images_in_flight(std::size_t jobs) { return 2 * std::max<std::size_t>(jobs, 1); }

ImageReport report_for(const source::ImageName& name) {
    ImageReport image;
    image.reference = name.display;
    image.registry = name.registry;
    image.repository = name.repository;
    image.tag = name.tag;
    return image;
}

ImageReport failed_child(const source::ImageName& name, const oci::Descriptor& child, const Error& error) {
    ImageReport image = report_for(name);
    image.digest = child.digest.str();
    if (child.platform) image.platform = child.platform->str();
    image.error = error;
    return image;
}

bool is_wanted(const std::vector<oci::Platform>& platforms, const oci::Platform& offered) {
    return platforms.empty() || std::any_of(platforms.begin(), platforms.end(), [&](const oci::Platform& each) { return oci::platform_matches(each, offered); });
}

std::string text_of(const std::vector<oci::Platform>& platforms) {
    std::string text;
    for (const oci::Platform& each : platforms) text += (text.empty() ? "" : " or ") + each.str();
    return text;
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

std::uint64_t held_bytes(const std::vector<std::shared_ptr<const LayerAnalysis>>& layers) {
    std::uint64_t bytes = 0;
    for (const auto& layer : layers)
        if (layer != nullptr) bytes += kept_bytes(*layer);
    return bytes;
}

bool holds_when_restored(const LayerAnalysis& layer, const Digest& claimed) {
    const auto& restored = layer.diff_ids_with_end_blocks;
    return std::find(restored.begin(), restored.end(), claimed) != restored.end();
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

// Settled at the image's end, when nothing reads for it any more: layers that were known, or given up, were not read.
struct Scanner::Announced {
    Announced(Progress& progress_, std::size_t layers_, std::uint64_t bytes_) : progress(progress_), bytes(bytes_), layers(layers_) {}
    Announced(const Announced&) = delete;
    Announced& operator=(const Announced&) = delete;
    ~Announced() {
        progress.bytes_expected(static_cast<std::int64_t>(bytes_read) - static_cast<std::int64_t>(bytes));
        for (; layers > 0; --layers) progress.layer_done();
    }
    void layer_done() {
        --layers;
        progress.layer_done();
    }

    Progress& progress;
    std::uint64_t bytes;
    std::size_t layers;  // to be done
    std::atomic<std::uint64_t> bytes_read{0};
};

Scanner::Scanner(const rules::RuleSet& rules, ScanOptions options, cage::LayerReader& reader, Progress& progress)
    : rules_(rules),
      options_(std::move(options)),
      progress_(progress),
      matcher_(rules),
      fetcher_({.partial = options_.partial, .limits = options_.limits, .store = options_.store}, rules.wanted(), reader, progress),
      image_recipe_(options_.store == nullptr || build_id().empty()
                        ? ""
                        : build_id() + ' ' + rules.digest() + ' ' + detect::analysis_recipe(rules.wanted(), {}, options_.limits)),
      folding_(kMostFoldedBytes),
      pool_({.jobs = options_.jobs}),
      crew_(images_in_flight(options_.jobs) - 1) {}

ScanResult Scanner::scan(source::ImageSource& source, const Wanted& wanted, std::stop_token stop) {
    Task task{.source = source, .wanted = wanted, .stop = std::move(stop), .met = std::vector<std::atomic<bool>>(wanted.platforms.size())};
    try {
        return scan_reference(task);
    } catch (const std::exception& broken) {  // memory ran out, or the like: it costs this reference, not the run
        ScanResult result;
        result.images.push_back(report_for(source.name()));
        result.images.back().error = Error{ErrorCode::internal, "judge image", source.name().display, broken.what(), ""};
        progress_.image_done(result.images.back());
        return result;
    }
}

ScanResult Scanner::scan_reference(Task& task) {
    source::ImageSource& source = task.source;
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

    const Result<source::RawManifest> top = source.fetch_top(task.stop);
    if (!top) return fail(top.error());
    result.top = top->digest.str();
    Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(top->body, top->content_type, options_.limits);
    if (!parsed) return fail(parsed.error().at(source.name().display));

    if (const auto* manifest = std::get_if<oci::Manifest>(&*parsed)) {
        scan_manifest(task, *manifest, top->digest, std::nullopt, result);
    } else {
        scan_index(task, std::get<oci::Index>(*parsed), 1, result);
        for (ImageReport& image : result.images) image.index_digest = top->digest.str();
        judge::compare_platforms(rules_, result.images);
    }
    if (const Result<void> met = note_absent(task, result); !met) return fail(met.error());
    if (result.images.empty() && result.skipped.empty())
        return fail({ErrorCode::not_found, "read index", source.name().display, "the index lists no image", ""});
    return result;
}

// Of several platforms one may be missing here; where all are, nothing would be judged.
Result<void> Scanner::note_absent(const Task& task, ScanResult& result) {
    const std::vector<oci::Platform>& wanted = task.wanted.platforms;
    std::vector<oci::Platform> absent;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const bool failed = std::any_of(result.images.begin(), result.images.end(), [&](const ImageReport& image) {
            const Result<std::optional<oci::Platform>> platform = oci::parse_platform(image.platform);
            return image.error && (!platform || !*platform || oci::platform_matches(wanted[i], **platform));
        });
        if (!task.met[i] && !failed) absent.push_back(wanted[i]);
    }
    const std::string& name = task.source.name().display;
    if (!wanted.empty() && absent.size() == wanted.size())
        return Error{ErrorCode::not_found, "choose platform", name, "no image for " + text_of(wanted) + " under this name", "--platform all judges every platform there is"};
    for (const oci::Platform& each : absent) result.skipped.push_back({name, result.top, "no image for " + each.str() + " under this name"});
    return ok();
}

void Scanner::scan_index(Task& task, const oci::Index& index, std::size_t depth, ScanResult& result) {
    const source::ImageName& name = task.source.name();
    std::vector<const oci::Descriptor*> children;
    std::optional<ImageReport> over_limit;
    for (const oci::Descriptor& child : index.manifests) {
        if (const std::optional<std::string> reason = oci::skip_reason(child)) {
            result.skipped.push_back({name.display, child.digest.str(), *reason});
            continue;
        }
        if (child.platform && !is_wanted(task.wanted.platforms, *child.platform)) continue;
        const std::size_t most = options_.limits.index_platforms;
        const std::size_t number = ++task.platforms;
        if (number > most) {
            if (number == most + 1)  // said once, also where several nested indexes go over it
                over_limit = failed_child(name, child, limit_error("read index", name.display, number, "limits.index_platforms", most));
            break;
        }
        children.push_back(&child);
    }
    std::vector<ScanResult> results(children.size());
    crew_.run(children.size(), [&](std::size_t i) { scan_child(task, *children[i], depth, results[i]); });
    for (ScanResult& each : results) {
        std::move(each.images.begin(), each.images.end(), std::back_inserter(result.images));
        std::move(each.skipped.begin(), each.skipped.end(), std::back_inserter(result.skipped));
    }
    if (!over_limit) return;
    progress_.image_done(*over_limit);
    result.images.push_back(std::move(*over_limit));
}

void Scanner::scan_child(Task& task, const oci::Descriptor& child, std::size_t depth, ScanResult& result) {
    source::ImageSource& source = task.source;
    const auto fail = [&](const Error& error, bool absent = false) {
        ImageReport image = failed_child(source.name(), child, error);
        image.manifest_absent = absent;
        progress_.image_done(image);
        result.images.push_back(std::move(image));
    };
    const Result<source::RawManifest> raw = source.fetch_manifest(child, task.stop);
    if (!raw) return fail(raw.error(), raw.error().code == ErrorCode::not_found);
    const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(raw->body, raw->content_type, options_.limits);
    if (!parsed) return fail(parsed.error().at(source.name().display + " " + child.digest.str()));
    if (const auto* manifest = std::get_if<oci::Manifest>(&*parsed)) return scan_manifest(task, *manifest, raw->digest, child.platform, result);
    if (depth >= options_.limits.index_depth)
        return fail(limit_error("read nested index", source.name().display, depth + 1, "limits.index_depth", options_.limits.index_depth));
    scan_index(task, std::get<oci::Index>(*parsed), depth + 1, result);
}

void Scanner::scan_manifest(Task& task, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered, ScanResult& result) {
    const source::ImageName& name = task.source.name();
    if (const std::optional<std::string> reason = oci::skip_reason(manifest)) {
        result.skipped.push_back({name.display, digest.str(), *reason});
        return;
    }
    ImageReport image = report_for(name);
    image.digest = digest.str();
    if (offered) image.platform = offered->str();
    const Result<std::optional<std::string>> judged = [&]() -> Result<std::optional<std::string>> {
        try {
            return judge_image(task, manifest, digest, offered, image);
        } catch (const std::exception& broken) {  // memory ran out, or the like: it costs this image, not the run
            return Error{ErrorCode::internal, "judge image", name.display, broken.what(), ""};
        }
    }();
    if (judged && *judged) {
        result.skipped.push_back({name.display, digest.str(), **judged});
        return;
    }
    if (!judged) {
        if (judged.error().code == ErrorCode::not_found && judged.error().what == "choose platform") return;  // a single image of another platform
        image.verdict = Verdict::error;
        image.error = judged.error();
    }
    progress_.image_done(image);
    result.images.push_back(std::move(image));
}

Result<std::optional<std::string>> Scanner::judge_image(Task& task, const oci::Manifest& manifest, const Digest& digest, const std::optional<oci::Platform>& offered, ImageReport& image) {
    source::ImageSource& source = task.source;
    VERITAG_TRY(const std::string config_text, source.fetch_config(manifest.config, task.stop));
    Result<oci::ImageConfig> parsed = oci::parse_image_config(config_text, options_.limits);
    if (!parsed) return parsed.error().at(source.name().display + " config " + manifest.config.digest.str());
    const oci::ImageConfig& config = *parsed;
    const oci::Platform platform = offered.value_or(config.platform);
    image.platform = platform.str();
    for (const Digest& each : config.diff_ids) image.diff_ids.push_back(each.str());
    image.created = config.created;
    for (std::size_t i = 0; i < task.met.size(); ++i)
        if (oci::platform_matches(task.wanted.platforms[i], platform)) task.met[i] = true;
    if (!is_wanted(task.wanted.platforms, platform)) return Error{ErrorCode::not_found, "choose platform", source.name().display, "the image is for " + image.platform, ""};
    if (task.wanted.created_since && config.created && *config.created < *task.wanted.created_since)
        return std::optional<std::string>(image.platform + " was made on " + rfc3339(*config.created).substr(0, 10) + ", before what was asked for");

    const tag::Reading reading = tag::read_tag(rules_, image.registry, image.repository, image.tag);
    image.grammar = reading.grammar;
    image.tier = reading.tier;
    image.dev = reading.dev;
    image.claims = reading.claims;
    if (task.wanted.configs_only)
        judge_config(reading, image);
    else
        VERITAG_CHECK(judge_layers(task, manifest, digest, config, platform, reading, image));
    return std::optional<std::string>();
}

void Scanner::judge_config(const tag::Reading& reading, ImageReport& image) {
    image.configs_only = true;
    image.findings = reading.findings;
    image.findings.push_back({.code = "unproven", .severity = Severity::warning, .component = "", .claimed = std::nullopt, .observed = std::nullopt,
                              .message = "Only manifest and config were looked at; nothing that the tag says is proven.", .evidence = {}, .suggestion = std::nullopt, .file = "", .line = 0});
    image.verdict = verdict_of(image.findings);
}

Result<void> Scanner::judge_layers(Task& task, const oci::Manifest& manifest, const Digest& digest, const oci::ImageConfig& config, const oci::Platform& platform, const tag::Reading& reading,
                                   ImageReport& image) {
    const std::uint64_t bytes = std::accumulate(manifest.layers.begin(), manifest.layers.end(), std::uint64_t{0},
                                                [](std::uint64_t sum, const oci::Descriptor& layer) { return sum + layer.size; });
    progress_.image_started(image.reference, image.platform, manifest.layers.size(), bytes);
    Announced announced(progress_, manifest.layers.size(), bytes);
    // What was seen in an image hangs on its manifest and on these; folding its layers again would take longer than all the rest.
    const std::string application = application_of(reading);
    const std::optional<store::ImageKey> key = image_key(digest, image.platform, application);
    std::optional<ReadImage> read;
    if (key) read = options_.store->find_image(*key);
    if (read) {
        for (std::size_t i = 0; i < manifest.layers.size(); ++i) fetcher_.count_reused();
    } else {
        Result<ReadImage> fresh = read_image(task.source, manifest, config, platform, application, announced, task.stop);
        if (!fresh) return fresh.error();
        read = std::move(*fresh);
        if (key && read->partial_layers.empty()) {  // only what was verified
            std::vector<Digest> blobs;
            for (const oci::Descriptor& layer : manifest.layers) blobs.push_back(layer.digest);
            options_.store->keep_image(*key, *read, blobs);
        }
    }
    image.restored_layers = std::move(read->restored_layers);
    image.partial_layers = std::move(read->partial_layers);

    judge::Case judged{.claims = reading.claims,
                       .readable = reading.readable,
                       .dev = dev_of(rules_, reading),
                       .facts = std::move(read->facts),
                       .platform = os_and_architecture(platform),
                       .config_platform = config.platform.architecture.empty() ? "" : os_and_architecture(config.platform),
                       .forged = std::move(read->forged),
                       .layers = manifest.layers.size(),
                       .diff_ids = config.diff_ids.size()};

    judge::Judgement judgement = judge::judge(rules_, judged);
    image.findings = reading.findings;
    image.findings.insert(image.findings.end(), judgement.findings.begin(), judgement.findings.end());
    add_suggestions(rules_, reading, image.tag, judgement, image.findings);
    sort_worst_first(image.findings);
    image.verdict = verdict_of(image.findings);
    add_build_steps(config, image);
    count_packages(judged.facts.packages, image.packages);
    image.observed = std::move(judged.facts.observations);
    image.package_list = std::move(judged.facts.packages);
    image.problems = std::move(judged.facts.problems);
    return ok();
}

std::optional<store::ImageKey> Scanner::image_key(const Digest& manifest, std::string_view platform, std::string_view application) const {
    if (image_recipe_.empty()) return std::nullopt;
    return store::ImageKey{manifest, sha256_of(image_recipe_ + '\n' + std::string(kept_form()) + '\n' + std::string(platform) + '\n' + std::string(application)).str()};
}

std::optional<std::vector<Package>> Scanner::find_packages(const store::ReferenceKey& reference, const Digest& manifest, std::string_view platform) const {
    const std::string application = application_of(tag::read_tag(rules_, reference.registry, reference.repository, reference.tag));
    const std::optional<store::ImageKey> key = image_key(manifest, platform, application);
    std::optional<ReadImage> read = key ? options_.store->find_image(*key) : std::nullopt;
    if (!read) return std::nullopt;
    return std::move(read->facts.packages);
}

Result<ReadImage> Scanner::read_image(source::ImageSource& source, const oci::Manifest& manifest, const oci::ImageConfig& config, const oci::Platform& platform,
                                      std::string_view application, Announced& announced, std::stop_token stop) {
    LayerPool::Batch batch(pool_, stop);  // as long as the layers are held

    VERITAG_TRY(Layers layers, read_layers(source, manifest, {}, nullptr, batch, announced));
    detect::ObserveResult observed;
    // A link may lead to content that nobody wanted; those layers are read once more with the path it leads to.
    std::map<int, detect::ExtraPaths> wanted;
    for (int pass = 0;; ++pass) {
        {
            const Room::Share share(folding_, held_bytes(layers));
            const detect::MergedImage merged(layers);
            observed = detect::observe(merged, config, platform, matcher_, application);
        }
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
        VERITAG_TRY(layers, read_layers(source, manifest, again, &layers, batch, announced));
    }

    ReadImage read{.facts = std::move(observed.facts)};
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const LayerAnalysis& layer = *layers[i];
        const int number = static_cast<int>(i);
        if (layer.partial)
            read.partial_layers.push_back(number);
        else if (i >= config.diff_ids.size() || layer.diff_id == config.diff_ids[i])
            continue;
        else if (holds_when_restored(layer, config.diff_ids[i]))
            read.restored_layers.push_back(number);
        else
            read.forged.push_back({number, config.diff_ids[i].str(), layer.diff_id.str()});
    }
    return read;
}

Result<Scanner::Layers> Scanner::read_layers(source::ImageSource& source, const oci::Manifest& manifest, const std::map<int, detect::ExtraPaths>& extra,
                                             const Layers* known, LayerPool::Batch& batch, Announced& announced) {
    const std::size_t count = manifest.layers.size();
    if (count > options_.limits.image_layers)
        return limit_error("read image", source.name().display, count, "limits.image_layers", options_.limits.image_layers);
    Layers layers = known != nullptr ? *known : Layers(count);
    std::uint64_t kept = held_bytes(layers);  // memory, by all layers of the image
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < count; ++i)
        if (known == nullptr || extra.contains(static_cast<int>(i))) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return manifest.layers[a].size > manifest.layers[b].size; });

    const auto place = [&](std::size_t i) { return source.name().display + " layer " + std::to_string(i) + " " + manifest.layers[i].digest.str(); };
    for (const std::size_t i : order) {
        static const detect::ExtraPaths none;
        const oci::Descriptor& layer = manifest.layers[i];
        const auto paths = extra.find(static_cast<int>(i));
        // What could not be read in part the first time cannot be the second time.
        const bool whole = layers[i] != nullptr && !layers[i]->partial;
        LayerRequest request = fetcher_.request(layer, paths == extra.end() ? none : paths->second, whole);
        if (known != nullptr) {
            announced.bytes += layer.size;
            progress_.bytes_expected(static_cast<std::int64_t>(layer.size));
        }
        LayerKey key = request.key();
        batch.add(i, std::move(key), layer.size, [&source, &announced, request = std::move(request), this](std::stop_token stop) {
            return fetcher_.fetch(source, request, std::move(stop), announced.bytes_read);
        });
    }
    for (std::size_t left = order.size(); left > 0; --left) {
        std::optional<LayerPool::Batch::Finished> finished = batch.next();
        if (!finished) return Error{ErrorCode::cancelled, "read layer", source.name().display, "stopped", ""};
        const std::size_t i = finished->index;
        // One unreadable layer ends the others: the batch is given up by who called.
        if (!finished->analysis) return finished->analysis.error().at(place(i));
        const std::shared_ptr<const LayerAnalysis>& layer = *finished->analysis;
        if (layer->blob_size != manifest.layers[i].size)  // another image, which called it by its right size, had it read
            return Error{ErrorCode::digest_mismatch, "verify layer", place(i),
                         std::to_string(layer->blob_size) + " bytes, but the descriptor says " + std::to_string(manifest.layers[i].size), ""};
        if (layers[i] != nullptr) kept -= kept_bytes(*layers[i]);
        if ((kept += kept_bytes(*layer)) > options_.limits.image_analysis_bytes)
            return limit_error("keep layers", place(i), kept, "limits.image_analysis_bytes", options_.limits.image_analysis_bytes);
        layers[i] = layer;
        if (known == nullptr) announced.layer_done();
        if (finished->shared) fetcher_.count_reused();
    }
    return layers;
}

}  // namespace veritag::scan
