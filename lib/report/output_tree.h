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
    /// Made where it is not there. `io` where it cannot be.
    static Result<OutputTree> open(const std::string& directory);

    /// Writes `page` (without the marker) to a path of page_path(). A file that is somebody else's stays as it is and is one of refused(), and so
    /// is a path on which something other than a directory stands. `io` where the file system fails.
    Result<void> put(const std::string& path, std::string_view page);

    /// Removes the files with the marker that were not put, and directories that are empty then. Hidden directories are passed by.
    Result<void> remove_others();

    [[nodiscard]] std::size_t written() const noexcept { return written_; }
    [[nodiscard]] std::size_t unchanged() const noexcept { return unchanged_; }
    [[nodiscard]] std::size_t removed() const noexcept { return removed_; }
    [[nodiscard]] const std::vector<std::string>& refused() const noexcept { return refused_; }

private:
    explicit OutputTree(std::string root) : root_(std::move(root)) {}
    std::string root_;
    std::set<std::string> put_;  // relative
    std::size_t written_ = 0, unchanged_ = 0, removed_ = 0;
    std::vector<std::string> refused_;
};

}  // namespace veritag::report
