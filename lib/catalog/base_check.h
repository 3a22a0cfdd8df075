// A tag against the image that its Dockerfile ends up being built on.
#pragma once

#include "catalog/declared_image.h"
#include "catalog/version_check.h"

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace veritag::catalog {

class BaseCheck {
public:
    BaseCheck(TagReader& reader, const Tree& tree, const Publisher& publisher, BuildFiles& files, const VersionCheck& versions)
        : reader_(reader), tree_(tree), publisher_(publisher), files_(files), versions_(versions) {}

    void declare(const DeclaredImage& image);  ///< all tags of the tree, before the first is judged

    /// os-, sdk-, framework-, llm-, tool- and app-mismatch, base-floating, and `unproven` (info) where the base cannot be told.
    /// `may_mend`: the Dockerfile is the tag's own, so that it is the one to change.
    [[nodiscard]] std::vector<Finding> judge(const DeclaredImage& image, bool may_mend);

    [[nodiscard]] bool declares(const std::string& repository, const std::string& tag) const { return declared_.contains(repository + ":" + tag); }
    /// The system that the Dockerfile ends up with, where its final base tells that by itself, to the service pack and for good.
    [[nodiscard]] std::optional<Claim> os_of(const DeclaredImage& image);
    /// The same tag with another system.
    struct OtherTag {
        std::optional<std::string> tag;            ///< none where it cannot be written with certainty, or is declared
        const TreeEntry* declared_at = nullptr;    ///< where the tree has that very tag already
    };
    [[nodiscard]] OtherTag tag_with(const DeclaredImage& image, const Claim& os) const;

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
    [[nodiscard]] Origin origin_of(const BaseImage& base);
    [[nodiscard]] bool is_complete(const Claim& os) const;
    [[nodiscard]] std::vector<std::string> tags_of_system(const std::string& repository, const Claim& os) const;
    [[nodiscard]] std::string what_to_start_from(const BaseImage& base, const Claim& claimed) const;
    [[nodiscard]] bool os_differs(const Claim& claimed, const Claim& observed) const;
    void judge_unknown_os(const DeclaredImage& image, const BaseImage& base, int line, std::vector<Finding>& out);
    void judge_os(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out);
    void judge_components(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out);
    void judge_floating(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out);
    [[nodiscard]] std::optional<std::string> right_tag(const DeclaredImage& image, const BaseImage& base);
    [[nodiscard]] std::optional<LineMend> mend(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, const std::string& tag);
    // base_mend.cpp
    void mend_builders(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, const std::string& tag, std::vector<Finding>& out) const;
    [[nodiscard]] bool makes_worse(const std::string& path, const BuildFile& before, const BuildFile& after, const DeclaredImage& image);

    TagReader& reader_;
    const Tree& tree_;
    const Publisher& publisher_;
    BuildFiles& files_;
    const VersionCheck& versions_;
    std::unordered_map<std::string, DeclaredImage> declared_;                      // repository:tag
    std::unordered_map<std::string, std::vector<DeclaredImage>> repositories_;     // repository -> its tags
    std::unordered_map<std::string, std::vector<DeclaredImage>> users_;            // Dockerfile -> tags
    std::unordered_map<std::string, Origin> origins_;
    std::set<std::string> visiting_;
};

}  // namespace veritag::catalog
