// A tag against the path of its Dockerfile, `<version>/<os>/Dockerfile` in the image's folder.
#pragma once

#include "catalog/base_check.h"
#include "catalog/declared_image.h"
#include "catalog/version_check.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace veritag::catalog {

/// What the folders of a path say about a tag.
struct PathReading {
    rules::Match os = rules::Match::unclear;
    std::string os_folder;   ///< as written; empty where none reads as a version of the tag's system
    std::string os_version;  ///< canonical
    rules::Match version = rules::Match::unclear;
    std::string version_folder;
    bool names_os_twice = false;  ///< the version's folder reads as a system as well, and is no version
    std::string component;  ///< the first whose version differs, with both
    std::string claimed;
    std::string observed;
};

class PathCheck {
public:
    PathCheck(TagReader& reader, const Tree& tree, BaseCheck& bases, BuildFiles& build_files, const VersionCheck& versions);
    [[nodiscard]] PathReading read(const DeclaredImage& image, std::string_view path) const;
    /// path-dead, path-mismatch. A folder with the wrong name around the right Dockerfile is a warning.
    [[nodiscard]] std::vector<Finding> judge(const DeclaredImage& image);

private:
    struct OtherPath {
        std::string path;
        LineMend mend;
    };
    [[nodiscard]] std::optional<OtherPath> other_path(const DeclaredImage& image) const;
    [[nodiscard]] std::optional<std::string> moved_path(const DeclaredImage& image, const std::vector<std::string>& files) const;
    [[nodiscard]] bool is_taken(const TreeEntry& entry, const std::string& path) const;
    [[nodiscard]] bool has_file_for(const DeclaredImage& image) const;
    [[nodiscard]] std::string nearest_path(const DeclaredImage& image) const;
    [[nodiscard]] std::optional<Claim> read_os(const std::string& system, std::string_view folder) const;
    void read_version(const DeclaredImage& image, PathReading& out) const;
    [[nodiscard]] std::string also_wrong(const DeclaredImage& image) const;
    void advise(const DeclaredImage& image, Finding& finding) const;
    void judge_os(const DeclaredImage& image, const PathReading& reading, std::vector<Finding>& out);
    void judge_version(const DeclaredImage& image, const PathReading& reading, std::vector<Finding>& out);

    TagReader& reader_;
    const Tree& tree_;
    BaseCheck& bases_;
    BuildFiles& build_files_;
    const VersionCheck& versions_;
    std::map<std::string, std::vector<std::string>, std::less<>> files_;  // image folder -> paths in it, as meta.yml writes them
};

}  // namespace veritag::catalog
