// Artifacts that refer to an image, and the lists of them (opencontainers/image-spec: manifest.md, "Guidelines for Artifact Usage";
// opencontainers/distribution-spec: spec.md, "Listing Referrers", "Referrers Tag Schema"). No network.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "oci/manifest.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::oci {

inline constexpr std::string_view kEmptyConfigBody = "{}";
inline constexpr std::string_view kCreatedAnnotation = "org.opencontainers.image.created";

/// Type, digest (SHA-256) and size of `body`.
Descriptor describe(std::string_view media_type, std::string_view body);

/// An image manifest with `config` the empty one, whose blob is `kEmptyConfigBody`.
struct Artifact {
    std::string type;
    Descriptor subject;  ///< type, digest and size count
    std::vector<Descriptor> layers;
    std::map<std::string, std::string> annotations;
};

/// The manifest's bytes. The same artifact gives the same bytes.
std::string write_artifact(const Artifact& artifact);

/// How a list of referrers shows it: the manifest's descriptor with its artifact type and annotations.
Descriptor referrer_entry(const Artifact& artifact, std::string_view manifest);

/// `sha256-HEX`: the tag under which a registry without a list of referrers keeps one.
std::string fallback_tag(const Digest& subject);

/// Whether a tag has that form, or that of cosign's signatures, attestations and bills of materials: `sha256-HEX.sig`, `.att`, `.sbom`.
bool is_tag_of_digest(std::string_view tag) noexcept;

struct Referrers {
    std::vector<Descriptor> entries;
    /// Artifact types (empty: it tells none) of entries that are no descriptors, or have digests of other algorithms.
    std::vector<std::string> unreadable = {};
};

/// A page of the API or the index behind a fallback tag. `over_limit` above limits.manifest_bytes and limits.referrers; `malformed` where it
/// is no index. An entry that cannot be read costs that entry.
Result<Referrers> parse_referrers(std::string_view body, const Limits& limits);

/// True for a Content-Type that an index of referrers may have.
bool is_referrers_type(std::string_view content_type);

/// `index` (nothing: there is none yet) with `entry` at its end, unless one of its digest is there. Everything else stays as it was, also
/// what is not known here. The result, too, stays within the limits.
Result<std::string> add_referrer(std::optional<std::string_view> index, const Descriptor& entry, const Limits& limits);

}  // namespace veritag::oci
