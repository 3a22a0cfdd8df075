// Findings as people read them: one entry for one cause, with all that proves it and all that mends it.
#pragma once

#include "report/causes.h"
#include "report/writers.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace veritag::report {

/// One stack of layers in the family of an image.
struct FamilyStep {
    std::string reference;            ///< the nearest of its names; the image itself in the last step
    std::vector<std::string> others;  ///< further names of the same layers
    std::size_t layers = 0;
    bool current = true;              ///< its tag still points to it
    bool went_wrong = false;          ///< the first step that has the layer by which the finding is proven
    std::optional<Verdict> verdict;   ///< of an ancestor that the report judged too
};

/// From the oldest ancestor to the image. Empty where no ancestor is known.
std::vector<FamilyStep> family_of(const Report& report, const ImageReport& image, const Finding& finding);

/// Where a piece of evidence lies: a path of the image, `environment NAME`, `label NAME` or `history`. Fit to be printed.
std::string evidence_place(const Evidence& evidence);

/// The layers by which a finding is proven and what made each, as the image's history says, in the order of the evidence. Fit to be printed, at
/// most `most` bytes each. Layers whose history is silent are left out.
std::vector<std::pair<int, std::string>> steps_of(const ImageReport& image, const Finding& finding, std::size_t most = 400);

/// A finding of one cause, with everything that a reader of it needs.
struct Entry {
    Cause cause;
    std::vector<FamilyStep> family;       ///< of the first image
    std::vector<std::string> registries;  ///< hosts that publish such an image, sorted
    std::vector<std::string> aliases;     ///< further references to the very same images, sorted
    std::vector<LineMend> mends;          ///< each once, by file and line
    std::vector<std::string> commands;    ///< look again: one a reference, or one for the tree

    [[nodiscard]] const ImageReport* image() const noexcept { return cause.members.front().image; }
};

/// In the order of causes_of(). The report must live as long as the entries.
std::vector<Entry> entries_of(const Report& report, CauseKind kind);

/// `veritag scan REF`, quoted for a shell.
std::string scan_command(const ImageReport& image);

/// What an image was found to hold, each component once: `openeuler 22.03-LTS-SP4`. Fit to be printed.
std::vector<std::string> contents_of(const ImageReport& image, Language language);

/// Lines that say how much was looked at: images by verdict and what was fetched; a tree's files and tags.
std::vector<std::string> image_coverage(const Report& report, Language language);
std::vector<std::string> tree_coverage(const TreeCoverage& tree, const std::vector<Finding>& findings, Language language);
/// Both, as far as there is something to say.
std::vector<std::string> coverage_of(const Report& report, Language language);

/// The name under which an image was judged, where its reference does not say it; else empty. Fit to be printed.
std::string judged_name(const ImageReport& image);

/// What needs a person first comes first: fail, error, unknown, warn, pass.
int urgency(Verdict verdict) noexcept;

}  // namespace veritag::report
