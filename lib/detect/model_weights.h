// Whether a model's weights are there: a config may stand beside Git LFS pointers, which stand for content that is not.
#pragma once

#include "detect/merged_image.h"
#include "rules/rules.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace veritag::detect {

bool is_lfs_pointer(const Capture& capture) noexcept;
/// As evidence shows it.
std::string lfs_pointer_text(std::uint64_t size);

/// A file that is no weights although its name says so, and why.
struct Placeholder {
    LiveFile file;
    std::string why;
};

class ModelWeights {
public:
    explicit ModelWeights(const MergedImage& image) : image_(image) {}

    /// A model is there when one file beside its config has real content: then there are no placeholders, else at least one.
    /// "Beside" is where `known_path` stands: in a Hugging Face cache config and weights are links side by side, their content is not.
    std::vector<Placeholder> placeholders(const rules::EvidenceRule& rule, const LiveFile& config, std::string_view known_path);

private:
    // What the files of one directory say.
    struct Weights {
        bool real = false;
        std::vector<Placeholder> placeholders;  // a few of them
    };
    const Weights& in_directory(std::string_view directory, std::string_view name_glob, std::uint64_t least);

    const MergedImage& image_;
    std::map<std::tuple<std::string, std::string, std::uint64_t>, Weights> known_;  // by directory, glob and least size
};

}  // namespace veritag::detect
