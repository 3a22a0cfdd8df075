// A directory with one Markdown file a tag, REGISTRY/NAMESPACE/REPOSITORY/TAG.md, as people keep reports in git. A file is touched only where
// its content changes, and no page holds a time: what git shows as changed has changed.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// The first line of every file that the tree writes. Other files are never changed and never removed.
inline constexpr std::string_view kPageMarker = "<!-- written by veritag report --output-tree; what is changed by hand is lost -->";

/// The path of a tag's page, relative to the tree. Bytes other than ASCII letters, digits, `.`, `_` and `-`, and a dot at the start of a name,
/// are written as `%XX`, so that no name leads out of the tree or is hidden in it; a name of more than 200 bytes is cut, and ends in a hash.
std::string page_path(std::string_view registry, std::string_view repository, std::string_view tag);

class OutputTree {
public:
    /// Made where it is not there, with a mark by which a tree around it knows that this one is not its own. `io` where it cannot be.
    static Result<OutputTree> open(const std::string& directory);

    /// Writes `page` (without the marker) to a path of page_path(). A file that is somebody else's stays as it is, and so does what stands on the way
    /// to it and is no directory, or another tree. That, and what the file system refuses, is one of failures(); other pages can be put all the same.
    void put(const std::string& path, std::string_view page);

    /// Removes the files with the marker that were not put, and directories that are empty then. Hidden directories and other trees are passed by.
    void remove_others();

    [[nodiscard]] std::size_t written() const noexcept { return written_; }
    [[nodiscard]] std::size_t unchanged() const noexcept { return unchanged_; }
    [[nodiscard]] std::size_t removed() const noexcept { return removed_; }
    [[nodiscard]] const std::vector<Error>& failures() const noexcept { return failures_; }  ///< pages that were not written or not removed

private:
    explicit OutputTree(std::string root) : root_(std::move(root)) {}
    std::string root_;
    std::set<std::string> put_;  // relative
    std::size_t written_ = 0, unchanged_ = 0, removed_ = 0;
    std::vector<Error> failures_;
};

}  // namespace veritag::report
