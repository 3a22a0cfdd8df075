#include "oci/manifest.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "base/times.h"
#include "oci/fields.h"
#include "oci/json.h"

#include <algorithm>
#include <array>

// All documents are JSON objects; unknown members are legal and ignored.
//   manifest  {schemaVersion: 2, mediaType?, artifactType?, config: descriptor, layers: [descriptor], subject?: descriptor, annotations?}
//   index     {schemaVersion: 2, mediaType?, manifests: [descriptor], annotations?}
//   config    {os, architecture, variant?, rootfs: {type: "layers", diff_ids: [digest]}, config?: {Env, Labels}, history?}
// Container engines written in Go match member names without case and take the last of two; so that nobody can show us one
// document and the engine another, members that are the same but for case are refused where the format fixes the names.

namespace veritag::oci {
namespace {

constexpr std::string_view kReadManifest = "read manifest";
constexpr std::string_view kReadConfig = "read image config";

Result<std::vector<Descriptor>> read_descriptors(const Fields& in, const Json& object, std::string_view name, std::string_view limit_key,
                                                 std::size_t limit) {
    std::vector<Descriptor> descriptors;
    VERITAG_TRY(const Json* list, in.list(object, name, ""));
    if (list == nullptr) return descriptors;
    if (list->Size() > limit) return limit_error(in.what, name, list->Size(), limit_key, limit);
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        VERITAG_TRY(Descriptor descriptor, in.descriptor(&(*list)[i], std::string(name) + "[" + std::to_string(i) + "]"));
        descriptors.push_back(std::move(descriptor));
    }
    return descriptors;
}

Result<Manifest> read_manifest(const Fields& in, const Json& root, std::string media_type, const Limits& limits) {
    Manifest manifest;
    manifest.media_type = std::move(media_type);
    VERITAG_TRY(manifest.artifact_type, in.optional_string(root, "artifactType", ""));
    VERITAG_TRY(manifest.config, in.descriptor(json_member(root, "config"), "config"));
    VERITAG_TRY(manifest.layers, read_descriptors(in, root, "layers", "limits.image_layers", limits.image_layers));
    VERITAG_TRY(manifest.annotations, in.string_map(root, "annotations", ""));
    // Engines run an image whatever its subject is, so one that cannot be read costs nothing but itself.
    if (const Json* subject = Fields::optional(root, "subject"))
        if (Result<Descriptor> descriptor = in.descriptor(subject, "subject")) manifest.subject = std::move(*descriptor);
    return manifest;
}

Result<Index> read_index(const Fields& in, const Json& root, std::string media_type, const Limits& limits) {
    Index index;
    index.media_type = std::move(media_type);
    VERITAG_TRY(index.manifests, read_descriptors(in, root, "manifests", "limits.index_platforms", limits.index_platforms));
    VERITAG_TRY(index.annotations, in.string_map(root, "annotations", ""));
    return index;
}

bool is_manifest_type(std::string_view type) noexcept {
    return type == media_type::kOciManifest || type == media_type::kDockerManifest;
}
bool is_index_type(std::string_view type) noexcept { return type == media_type::kOciIndex || type == media_type::kDockerList; }
bool is_schema1_type(std::string_view type) noexcept {
    return type == "application/vnd.docker.distribution.manifest.v1+json" ||
           type == "application/vnd.docker.distribution.manifest.v1+prettyjws";
}
// Labels that some registries put on everything.
bool says_nothing(std::string_view type) noexcept { return type.empty() || type == "application/json" || type == "text/plain"; }

Error schema1_error() {
    return {ErrorCode::unsupported, std::string(kReadManifest), "", "a Docker schema 1 manifest, which names neither sizes nor a config",
            "push the image again with a current tool"};
}

// The type of the document: what the header says, else what the body says, else its shape.
Result<std::string> document_type(const Json& root, const std::string& body_type, std::string_view header_type) {
    if (is_schema1_type(header_type) || is_schema1_type(body_type)) return schema1_error();
    const bool index_shape = json_member(root, "manifests") != nullptr;
    const bool manifest_shape = json_member(root, "layers") != nullptr || json_member(root, "config") != nullptr;
    if (!index_shape && !manifest_shape && json_member(root, "fsLayers") != nullptr) return schema1_error();
    if (!body_type.empty() && !says_nothing(header_type) && body_type != header_type)
        return bad_field(kReadManifest, "mediaType", "\"" + quote(body_type) + "\", but the content type says \"" + quote(header_type) + "\"");
    if (index_shape && manifest_shape)
        return bad_field(kReadManifest, "manifests", "stands beside \"layers\" or \"config\": neither an index nor a manifest");
    if (!body_type.empty()) return body_type;
    if (!says_nothing(header_type)) return std::string(header_type);
    if (index_shape) return std::string(media_type::kOciIndex);
    if (manifest_shape) return std::string(media_type::kOciManifest);
    return bad_field(kReadManifest, "", "has no \"layers\" and no \"manifests\"");
}

Result<void> check_schema_version(const Json& root) {
    const Json* version = json_member(root, "schemaVersion");
    if (version == nullptr) return bad_field(kReadManifest, "schemaVersion", "missing");
    if (!version->IsInt()) return bad_field(kReadManifest, "schemaVersion", wrong_type(*version, "the whole number 2"));
    if (version->GetInt() == 1) return schema1_error();
    if (version->GetInt() != 2) return bad_field(kReadManifest, "schemaVersion", std::to_string(version->GetInt()) + ", not 2");
    return ok();
}

Result<std::vector<Digest>> read_diff_ids(const Fields& in, const Json& root, const Limits& limits) {
    std::vector<Digest> diff_ids;
    VERITAG_TRY(const Json* rootfs, in.object(json_member(root, "rootfs"), "rootfs"));
    VERITAG_TRY(const std::string type, in.string(*rootfs, "type", "rootfs."));
    if (type != "layers") return in.error("rootfs.type", "\"" + quote(type) + "\", not \"layers\"");
    VERITAG_TRY(const Json* list, in.list(*rootfs, "diff_ids", "rootfs."));
    if (list == nullptr) return diff_ids;  // an image without layers, as BuildKit writes it for `FROM scratch`
    if (list->Size() > limits.image_layers)
        return limit_error(kReadConfig, "rootfs.diff_ids", list->Size(), "limits.image_layers", limits.image_layers);
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        VERITAG_TRY(Digest digest, in.digest((*list)[i], "rootfs.diff_ids[" + std::to_string(i) + "]"));
        diff_ids.push_back(std::move(digest));
    }
    return diff_ids;
}

