#include "detect/application_place.h"

#include "base/text.h"
#include "detect/live_packages.h"
#include "detect/paths.h"
#include "pkgdb/pkgdb.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace veritag::detect {
namespace {

bool is_python_place(std::string_view path) {
    return path.find("/site-packages/") != std::string_view::npos || path.find("/dist-packages/") != std::string_view::npos || path.find("/conda-meta/") != std::string_view::npos;
}

bool is_packaged_place(std::string_view path) {
    static constexpr std::array<std::string_view, 15> kOfPackages{"usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib64/", "usr/libexec/", "usr/share/", "usr/include/", "bin/",
                                                                  "sbin/",    "lib/",      "lib64/",   "etc/",       "var/",         "run/",       "tmp/"};
    return std::any_of(kOfPackages.begin(), kOfPackages.end(), [&](std::string_view place) { return path.starts_with(place); });
}

// `redis-server`, `apache-maven-3.9.9` and `libopencv_core.so` bear the names redis, maven and opencv.
bool bears_name(std::string_view part, std::string_view name) {
    for (std::size_t at = part.find(name); at != std::string_view::npos; at = part.find(name, at + 1))
        if (at == 0 || part[at - 1] == '-' || part.substr(0, at) == "lib") return true;
    return false;
}

}  // namespace

std::vector<LiveFile> application_elsewhere(const MergedImage& image, const std::vector<Package>& packages, std::string_view application, std::size_t most,
                                            std::vector<LiveFile>& unread) {
    const std::string name = pkgdb::normalise_python_name(application);
    int system_package = -1;  // the newest layer that brought one: what is written over its files later is not its own
    std::set<std::string> scripts;  // what distributions of that name bring beside their modules: `usr/local/bin/NAME` of `usr/local/lib/python3.9/…`
    for (const Package& package : packages) {
        if (pkgdb::normalise_python_name(package.name) != name) continue;
        if (is_system(package.type)) system_package = std::max(system_package, package.layer);
        const std::size_t library = std::min(package.path.find("/lib/python"), package.path.find("/lib64/python"));
        if (package.type == PackageType::python && library != std::string::npos) scripts.insert(package.path.substr(0, library) + "/bin/");
    }
    // A squashed image does not tell what was written over the package's files.
    const int packaged_up_to = image.layers().size() == 1 ? -1 : system_package;
    std::vector<LiveFile> list;
    image.for_each_file([&](const LiveFile& file) {
        if ((file.layer <= packaged_up_to && is_packaged_place(file.path)) || is_python_place(file.path)) return;
        const std::string_view base = std::string_view(file.path).substr(file.path.rfind('/') + 1);
        const bool of_distribution = scripts.contains(std::string(directory_of(file.path)) + "/") && pkgdb::normalise_python_name(base) == name;
        const bool script = file.architecture.empty() && of_distribution;
        // Whatever was built into another place may be the application too, under a name of its own (`named` of bind).
        const bool built_elsewhere = !file.architecture.empty() && !is_packaged_place(file.path);
        const std::vector<std::string_view> parts = split(file.path, '/');
        const bool named = std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return bears_name(pkgdb::normalise_python_name(part), name); });
        if (file.architecture == kArchitectureUnread && (of_distribution || (built_elsewhere && !named))) unread.push_back(file);
        if (list.size() < most && !script && (named || built_elsewhere)) list.push_back(file);
    });
    return list;
}

}  // namespace veritag::detect
