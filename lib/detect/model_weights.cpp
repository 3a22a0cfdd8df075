#include "detect/model_weights.h"

#include "detect/paths.h"

namespace veritag::detect {
namespace {

constexpr std::size_t kMostPlaceholders = 6;  // of one directory
constexpr std::string_view kLfsHeader = "version https://git-lfs.github.com/spec/v1";  // git-lfs/git-lfs: docs/spec.md

}  // namespace

bool is_lfs_pointer(const Capture& capture) noexcept { return capture.content.starts_with(kLfsHeader); }

std::string lfs_pointer_text(std::uint64_t size) { return "a Git LFS pointer of " + std::to_string(size) + " bytes"; }

// Asked once for a directory and glob: with `../` any number of configs may ask for the same one.
const ModelWeights::Weights& ModelWeights::in_directory(std::string_view directory, std::string_view name_glob, std::uint64_t least) {
    const auto [known, fresh] = known_.try_emplace({std::string(directory), std::string(name_glob), least});
    Weights& weights = known->second;
    if (!fresh) return weights;
    for (const auto& [name, sibling] : image_.files_in(directory)) {
        if (!rules::glob_matches(name_glob, name)) continue;
        weights.real = sibling.size >= least;
        if (weights.real) break;
        if (weights.placeholders.size() >= kMostPlaceholders) continue;
        const Capture* capture = image_.capture(sibling);
        const bool pointer = capture != nullptr && is_lfs_pointer(*capture);
        weights.placeholders.push_back({sibling, pointer ? lfs_pointer_text(sibling.size) : std::to_string(sibling.size) + " bytes are no model weights"});
    }
    return weights;
}

std::vector<Placeholder> ModelWeights::placeholders(const rules::EvidenceRule& rule, const LiveFile& config, std::string_view known_path) {
    std::vector<Placeholder> found;
    for (const std::string& glob : rule.weights) {
        // The first part of the path goes with the file's own name, one more with each `../`.
        std::string_view directory = directory_of(known_path);
        std::string_view name_glob = glob;
        for (; name_glob.starts_with("../"); name_glob.remove_prefix(3)) directory = directory_of(directory);
        std::string below(directory);
        if (const std::size_t slash = name_glob.rfind('/'); slash != std::string_view::npos) {
            below += (below.empty() ? "" : "/") + std::string(name_glob.substr(0, slash));
            name_glob.remove_prefix(slash + 1);
        }
        const Weights& weights = in_directory(below, name_glob, rule.weights_min);
        if (weights.real) return {};
        found.insert(found.end(), weights.placeholders.begin(), weights.placeholders.end());
    }
    if (found.empty()) found.push_back({config, "no model weights beside it"});
    return found;
}

}  // namespace veritag::detect