Result<std::vector<std::string>> read_environment(const Fields& in, const Json& config) {
    std::vector<std::string> environment;
    const Json* list = Fields::optional(config, "Env");
    if (list == nullptr) return environment;
    if (!list->IsArray()) return in.error("config.Env", wrong_type(*list, "a list"));
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        const Json& entry = (*list)[i];
        if (!entry.IsString()) return in.error("config.Env[" + std::to_string(i) + "]", wrong_type(entry, "a string"));
        environment.emplace_back(text_of(entry));
    }
    return environment;
}

Result<std::vector<HistoryEntry>> read_history(const Fields& in, const Json& root) {
    std::vector<HistoryEntry> history;
    const Json* list = Fields::optional(root, "history");
    if (list == nullptr) return history;
    if (!list->IsArray()) return in.error("history", wrong_type(*list, "a list"));
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
        const std::string field = "history[" + std::to_string(i) + "]";
        VERITAG_TRY(const Json* object, in.object(&(*list)[i], field));
        HistoryEntry entry;
        VERITAG_TRY(entry.created_by, in.optional_string(*object, "created_by", field + "."));
        if (const Json* empty = Fields::optional(*object, "empty_layer")) {
            if (!empty->IsBool()) return in.error(field + ".empty_layer", wrong_type(*empty, "true or false"));
            entry.empty_layer = empty->GetBool();
        }
        history.push_back(std::move(entry));
    }
    return history;
}

bool is_image_config(const Manifest& manifest) noexcept {
    const std::string& type = manifest.config.media_type;
    return type == media_type::kOciConfig || type == media_type::kDockerConfig ||
           // Docker before 1.11 pushed its configs without a type of their own, and engines still run them.
           (type == "application/octet-stream" && manifest.media_type == media_type::kDockerManifest);
}

