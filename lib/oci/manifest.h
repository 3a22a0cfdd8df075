// Manifests, indexes and image configs: parse and validate, no network.
// opencontainers/image-spec: manifest.md, image-index.md, config.md; Docker: distribution/distribution: docs/content/spec/manifest-v2-2.md.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace veritag::oci {

namespace media_type {
inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kEmptyConfig = "application/vnd.oci.empty.v1+json";  ///< of artifacts; its blob is `{}`
inline constexpr std::string_view kInToto = "application/vnd.in-toto+json";
/// The four types to ask for, as the value of one Accept header. Schema 1 is left out on purpose.
std::string accept_header();
}  // namespace media_type

struct Platform {
    std::string os;
    std::string architecture;
    std::string variant;
    [[nodiscard]] std::string str() const;  ///< `linux/arm64/v8`
};

/// `linux/arm64[/v8]` of the command line; nullopt for `all`. `x86_64` and `aarch64` are read as amd64 and arm64.
Result<std::optional<Platform>> parse_platform(std::string_view text);
/// Variant counts only where the wanted platform names one (arm64 and arm64/v8 are the same).
bool platform_matches(const Platform& wanted, const Platform& offered) noexcept;

struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::optional<Platform> platform;
    std::map<std::string, std::string> annotations;
    std::string artifact_type;
};

struct Manifest {
    std::string media_type;
    std::string artifact_type;
    Descriptor config;
    std::vector<Descriptor> layers;
    std::map<std::string, std::string> annotations;
    std::optional<Descriptor> subject = {};  ///< what it is attached to; not set where it cannot be read
};

struct Index {
    std::string media_type;
    std::vector<Descriptor> manifests;
    std::map<std::string, std::string> annotations;
};

using ManifestOrIndex = std::variant<Manifest, Index>;

/// `header_type` is the Content-Type (parameters ignored; empty, `application/json` and `text/plain` fall back to the body's own
/// mediaType or its shape). A body whose mediaType differs from the header, schema 1, and unknown types are errors
/// (`malformed`, `unsupported`). The bytes must already be verified against their digest.
Result<ManifestOrIndex> parse_manifest(std::string_view body, std::string_view header_type, const Limits& limits);

/// Why an index child is not an image (`attestation of sha256:…`, `platform unknown/unknown`, `artifact of type …`); nullopt for images.
/// A child that names a real platform is never skipped by what else it says: engines would run it there.
std::optional<std::string> skip_reason(const Descriptor& index_child);
/// The same for a fetched manifest: its config is no image config, or it has only attestation layers. An artifactType beside an
/// image config skips nothing, since engines ignore it and run the image.
std::optional<std::string> skip_reason(const Manifest& manifest);

struct HistoryEntry {
    std::string created_by;
    bool empty_layer = false;
};

struct ImageConfig {
    Platform platform;
    std::optional<std::chrono::sys_seconds> created;  ///< as whoever built it says; not set where that is no time of RFC 3339
    std::vector<Digest> diff_ids;               ///< empty for an image without layers, as `FROM scratch` alone
    std::vector<std::string> environment;       ///< NAME=value
    std::map<std::string, std::string> labels;
    std::vector<HistoryEntry> history;
};

Result<ImageConfig> parse_image_config(std::string_view body, const Limits& limits);

/// What made each layer, oldest first, as the history says: at most 4,096 bytes each, empty where it says nothing. Empty as a whole where
/// the history does not fit the layers.
std::vector<std::string> build_steps(const ImageConfig& config);

/// The layer's expected compression by its media type: `gzip`, `zstd`, `none`; nullopt for a type that is no layer.
std::optional<std::string_view> layer_compression(std::string_view media_type) noexcept;

}  // namespace veritag::oci
