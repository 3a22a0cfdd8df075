// A tag against the image that its Dockerfile ends up being built on.
#pragma once

#include "catalog/declared_image.h"

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace veritag::catalog {

class BaseCheck {
public:
    BaseCheck(TagReader& reader, const Tree& tree, const Publisher& publisher, BuildFiles& files) : reader_(reader), tree_(tree), publisher_(publisher), files_(files) {}

    void declare(const DeclaredImage& image);  ///< all tags of the tree, before the first is judged

    /// os-, sdk-, framework-, llm-, tool- and app-mismatch, base-floating, and `unproven` (info) where the base cannot be told.
    /// `may_mend`: the Dockerfile is the tag's own, so that it is the one to change.
    [[nodiscard]] std::vector<Finding> judge(const DeclaredImage& image, bool may_mend);

private:
    // What the final base turns out to be, and by way of which tags of the tree.
    struct Origin {
        std::optional<Claim> os;
        std::string image;
        std::vector<std::string> via;
        bool cycle = false;
    };

    [[nodiscard]] std::vector<Finding> judge_file(const DeclaredImage& image, const BuildFile& file, bool may_mend);
    [[nodiscard]] const BuildFile* step_into(const BaseImage& base);  // the Dockerfile by which the tree makes it; null where it does not
    [[nodiscard]] std::optional<BaseImage> base_of(const BuildFile& file);
    [[nodiscard]] bool may_build(const DeclaredImage& image, const BuildFile& file, const Claim& claim) const;  // the Dockerfile, or a file beside it, names that version
    [[nodiscard]] Origin origin_of(const BaseImage& base);
    [[nodiscard]] bool os_differs(const Claim& claimed, const Claim& observed) const;
    void judge_os(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out);
    void judge_components(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out);
    void judge_floating(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out);
    [[nodiscard]] std::vector<Finding> judge_distrofile(const DeclaredImage& image) const;
    void judge_version_argument(const DeclaredImage& image, const BuildFile& file, std::vector<Finding>& out) const;
    [[nodiscard]] std::optional<std::string> right_tag(const DeclaredImage& image, const BaseImage& base);
    [[nodiscard]] std::optional<LineMend> mend(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, const std::string& tag);
    [[nodiscard]] bool makes_worse(const std::string& path, const BuildFile& before, const BuildFile& after, const DeclaredImage& image);

    TagReader& reader_;
    const Tree& tree_;
    const Publisher& publisher_;
    BuildFiles& files_;
    std::unordered_map<std::string, DeclaredImage> declared_;                      // repository:tag
    std::unordered_map<std::string, std::vector<DeclaredImage>> users_;            // Dockerfile -> tags
    std::unordered_map<std::string, Origin> origins_;
    std::set<std::string> visiting_;
};

}  // namespace veritag::catalog