// What an engine could take for a layer: a type of layers, also of a compression that is not known here, or one that says nothing.
bool may_be_layer(std::string_view type) noexcept {
    return says_nothing(type) || type == "application/octet-stream" || type.find("image.layer") != std::string_view::npos || type.find("image.rootfs") != std::string_view::npos;
}

bool is_unknown(const std::optional<Platform>& platform) noexcept {
    return platform && platform->os == "unknown" && platform->architecture == "unknown";
}

// Names of other tools for the same architecture.
std::string oci_architecture(std::string_view name) {
    if (name == "x86_64" || name == "x86-64") return "amd64";
    if (name == "aarch64") return "arm64";
    return std::string(name);
}

// The variant that an unnamed one stands for (containerd/platforms: normalizeArch in database.go).
std::string_view full_variant(const Platform& platform) noexcept {
    if (platform.architecture == "arm64" && (platform.variant.empty() || platform.variant == "8")) return "v8";
    if (platform.architecture == "arm" && platform.variant.empty()) return "v7";
    return platform.variant;
}

}  // namespace

std::string media_type::accept_header() {
    std::string text;
    for (const std::string_view type : {kOciIndex, kDockerList, kOciManifest, kDockerManifest}) {
        if (!text.empty()) text += ", ";
        text += type;
    }
    return text;
}

std::string Platform::str() const {
    std::string text = os + "/" + architecture;
    if (!variant.empty()) text += "/" + variant;
    return text;
}

Result<std::optional<Platform>> parse_platform(std::string_view text) {
    if (text == "all") return std::optional<Platform>();
    const auto parts = split(text, '/');
    const auto is_word = [](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
        });
    };
    if (parts.size() < 2 || parts.size() > 3 || !std::all_of(parts.begin(), parts.end(), is_word))
        return Error{ErrorCode::usage, "read --platform", "", "\"" + quote(text) + "\"", "write OS/ARCH[/VARIANT] in lower case, as linux/arm64, or all"};
    Platform platform{.os = std::string(parts[0]), .architecture = oci_architecture(parts[1])};
    if (parts.size() == 3) platform.variant = parts[2];
    return std::optional<Platform>(std::move(platform));
}

bool platform_matches(const Platform& wanted, const Platform& offered) noexcept {
    if (wanted.os != offered.os || wanted.architecture != offered.architecture) return false;
    return wanted.variant.empty() || full_variant(wanted) == full_variant(offered);
}

Result<ManifestOrIndex> parse_manifest(std::string_view body, std::string_view header_type, const Limits& limits) {
    if (body.size() > limits.manifest_bytes)
        return limit_error(kReadManifest, "", body.size(), "limits.manifest_bytes", limits.manifest_bytes);
    VERITAG_TRY(const rapidjson::Document root, parse_json(kReadManifest, "", body, limits));
    const Fields in{kReadManifest};
    VERITAG_CHECK(in.object(&root, "document"));
    VERITAG_TRY(const std::string body_type, in.optional_string(root, "mediaType", ""));
    const std::string bare_header = to_lower(trim(header_type.substr(0, header_type.find(';'))));
    VERITAG_TRY(std::string type, document_type(root, body_type, bare_header));
    if (!is_manifest_type(type) && !is_index_type(type))
        return Error{ErrorCode::unsupported, std::string(kReadManifest), "", "type \"" + quote(type) + "\"",
                     "veritag reads OCI and Docker schema 2 manifests and indexes"};
    VERITAG_CHECK(check_schema_version(root));
    if (is_index_type(type)) {
        VERITAG_TRY(Index index, read_index(in, root, std::move(type), limits));
        return ManifestOrIndex(std::move(index));
    }
    VERITAG_TRY(Manifest manifest, read_manifest(in, root, std::move(type), limits));
    return ManifestOrIndex(std::move(manifest));
}

