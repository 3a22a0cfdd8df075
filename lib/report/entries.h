// Findings as people read them: one entry for one cause, with all that proves it and all that mends it.
#pragma once

#include "report/causes.h"
#include "report/writers.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::report {

/// One stack of layers in the family of an image.
/// An ancestor is what its own tag says until the contrary is known: its image was judged in this report and has the same finding, or its tag
struct FamilyStep {
    std::string reference;            ///< the nearest of its names; the image itself in the last step
    std::vector<std::string> others;  ///< further names of the same layers
    std::size_t layers = 0;
    bool current = true;              ///< its tag still points to it
    bool brought = false;             ///< the first step that has the layer by which the finding is proven
    bool went_wrong = false;          ///< the first step from there on whose own tag is known not to agree with what was found
    std::optional<Verdict> verdict;   ///< of an ancestor that the report judged too
};

/// Where a piece of a finding's evidence lies: a path of the image, or in words an environment variable, a label, the history, or what a registry
/// or a look at several images showed. Fit to be printed.
std::string evidence_place(const Finding& finding, const Evidence& evidence, Language language);
/// The same and the layer, then what is there.
std::string evidence_line(const Finding& finding, const Evidence& evidence, Language language);

/// The layers by which a finding is proven and what made each, as the image's history says, in the order of the evidence. Fit to be printed, at
/// most `most` bytes each. Layers whose history is silent are left out.
std::vector<std::pair<int, std::string>> steps_of(const ImageReport& image, const Finding& finding, std::size_t most = 400);

/// The members of one cause that have it from one place.
struct Group {
    std::vector<CauseMember> members;  ///< in the order of the cause, never none
    std::string base;                  ///< the published image that brought it, without registry; empty: none that is known
    std::vector<FamilyStep> family;    ///< of the first image, from the oldest ancestor to itself; empty where no ancestor is known
};

/// One image under all its platforms, or one place of a tree.
struct Line {
    const CauseMember* member = nullptr;  ///< the first of them
    std::vector<std::string> platforms;
};

/// The members as people want them listed: once a reference, as long as its platforms have one verdict and one sentence.
std::vector<Line> lines_of(const std::vector<CauseMember>& members, Language language);

/// Further references to the very same image, sorted.
struct Aliases {
    std::string reference;
    std::vector<std::string> others;
};

/// A finding of one cause, with everything that a reader of it needs.
struct Entry {
    Cause cause;
    std::vector<Group> groups;            ///< by what brought it, the largest first
    std::vector<std::string> registries;  ///< hosts that publish such an image, sorted
    std::vector<Aliases> aliases;         ///< by reference; none that has no other names
    std::vector<LineMend> mends;          ///< each once, by file and line
    std::vector<std::string> commands;    ///< what finds it again, if it is still there
};

/// What the other images of a report say of one of them. The report must live as long.
class Surroundings {
public:
    explicit Surroundings(const Report& report);
    /// The stacks of layers from the oldest ancestor to the image, as family_of(); empty where no ancestor is known.
    [[nodiscard]] std::vector<FamilyStep> family(const ImageReport& image, const Finding& finding) const;
    /// Further references to the very same image, sorted.
    [[nodiscard]] std::vector<std::string> aliases(const ImageReport& image) const;
    /// Whether the tag that an image deserves is taken already, in words; empty where it is free, or nobody knows.
    [[nodiscard]] std::string_view taken(const ImageReport& image, const std::string& tag, Language language) const;
    /// `→ should be tagged 8.0`, with what is to be known of that tag. `image` is null for a finding about a declaration. Not fit to be printed.
    [[nodiscard]] std::string advice(const ImageReport* image, const Finding& finding, Language language) const;

private:
    std::map<std::pair<std::string_view, std::string_view>, const ImageReport*> judged_;  ///< by reference and digest
    std::map<std::string_view, std::set<std::string>> names_;                            ///< references by digest
    std::map<std::string, std::vector<const ImageReport*>> tags_;                         ///< by REGISTRY/REPOSITORY:TAG
};

/// The published image below that was wrong first, and so has to be built anew before this one; empty: none.
std::string wrong_base(const std::vector<FamilyStep>& family);

/// In the order of causes_of(). The report must live as long as the entries.
std::vector<Entry> entries_of(const Report& report, CauseKind kind);

/// The command that finds it again, quoted for a shell: `veritag scan REF`, or `veritag audit TARGET…` for what only a look at several images
/// shows. `image` is null for a finding about a declaration.
std::string check_command(const Report& report, const ImageReport* image, const Finding& finding);

/// What an image was found to hold, each component once: `openeuler 22.03-LTS-SP4`. Fit to be printed.
std::vector<std::string> contents_of(const ImageReport& image, Language language);

/// Lines that say how much was looked at: images by verdict; a tree's files and tags.
std::vector<std::string> image_coverage(const Report& report, Language language);
std::vector<std::string> tree_coverage(const Report& report, Language language);
/// Both, as far as there is something to say.
std::vector<std::string> coverage_of(const Report& report, Language language);
/// What it cost. It is another each time, so only what is read once tells of it.
std::string work_of(const Report& report, Language language);

/// Whether it is a tag by which registries without a list of referrers keep artifacts beside an image, or a signer does.
bool is_attached(const Skipped& skipped);

/// Images as a table: one row a reference, for all its platforms that are the same in it.
struct ImageRow {
    const ImageReport* image = nullptr;  ///< the first of them
    std::vector<std::string> platforms;
    std::vector<std::string> codes;      ///< of the findings, each once
    std::vector<std::string> contents;   ///< contents_of()
};
struct ImageTable {
    std::vector<ImageRow> rows;                  ///< what needs a person first comes first
    std::map<std::string, std::size_t> passing;  ///< by registry and repository: images that pass and have no row
    std::size_t passed = 0;                      ///< all of them
};
/// Of a fleet those that pass are counted alone: nobody reads thousands of rows of which nothing follows.
ImageTable table_of(const std::vector<ImageReport>& images, bool fleet, Language language);

/// The name under which an image was judged, where its reference does not say it; else empty. Fit to be printed.
std::string judged_name(const ImageReport& image);

}  // namespace veritag::report
