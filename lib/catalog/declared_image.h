// One tag of a tree with what the checks of this module share: its reading, its Dockerfile, words for messages.
#pragma once

#include "catalog/base_image.h"
#include "catalog/dockerfile.h"
#include "catalog/tree.h"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace veritag::catalog {

struct DeclaredImage {
    const TreeEntry* entry = nullptr;
    const tag::Reading* reading = nullptr;

    [[nodiscard]] const Claim* os() const noexcept;
    /// What the image is itself: the component that the repository names, else the outermost part of the tag.
    [[nodiscard]] const Claim* own() const noexcept;
    [[nodiscard]] std::string name() const { return entry->repository + ":" + entry->declared.tag; }
};

/// The text of a file and what it says, or why it could not be read.
struct BuildFile {
    std::string text;
    std::optional<Dockerfile> dockerfile;
    std::optional<Error> error;
};
BuildFile parse_build_file(std::string text, const Limits& limits);

/// Reads each file once.
class BuildFiles {
public:
    BuildFiles(const Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {}
    const BuildFile& read(const std::string& path);
    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    [[nodiscard]] const std::unordered_map<std::string, std::unique_ptr<BuildFile>>& all() const noexcept { return files_; }

private:
    const Tree& tree_;
    const Limits& limits_;
    std::unordered_map<std::string, std::unique_ptr<BuildFile>> files_;
};

/// Dockerfile, Dockerfile.arm64, Containerfile: not openEuler's Distrofile, which is another language.
bool is_dockerfile_name(std::string_view path) noexcept;

/// `sdk-mismatch`.
std::string mismatch_code(ComponentKind kind);

/// `openEuler 24.03-LTS-SP4`.
std::string titled(const rules::RuleSet& rules, std::string_view component, std::string_view version);

}  // namespace veritag::catalog