std::optional<std::string> skip_reason(const Descriptor& index_child) {
    if (is_unknown(index_child.platform)) {
        const auto note = [&](const char* key) {
            const auto found = index_child.annotations.find(key);
            return found == index_child.annotations.end() ? std::string() : found->second;
        };
        if (note("vnd.docker.reference.type") == "attestation-manifest")
            return "attestation of " + quote(note("vnd.docker.reference.digest"));
        return "platform unknown/unknown";
    }
    // A child that names a real platform is what an engine would run there, whatever else it says of itself.
    if (index_child.platform) return std::nullopt;
    if (!index_child.artifact_type.empty()) return "artifact of type " + quote(index_child.artifact_type);
    // BuildKit writes its cache as an index of layers.
    const std::string& type = index_child.media_type;
    if (!is_manifest_type(type) && !is_index_type(type) && !is_schema1_type(type) && !says_nothing(type)) return "not a manifest but " + quote(type);
    return std::nullopt;
}

std::optional<std::string> skip_reason(const Manifest& manifest) {
    if (!is_image_config(manifest))
        return "artifact of type " + quote(manifest.artifact_type.empty() ? manifest.config.media_type : manifest.artifact_type);
    // BuildKit's attestations have an image config; only their layers tell.
    const bool any_layer = std::any_of(manifest.layers.begin(), manifest.layers.end(), [](const Descriptor& layer) {
        return layer.media_type != media_type::kInToto;
    });
    if (!manifest.layers.empty() && !any_layer) return std::string("attestation (only in-toto layers)");
    // Signatures and other artifacts of cosign have one, too. A layer of a form that is merely not known is named as such where it is read.
    const bool any_tar = std::any_of(manifest.layers.begin(), manifest.layers.end(), [](const Descriptor& layer) { return may_be_layer(layer.media_type); });
    if (!manifest.layers.empty() && !any_tar) return "artifact with layers of type " + quote(manifest.layers.front().media_type);
    return std::nullopt;
}

Result<ImageConfig> parse_image_config(std::string_view body, const Limits& limits) {
    if (body.size() > limits.config_bytes) return limit_error(kReadConfig, "", body.size(), "limits.config_bytes", limits.config_bytes);
    VERITAG_TRY(const rapidjson::Document root, parse_json(kReadConfig, "", body, limits));
    const Fields in{kReadConfig};
    VERITAG_CHECK(in.object(&root, "document"));
    ImageConfig config;
    VERITAG_TRY(config.platform, in.platform(root, ""));
    VERITAG_TRY(config.diff_ids, read_diff_ids(in, root, limits));
    VERITAG_TRY(const std::string created, in.optional_string(root, "created", ""));
    config.created = parse_rfc3339(created);
    if (const Json* runtime = Fields::optional(root, "config")) {
        VERITAG_TRY(const Json* fields, in.object(runtime, "config"));
        VERITAG_TRY(config.environment, read_environment(in, *fields));
        VERITAG_TRY(config.labels, in.string_map(*fields, "Labels", "config."));
    }
    VERITAG_TRY(config.history, read_history(in, root));
    return config;
}

std::vector<std::string> build_steps(const ImageConfig& config) {
    constexpr std::size_t kMostBytes = 4'096;
    std::vector<std::string> steps;
    for (const HistoryEntry& entry : config.history)
        if (!entry.empty_layer) steps.push_back(entry.created_by.substr(0, kMostBytes));
    if (steps.size() != config.diff_ids.size()) steps.clear();
    return steps;
}

std::optional<std::string_view> layer_compression(std::string_view media_type) noexcept {
    struct LayerType {
        std::string_view media_type;
        std::string_view compression;
    };
    static constexpr std::array<LayerType, 11> kLayerTypes{{
        {"application/vnd.oci.image.layer.v1.tar", "none"},
        {"application/vnd.oci.image.layer.v1.tar+gzip", "gzip"},
        {"application/vnd.oci.image.layer.v1.tar+zstd", "zstd"},
        {"application/vnd.oci.image.layer.nondistributable.v1.tar", "none"},
        {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "gzip"},
        {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "zstd"},
        {"application/vnd.docker.image.rootfs.diff.tar", "none"},
        {"application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"},
        {"application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"},
        {"application/vnd.docker.image.rootfs.foreign.diff.tar", "none"},
        {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"},
    }};
    for (const LayerType& type : kLayerTypes)
        if (type.media_type == media_type) return type.compression;
    return std::nullopt;
}

}  // namespace veritag::oci
