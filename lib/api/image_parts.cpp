// What lies behind an image that was looked at: its layers, and its packages.
#include "api/forms.h"
#include "api/service.h"

#include "base/text.h"
#include "oci/manifest.h"
#include "report/json_output.h"

#include <algorithm>
#include <utility>

namespace veritag::api {
namespace {

/// A layer as the manifest and the config name it.
struct Layer {
    oci::Descriptor blob;
    std::string diff_id;     ///< empty where the config names another number of layers
    std::string created_by;  ///< empty where the history says nothing, or does not fit the layers
};

Result<std::vector<Layer>> layers_of(store::Store& store, const Digest& digest, const Limits& limits) {
    const auto absent = [](const Digest& which) { return Error{ErrorCode::not_found, "read layers", which.str(), "the store does not hold it", "scan the image again"}; };
    const std::optional<store::Document> manifest_text = store.find_document(digest);
    if (!manifest_text) return absent(digest);
    VERITAG_TRY(const oci::ManifestOrIndex document, oci::parse_manifest(manifest_text->body, manifest_text->media_type, limits));
    const auto* manifest = std::get_if<oci::Manifest>(&document);
    if (manifest == nullptr) return Error{ErrorCode::not_found, "read layers", digest.str(), "an index has none", "ask for one of its images"};
    const std::optional<store::Document> config_text = store.find_document(manifest->config.digest);
    if (!config_text) return absent(manifest->config.digest);
    VERITAG_TRY(const oci::ImageConfig config, oci::parse_image_config(config_text->body, limits));

    const std::vector<std::string> steps = oci::build_steps(config);
    std::vector<Layer> layers;
    for (std::size_t i = 0; i < manifest->layers.size(); ++i)
        layers.push_back({.blob = manifest->layers[i],
                          .diff_id = config.diff_ids.size() == manifest->layers.size() ? config.diff_ids[i].str() : "",
                          .created_by = steps.size() == manifest->layers.size() ? steps[i] : ""});
    return layers;
}

/// Every line of the picture whose manifest this is.
std::vector<const serve::ImageLine*> lines_of(const serve::Picture& picture, const Digest& digest) {
    std::vector<const serve::ImageLine*> lines;
    const std::string text = digest.str();
    for (const serve::ImageLine& line : picture.images)
        if (line.digest == text) lines.push_back(&line);
    return lines;
}

server::Response no_image(const server::Request& request) { return server::problem(404, "", "No image with this digest is known.", "about:blank", request.id); }

}  // namespace

void Service::add_image_parts() {
    add("GET /api/v1/images/{digest}/layers", Need::read, [this](const server::Request& request, const server::RouteParameters& parameters) {
        if (const Result<void> plain = check_query(request, {}); !plain) return problem_of(plain.error(), request.id);
        const Result<Digest> digest = Digest::parse(parameters["digest"]);
        if (!digest || lines_of(*daemon_.images().picture(), *digest).empty()) return no_image(request);
        const Result<std::vector<Layer>> layers = layers_of(daemon_.store(), *digest, daemon_.settings()->limits);
        if (!layers) return problem_of(layers.error(), request.id);
        report::JsonOutput out;
        out.object([&] {
            out.list("layers", [&] {
                for (const Layer& layer : *layers)
                    out.object([&] {
                        out.member("digest", layer.blob.digest.str());
                        out.number("size", layer.blob.size);
                        if (!layer.diff_id.empty()) out.member("diffId", layer.diff_id);
                        if (!layer.created_by.empty()) out.member("createdBy", layer.created_by);
                    });
            });
        });
        return tagged_json(out.take());
    });

    add("GET /api/v1/images/{digest}/packages", Need::read, [this](const server::Request& request, const server::RouteParameters& parameters) {
        if (const Result<void> plain = check_query(request, {}); !plain) return problem_of(plain.error(), request.id);
        const Result<Digest> digest = Digest::parse(parameters["digest"]);
        if (!digest) return no_image(request);
        const std::shared_ptr<const serve::Picture> picture = daemon_.images().picture();
        const std::shared_ptr<serve::Workshop> workshop = daemon_.workshop();
        std::optional<std::vector<Package>> packages;
        for (const serve::ImageLine* line : lines_of(*picture, *digest))  // kept under one of its names at least
            if (!packages) packages = workshop->scanner.find_packages(line->key, *digest, line->platform);
        if (!packages) return server::problem(404, "", "Its packages are not kept; they are once it is scanned again.", "about:blank", request.id);
        std::sort(packages->begin(), packages->end());
        report::JsonOutput out;
        out.object([&] {
            out.list("packages", [&] {
                for (const Package& each : *packages)
                    out.object([&] {
                        out.member("type", to_string(each.type));
                        out.member("name", each.name);
                        out.member("version", each.version);
                        out.member("arch", each.arch);
                        if (each.layer >= 0) out.number("layer", static_cast<std::uint64_t>(each.layer));
                    });
            });
        });
        return tagged_json(out.take());
    });
}

}  // namespace veritag::api
