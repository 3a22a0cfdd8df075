// What a tree of Dockerfiles declares: meta.yml (tag to Dockerfile) and image-list.yml (image to folder), as openEuler writes them
// (openeuler-mirror/openeuler-docker-images). Unknown keys are left alone; what cannot be right is a mistake of its line.
#pragma once

#include "catalog/mistake.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::catalog {

/// An entry of meta.yml: `8.0.RC1-oe2203sp4: {path: 8.0.RC1/22.03-lts-sp4/Dockerfile, arch: aarch64}`.
struct DeclaredTag {
    std::string tag;
    int line = 0;
    std::string path;  ///< relative to the image's folder; empty where the entry has none, which is a mistake
    int path_line = 0;
    std::optional<std::string> arch;  ///< x86_64 or aarch64; both where it is not set
};
struct MetaYml {
    std::vector<DeclaredTag> tags;  ///< each tag once
    std::vector<Mistake> mistakes;
};
MetaYml read_meta_yml(std::string_view text);

/// An entry of image-list.yml: `kserve-agent: kserve/agent`.
struct ListedImage {
    std::string name;
    std::string folder;  ///< relative to the folder of image-list.yml
    int line = 0;
};
struct ImageList {
    std::vector<ListedImage> images;
    std::vector<Mistake> mistakes;
};
ImageList read_image_list(std::string_view text);

}  // namespace veritag::catalog
