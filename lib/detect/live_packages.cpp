#include "detect/live_packages.h"

#include "base/text.h"
#include "detect/detector.h"
#include "detect/paths.h"
#include "detect/python_files.h"
#include "pkgdb/pkgdb.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace veritag::detect {
namespace {

// The name in `<name>.egg-link` and `<name>.egg-info`: setuptools writes hyphens in one and underscores in the other.
std::string egg_name(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
    return pkgdb::normalise_python_name(name.substr(0, name.rfind('.')));
}

}  // namespace

bool is_system(PackageType type) noexcept {
    return type == PackageType::rpm || type == PackageType::deb || type == PackageType::apk;
}

bool LiveDatabases::look_at(const LiveFile& file, std::string_view known_path) {
    if (file.size == 0) return true;
    // Asked for the name first: a hard link elsewhere to a database is a copy that nobody reads.
    const auto& detectors = all_detectors();
    if (std::none_of(detectors.begin(), detectors.end(), [&](const Detector* d) { return d->wants(known_path); })) {
        if (is_egg_archive(known_path)) egg_archives_.insert(file.path);
        return true;
    }
    const bool only_source = python_file(known_path) == PythonFile::source_egg_info;
    if (const PackageDatabase* database = image_.database(file)) {
        const auto [at, fresh] = databases_.try_emplace(file.path, file, database, known_path);
        // A source tree's egg-info that a link shows in site-packages is an installed one.
        if (!fresh && !only_source && python_file(at->second.known_path) == PythonFile::source_egg_info) at->second.known_path = known_path;
    } else if (only_source) {
        unread_sources_.emplace_back(file, known_path);  // asked for when something leads to it
    } else {
        return false;
    }
    return true;
}

std::vector<std::pair<LiveFile, std::string>> LiveDatabases::follow_python_sources(ProblemList& problems) {
    std::vector<std::pair<LiveFile, std::string>> missing;
    // By the real directory that holds the egg-info, and its name: a hostile image has many of both.
    std::map<std::pair<std::string, std::string>, std::vector<LiveDatabase*>> sources;
    std::map<std::pair<std::string, std::string>, std::vector<const std::pair<LiveFile, std::string>*>> unread;
    const auto key_of = [](const std::string& path, const std::string& known_path) {
        return std::pair(std::string(directory_of(directory_of(path))), egg_name(directory_of(known_path)));
    };
    for (auto& [path, live] : databases_) {
        if (python_file(live.known_path) != PythonFile::source_egg_info) continue;
        live.counts = false;
        sources[key_of(path, live.known_path)].push_back(&live);
    }
    for (const auto& source : unread_sources_) unread[key_of(source.first.path, source.second)].push_back(&source);
    for (auto& [path, live] : databases_) {
        if (live.database->source_directory.empty()) continue;
        const std::string& written = live.database->source_directory;
        const std::string shown = "\"" + quote(written) + "\"";
        const std::optional<std::string> directory =
            image_.real_directory(written.starts_with('/') ? written : std::string(directory_of(live.known_path)) + "/" + written);
        if (python_file(live.known_path) == PythonFile::direct_url) {
            if (directory) continue;
            const std::optional<LiveFile> metadata = image_.file(std::string(directory_of(path)) + "/METADATA");
            const auto installed = metadata ? databases_.find(metadata->path) : databases_.end();
            if (installed == databases_.end()) continue;
            installed->second.counts = false;
            lost_python(metadata->path, "an editable install of " + shown + ", which is no directory of the image; the package cannot be used", problems);
        } else if (!directory) {
            lost_python(path, "an egg-link to " + shown + ", which is no directory of the image; the package cannot be used", problems);
        } else {
            const std::pair key(*directory, egg_name(live.known_path));
            const auto read = sources.find(key);
            const auto wanted = unread.find(key);
            // Emptied once taken: of many links to one place only the first has work to do.
            if (read != sources.end())
                for (LiveDatabase* source : std::exchange(read->second, {})) source->counts = true;
            if (wanted != unread.end())
                for (const auto* source : std::exchange(wanted->second, {})) missing.push_back(*source);
            if (read == sources.end() && wanted == unread.end())
                lost_python(path, "an egg-link to " + shown + ", where no egg-info of that name is; version unknown", problems);
        }
    }
    for (const std::string& path : egg_archives_) lost_python(path, "this version of veritag does not read zipped Python eggs", problems);
    return missing;
}

void LiveDatabases::lost_python(const std::string& path, std::string message, ProblemList& problems) {
    python_whole_ = false;
    problems.add(path, std::move(message));
}

