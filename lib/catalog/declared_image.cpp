#include "catalog/declared_image.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::catalog {

const Claim* DeclaredImage::os() const noexcept {
    for (const Claim& claim : reading->claims)
        if (claim.kind == ComponentKind::os && !claim.guessed && !claim.floating && !claim.version.empty()) return &claim;
    return nullptr;
}

const Claim* DeclaredImage::own() const noexcept {
    for (const Claim& claim : reading->claims)
        if (claim.from_repository) return &claim;
    for (const Claim& claim : reading->claims)
        if (claim.kind != ComponentKind::os && claim.kind != ComponentKind::tool) return &claim;
    return nullptr;
}

BuildFile parse_build_file(std::string text, const Limits& limits) {
    BuildFile file;
    file.text = std::move(text);
    Result<Dockerfile> parsed = parse_dockerfile(file.text, limits);
    if (parsed)
        file.dockerfile = std::move(*parsed);
    else
        file.error = parsed.error();
    return file;
}

const BuildFile& BuildFiles::read(const std::string& path) {
    std::unique_ptr<BuildFile>& file = files_[path];
    if (file) return *file;
    Result<std::string> text = read_file(tree_, path, limits_.dockerfile_bytes, "dockerfile_bytes");
    if (text) {
        file = std::make_unique<BuildFile>(parse_build_file(std::move(*text), limits_));
    } else {
        file = std::make_unique<BuildFile>();
        file->error = text.error();
    }
    return *file;
}

bool is_dockerfile_name(std::string_view path) noexcept {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return starts_with_ignoring_case(name, "dockerfile") || starts_with_ignoring_case(name, "containerfile") || to_lower(name).ends_with(".dockerfile");
}

std::string mismatch_code(ComponentKind kind) { return std::string(to_string(kind)) + "-mismatch"; }

std::string titled(const rules::RuleSet& rules, std::string_view component, std::string_view version) {
    const rules::Component* known = rules.find(component);
    const std::string name = known != nullptr && !known->title.empty() ? known->title : std::string(component);
    return quote(version.empty() ? name : name + " " + std::string(version));
}

}  // namespace veritag::catalog
