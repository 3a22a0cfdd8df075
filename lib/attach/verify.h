// What is attached to an image, as somebody asks who pulls it.
#pragma once

#include "attach/find.h"
#include "oci/manifest.h"
#include "oci/reference.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace veritag::attach {

/// Whether the tag that a report speaks of still leads to its subject.
enum class TagState {
    unknown,  ///< the report speaks of a tag of another repository, or nothing was found
    same,
    moved,
    gone,
};

/// What was found on one manifest.
struct Verified {
    std::string reference;  ///< as it was asked for
    Digest subject;         ///< empty where the image itself could not be read
    std::string platform;   ///< of a platform's manifest in an index
    std::optional<FoundReport> report;
    std::vector<std::string> other_names;
    std::vector<std::string> problems;  ///< what is listed as a report and is none that can be taken, unless it is known to be older
    std::optional<Error> error;         ///< it could not be looked for
    TagState tag = TagState::unknown;
};

/// Which reports are asked for.
struct Question {
    oci::Reference reference;
    std::string name;  ///< REPOSITORY:TAG that was judged; empty: the reference's own, or any where that has no tag
    std::optional<oci::Platform> platform;  ///< of an index; not set: the index as a whole
    std::chrono::sys_seconds now;
};

/// The report on what the reference leads to: one answer for an index that has a report of its own; else one for each of its platforms, where
/// any of those has one, and then one more for the index, if there is something wrong with what is attached to it.
std::vector<Verified> verify(Repository& repository, const Question& question, const Limits& limits);

/// 1 (a report says fail), 3 (there is none, it says unknown, or something could not be read) or 0.
int exit_status(const std::vector<Verified>& answers);

}  // namespace veritag::attach
