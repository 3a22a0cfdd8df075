// A tag against the path of its Dockerfile, `<version>/<os>/Dockerfile` in the image's folder.
#pragma once

#include "catalog/declared_image.h"

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
    std::string component;  ///< the first whose version differs, with both
    std::string claimed;
    std::string observed;
};

class PathCheck {
public:
    PathCheck(TagReader& reader, const Tree& tree);
    [[nodiscard]] PathReading read(const DeclaredImage& image, std::string_view path) const;
    /// path-dead, path-mismatch.
    [[nodiscard]] std::vector<Finding> judge(const DeclaredImage& image) const;

private:
    [[nodiscard]] std::optional<LineMend> mend(const DeclaredImage& image) const;
    void read_version(const DeclaredImage& image, PathReading& out) const;

    TagReader& reader_;
    const Tree& tree_;
    std::map<std::string, std::vector<std::string>, std::less<>> files_;  // image folder -> paths in it, as meta.yml writes them
};

}  // namespace veritag::catalog
