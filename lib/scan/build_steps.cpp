#include "scan/build_steps.h"

#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace veritag::scan {
namespace {

std::set<int> layers_in(const ImageReport& image) {
    std::set<int> layers;
    for (const Finding& finding : image.findings)
        for (const Evidence& each : finding.evidence)
            if (each.layer >= 0) layers.insert(each.layer);
    return layers;
}

std::optional<oci::ImageConfig> find_config(store::Store& store, const Limits& limits, const std::string& image) {
    const Result<Digest> digest = Digest::parse(image);
    const std::optional<store::Document> manifest = digest ? store.find_document(*digest) : std::nullopt;
    if (!manifest) return std::nullopt;
    const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(manifest->body, manifest->media_type, limits);
    const auto* of_image = parsed ? std::get_if<oci::Manifest>(&*parsed) : nullptr;
    const std::optional<store::Document> config = of_image != nullptr ? store.find_document(of_image->config.digest) : std::nullopt;
    if (!config) return std::nullopt;
    Result<oci::ImageConfig> read = oci::parse_image_config(config->body, limits);
    return read ? std::optional(std::move(*read)) : std::nullopt;
}

}  // namespace

void add_build_steps(const oci::ImageConfig& config, ImageReport& image) {
    const std::vector<std::string> steps = oci::build_steps(config);
    for (const int layer : layers_in(image))
        if (static_cast<std::size_t>(layer) < steps.size() && !steps[static_cast<std::size_t>(layer)].empty()) image.build_steps[layer] = steps[static_cast<std::size_t>(layer)];
}

void add_build_steps(store::Store& store, const Limits& limits, Report& report) {
    for (ImageReport& image : report.images) {
        if (!image.build_steps.empty() || layers_in(image).empty()) continue;
        if (const std::optional<oci::ImageConfig> config = find_config(store, limits, image.digest)) add_build_steps(*config, image);
    }
}

}  // namespace veritag::scan
