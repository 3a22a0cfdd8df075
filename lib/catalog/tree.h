// A tree of Dockerfiles on disk: <scene>/image-list.yml, <scene>/<folder>/meta.yml and what they name.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "catalog/meta_yml.h"
#include "model/report.h"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace veritag::catalog {

/// One tag that the tree publishes. Paths are relative to the tree.
struct TreeEntry {
    std::string repository;  ///< `openeuler/cann`
    std::string meta_file;   ///< `AI/cann/meta.yml`
    std::string folder;      ///< `AI/cann`; empty where it is the tree itself
    DeclaredTag declared;
    std::string dockerfile;  ///< the file that `path` names, where there is one; else empty
    bool published = true;   ///< false: the scene has a list of images, and this folder is not in it
};

struct Tree {
    std::string root;
    std::string name_space;  ///< of the repositories: `openeuler`
    std::vector<TreeEntry> entries;  ///< sorted by meta.yml, then as they stand there
    std::unordered_set<std::string> files;
    std::unordered_set<std::string> repositories;  ///< all that are published
    std::vector<Finding> findings;   ///< catalog-*, and path-dead of image-list.yml
    std::size_t metas = 0;

    [[nodiscard]] bool holds(const std::string& path) const { return files.contains(path); }
};

/// Reads all image-list.yml and meta.yml below `directory`. Hidden directories are passed by, and no link is followed that leads out of
/// it. A file that cannot be read is a finding; only the directory itself can make this fail.
Result<Tree> read_tree(const std::string& directory, const std::string& name_space, const Limits& limits);

/// The meta.yml files that declare something, and the files that their tags are built from, each once.
std::vector<std::string> declaring_files(const Tree& tree);

/// A file of the tree, at most `most_bytes` of it: a longer one is an error that names `key`.
Result<std::string> read_file(const Tree& tree, const std::string& path, std::uint64_t most_bytes, std::string_view key);

Finding finding_at(std::string code, Severity severity, std::string file, int line, std::string message);

}  // namespace veritag::catalog
