// The version that a tag claims against what its Dockerfile installs by itself.
#pragma once

#include "catalog/declared_image.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::catalog {

/// Whether an instruction could itself install this version: it stands in one, or in a variable that one uses.
bool builds_version(const Dockerfile& file, std::string_view version);

/// What the Dockerfile gives, as far as it tells.
enum class Builds : std::uint8_t {
    claimed,  ///< the claimed version: the variable that holds the image's version says so, or no other of the two is named
    other,    ///< the other version, and not the claimed one
    unknown,
};

class VersionCheck {
public:
    VersionCheck(TagReader& reader, const Tree& tree, const Limits& limits);

    /// The Dockerfile names that version where it could be installed, or a file beside it does: scripts that it copies in stand there.
    [[nodiscard]] bool may_build(const DeclaredImage& image, const BuildFile& file, const Claim& claim) const;
    /// Which of the two versions it is; `other` may be empty.
    [[nodiscard]] Builds which(const DeclaredImage& image, const BuildFile& file, const Claim& claim, std::string_view other) const;

    /// <kind>-mismatch where ARG VERSION is another version, and `unproven` (info) where that is likely and no proof.
    void judge(const DeclaredImage& image, const BuildFile& file, std::vector<Finding>& out) const;
    /// `unproven` (info): no base tells of the claimed component, and the Dockerfile names it in other versions alone.
    void judge_named(const DeclaredImage& image, const BuildFile& file, const Claim& claim, std::vector<Finding>& out) const;

private:
    [[nodiscard]] bool any_file_beside(const DeclaredImage& image, const std::function<bool(std::string_view text)>& holds) const;
    [[nodiscard]] bool judge_argument(const DeclaredImage& image, const BuildFile& file, const Claim& own, std::vector<Finding>& out) const;
    void judge_unused(const DeclaredImage& image, const BuildFile& file, const Claim& own, std::vector<Finding>& out) const;

    TagReader& reader_;
    const Tree& tree_;
    const Limits& limits_;
    std::vector<std::string> files_;  // of the tree, sorted
};

}  // namespace veritag::catalog
