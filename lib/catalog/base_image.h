// What the image in a FROM promises by its own tag.
#pragma once

#include "catalog/expansion.h"
#include "rules/rules.h"
#include "tag/tag.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace veritag::catalog {

/// Reads each tag once.
class TagReader {
public:
    explicit TagReader(const rules::RuleSet& rules) : rules_(rules) {}
    const tag::Reading& read(const std::string& registry, const std::string& repository, const std::string& tag);
    [[nodiscard]] const rules::RuleSet& rules() const noexcept { return rules_; }
    [[nodiscard]] bool is_floating(const std::string& registry, const std::string& repository, const std::string& tag) const;

private:
    const rules::RuleSet& rules_;
    std::unordered_map<std::string, std::unique_ptr<tag::Reading>> readings_;
};

/// Whose tags may be believed.
struct Publisher {
    std::string name_space;               ///< of the tree's repositories: `openeuler`
    std::vector<std::string> registries;  ///< where they are published; the same path in another registry may hold anything
};

struct BaseImage {
    std::string written;     ///< as FROM has it, its variables replaced
    std::string registry;
    std::string repository;  ///< `openeuler/python`
    std::string tag;         ///< `latest` where none is written
    std::size_t tag_at = std::string::npos;  ///< where the tag begins in `written`; npos where none is written
    bool ours = false;       ///< a repository of the tree's namespace
    bool floating = false;   ///< a moving tag
    std::string distrusted;  ///< why its tag proves nothing; empty where it does
    const tag::Reading* reading = nullptr;  ///< null where `distrusted`
    std::vector<Claim> claims;              ///< of the reading, and the system that the repository's name tells; none that is guessed

    [[nodiscard]] const Claim* os() const noexcept;
    [[nodiscard]] const Claim* find(std::string_view component) const noexcept;
    [[nodiscard]] std::string name() const { return repository + ":" + tag; }
};

/// nullopt where the text is no reference to an image.
std::optional<BaseImage> read_base_image(TagReader& reader, const Publisher& publisher, const std::string& written);

/// The tag of the operating system's own repository for this version, `24.03-lts-sp4` for 24.03-LTS-SP4, where the rules read it so.
std::optional<std::string> os_tag(TagReader& reader, const std::string& registry, const std::string& repository, std::string_view component, std::string_view version);

/// `openeuler/openeuler:24.03-lts-sp3` for `openeuler-24.03-lts-sp3`, which is another image: one of Docker Hub's own of that name.
std::optional<std::string> system_meant_by(TagReader& reader, const BaseImage& base);

}  // namespace veritag::catalog
