// The package databases of a folded image become the packages that are installed in it.
#pragma once

#include "detect/live_problems.h"
#include "detect/merged_image.h"
#include "model/package.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::detect {

/// The type of an operating system's own packages.
bool is_system(PackageType type) noexcept;

struct LivePackages {
    std::vector<Package> packages;  ///< sorted, each with its database's path and the layer it came with
    bool complete = false;          ///< an operating system's are among them, and every database was read whole
};

/// Collects databases file by file, then says what they list together. `image` must outlive it.
class LiveDatabases {
public:
    explicit LiveDatabases(const MergedImage& image) : image_(image) {}

    /// `known_path` is the name under which a detector may want the file: its own, or one that a link gives it. False: it is a
    /// database whose content was not kept, and must be asked for.
    [[nodiscard]] bool look_at(const LiveFile& file, std::string_view known_path);

    /// Which Python metadata is of installed packages, where only the whole image tells: the source that an egg-link or an editable
    /// install leads to may lie in another layer, or have been removed. Called once, after every file; gives the metadata that
    /// must be asked for, with the names it is known by.
    std::vector<std::pair<LiveFile, std::string>> follow_python_sources(ProblemList& problems);

    [[nodiscard]] LivePackages packages(ProblemList& problems) const;

    /// False, and a problem, where far more programs lie in the places of packages than any packages bring: the database is not the
    /// whole truth (cut off, set up anew, or left behind by a build that copied files only). `unread` gets the files on which the answer
    /// hangs because nobody looked whether they are programs; then it is false, without a problem.
    [[nodiscard]] bool explain_programs(ProblemList& problems, std::vector<LiveFile>& unread) const;

private:
    struct LiveDatabase {
        LiveFile file;
        const PackageDatabase* database;
        std::string known_path;  // the name under which a detector wants it
        bool counts = true;      // Python: not so where nothing makes the package importable
        LiveDatabase(LiveFile f, const PackageDatabase* d, std::string_view known) : file(std::move(f)), database(d), known_path(known) {}
    };

    void lost_python(const std::string& path, std::string message, ProblemList& problems);
    [[nodiscard]] const LiveDatabase* newest_rpm() const;
    void add_packages_of(const LiveDatabase& live, std::vector<Package>& packages) const;

    const MergedImage& image_;
    std::map<std::string, LiveDatabase> databases_;                 // by real path
    std::vector<std::pair<LiveFile, std::string>> unread_sources_;  // egg-infos of source trees whose content was not kept, and their names
    std::set<std::string> egg_archives_;
    bool python_whole_ = true;
};

}  // namespace veritag::detect