// Of several rpm databases the one that the newest layer wrote counts (a converted backend leaves the old file behind). One
// that was only set up and lists nothing does not stand before one that lists packages.
const LiveDatabases::LiveDatabase* LiveDatabases::newest_rpm() const {
    const LiveDatabase* newest = nullptr;
    for (const auto& [path, live] : databases_) {
        if (live.database->type != PackageType::rpm) continue;
        const auto is_empty = [](const LiveDatabase& l) { return l.database->packages.empty() && l.database->problems.empty(); };
        if (newest != nullptr && is_empty(live) != is_empty(*newest)) {
            if (is_empty(*newest)) newest = &live;
            continue;
        }
        const bool better = newest == nullptr || live.file.content_layer > newest->file.content_layer ||
                            (live.file.content_layer == newest->file.content_layer && live.database->packages.size() > newest->database->packages.size());
        if (better) newest = &live;
    }
    return newest;
}

LivePackages LiveDatabases::packages(ProblemList& problems) const {
    LivePackages found;
    const LiveDatabase* rpm = newest_rpm();
    bool any_system = false;
    bool whole = python_whole_;
    for (const auto& [path, live] : databases_) {
        if (!live.counts) continue;
        const bool passed_over = live.database->type == PackageType::rpm && &live != rpm;
        // Written by the same layer, which of two is in use is not known: an unreadable one may be it.
        if (passed_over && (live.file.content_layer != rpm->file.content_layer || live.database->problems.empty())) continue;
        if (is_system(live.database->type)) any_system = any_system || !live.database->packages.empty();
        if (!live.database->problems.empty()) whole = false;
        for (const Problem& item : live.database->problems) problems.add(live.file.path, item.message);
        if (!passed_over) add_packages_of(live, found.packages);
    }
    found.complete = any_system && whole;
    std::sort(found.packages.begin(), found.packages.end());
    return found;
}

// A package came with the first layer from which on every version of its database lists it.
void LiveDatabases::add_packages_of(const LiveDatabase& live, std::vector<Package>& packages) const {
    const auto key = [](const Package& p) { return std::tuple(std::string_view(p.name), std::string_view(p.version), std::string_view(p.arch)); };
    using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
    std::map<Key, int> since;
    for (const Package& package : live.database->packages) since[key(package)] = live.file.content_layer;
    int newer_layer = live.file.content_layer;
    for (const auto& [layer, older] : image_.older_versions(live.file)) {
        for (const Package& package : older->packages) {
            const auto found = since.find(key(package));
            if (found != since.end() && found->second == newer_layer) found->second = layer;
        }
        newer_layer = layer;
    }
    for (Package package : live.database->packages) {
        package.path = live.file.path;
        package.layer = since[key(package)];
        packages.push_back(std::move(package));
    }
}

bool LiveDatabases::explain_programs(ProblemList& problems, std::vector<LiveFile>& unread) const {
    constexpr std::size_t kMostProgramsOfAPackage = 40;  // on average; openEuler's base has 5, coreutils alone 100
    constexpr std::size_t kFewPrograms = 150;
    std::set<std::pair<int, std::string>> programs;  // by content: a program of many names (busybox) counts once
    image_.for_each_file([&](const LiveFile& file) {
        const std::string_view directory = directory_of(file.path);
        for (const std::string_view of_packages : {"usr/bin", "usr/sbin", "bin", "sbin", "usr/lib64", "lib64"})
            if (directory == of_packages && file.architecture == kArchitectureUnread)
                unread.push_back(file);
            else if (directory == of_packages && !file.architecture.empty())
                programs.emplace(file.content_layer, file.content_path);
    });
    std::size_t packages = 0;
    const LiveDatabase* database = nullptr;
    for (const auto& [path, live] : databases_) {
        if (!is_system(live.database->type)) continue;
        packages += live.database->packages.size();
        database = &live;
    }
    const auto explained = [&](std::size_t count) { return database == nullptr || count < kFewPrograms || count <= packages * kMostProgramsOfAPackage; };
    if (explained(programs.size() + unread.size()) || !explained(programs.size())) unread.clear();
    if (!unread.empty()) return false;
    if (explained(programs.size())) return true;
    problems.add(database->file.path, "it lists " + std::to_string(packages) + " packages, and the image has " + std::to_string(programs.size()) +
                                          " programs and libraries where packages put them; the list cannot be whole");
    return false;
}

}  // namespace veritag::detect
