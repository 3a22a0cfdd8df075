// One interface over a registry, an OCI layout directory and the two archive forms.
#pragma once

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "registry/client.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace veritag::source {

struct RawManifest {
    std::string body;
    std::string content_type;
    Digest digest;  ///< of the body, verified
};

/// What the user asked for, before anything is opened.
struct ImageName {
    std::string display;    ///< the reference as reports print it: `127.0.0.1:5000/a/b:tag`, `oci:dir:tag`
    std::string registry;   ///< host[:port]; empty for local sources without one in --as
    std::string repository; ///< empty where a local source gives none: then only --as can name it
    std::string tag;
};

/// Thread-safe: blobs of one image may be read side by side. All calls block.
class ImageSource {
public:
    virtual ~ImageSource() = default;
    [[nodiscard]] virtual const ImageName& name() const noexcept = 0;
    /// The digest of what fetch_top() would give, where that is known without fetching it: the name holds it, or the registry tells it.
    virtual Result<std::optional<Digest>> resolve_top(std::stop_token stop);
    /// The top manifest or index of the name.
    virtual Result<RawManifest> fetch_top(std::stop_token stop) = 0;
    /// A child of an index, by descriptor.
    virtual Result<RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token stop) = 0;
    /// A small verified blob (the config), at most limits.config_bytes.
    virtual Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token stop) = 0;
    /// A layer's bytes, size checked, digest not (the decoder does that).
    virtual Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token stop) = 0;
    /// Exactly `length` of a layer's bytes from `offset`, unverified. An error, also that there are no parts to be had here (`unsupported`),
    /// leaves open_layer().
    virtual Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token stop) = 0;
};

/// `image` in any form of the contract: `[host[:port]/]repo[:tag][@digest]`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
/// `docker-archive:FILE[:TAG]`. `as` is REPO:TAG of --as (local forms; also allowed for registry images, where it only changes
/// the name under which to judge). A local form without `as` is named by its own tag: a layout's `org.opencontainers.image.ref.name`
/// annotation or a docker-archive's RepoTags, where that is a whole name; else usage error asking for --as.
Result<std::unique_ptr<ImageSource>> open_image(const std::string& image, const std::string& as,
                                                std::shared_ptr<registry::RegistryClient> client, const Limits& limits);

/// What is wrong with a name, as far as it shows before anything is fetched or an archive is read: a mistake in one of many is told then.
Result<void> check_name(const std::string& image, const std::string& as);

/// True for `oci:`, `oci-archive:` and `docker-archive:` names.
bool is_local(std::string_view image) noexcept;

}  // namespace veritag::source
