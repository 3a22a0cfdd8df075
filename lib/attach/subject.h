// What a report must speak of: the image that is its subject, or those that an index leads to. A report that speaks of others, of more or of
// fewer proves nothing of the subject, whatever it says.
#pragma once

#include "attach/repository.h"
#include "attach/statement.h"
#include "base/limits.h"
#include "base/result.h"
#include "oci/manifest.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace veritag::attach {

/// What an index lists and is not skipped by its descriptor (oci::skip_reason), in its order, with what nested indexes list in their place: as
/// scan::Scanner takes them. `over_limit` above limits.index_platforms and limits.index_depth.
Result<std::vector<oci::Descriptor>> image_children(Repository& repository, const oci::Index& index, const Limits& limits);

/// A manifest that reports are attached to. What it has to fetch it fetches once.
class Subject {
public:
    /// One image. `platform`: as an index lists it; empty where none told.
    static Subject image(Repository& repository, Digest digest, std::string platform, const Limits& limits);
    /// An index with its image_children().
    static Subject index(Repository& repository, Digest digest, std::vector<oci::Descriptor> children, const Limits& limits);

    [[nodiscard]] const Digest& digest() const noexcept { return digest_; }
    [[nodiscard]] const std::string& platform() const noexcept { return platform_; }

    /// `malformed` where the statement does not speak of this image, or of exactly the images of this index: of each as often as it is
    /// listed, on the platform it is listed for. Of what the statement passes over the manifest is fetched, since it alone tells an artifact
    /// or an attestation that its descriptor does not show; other errors are of that.
    Result<void> hold(const Statement& statement);

private:
    Subject(Repository& repository, Digest digest, const Limits& limits) : repository_(&repository), limits_(&limits), digest_(std::move(digest)) {}
    Result<void> hold_image(const Statement& statement) const;
    Result<void> hold_index(const Statement& statement);
    Result<bool> is_image(const oci::Descriptor& child);

    Repository* repository_;
    const Limits* limits_;
    Digest digest_;
    std::string platform_;
    std::optional<std::vector<oci::Descriptor>> children_;  ///< of an index
    std::map<Digest, bool> images_;                         ///< of children that were fetched
};

}  // namespace veritag::attach
