// Source: packaging.python.org: recording installed projects; pypa/setuptools: docs/deprecated/python_eggs.rst; PEP 610;
// conda/conda: docs/source/user-guide/concepts/pkg-specs.rst (noarch packages keep site-packages at their top).

#include "detect/python_files.h"

#include <algorithm>

namespace veritag::detect {
namespace {

// Cuts the last part off `path` and returns it.
std::string_view take_last(std::string_view& path) noexcept {
    const std::size_t slash = path.rfind('/');
    const std::string_view last = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    return last;
}

std::string_view take_first(std::string_view& path) noexcept {
    const std::size_t slash = path.find('/');
    const std::string_view first = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return first;
}

bool is_site_directory(std::string_view path) noexcept {
    const std::string_view name = take_last(path);
    return name == "site-packages" || name == "dist-packages";
}

bool is_below_site_directory(std::string_view path) noexcept {
    return path.find("site-packages/") != std::string_view::npos || path.find("dist-packages/") != std::string_view::npos;
}

}  // namespace

bool is_in_conda_cache(std::string_view path) noexcept {
    while (!path.empty()) {
        if (take_first(path) != "pkgs") continue;
        std::string_view rest = path;
        const std::string_view package = take_first(rest);
        if (std::count(package.begin(), package.end(), '-') < 2) continue;
        if (rest.starts_with("info/") || rest.starts_with("site-packages/")) return true;
        if (!rest.starts_with("lib/python")) continue;
        take_first(rest);
        take_first(rest);
        if (rest.starts_with("site-packages/")) return true;
    }
    return false;
}

PythonFile python_file(std::string_view path) noexcept {
    std::string_view parent = path;
    const std::string_view name = take_last(parent);
    PythonFile kind = PythonFile::none;
    if (name == "METADATA" || name == "direct_url.json") {
        if (!parent.ends_with(".dist-info") || !is_below_site_directory(path)) return PythonFile::none;
        kind = name == "METADATA" ? PythonFile::dist_info : PythonFile::direct_url;
    } else if (name == "PKG-INFO") {
        std::string_view above = parent;
        const std::string_view directory = take_last(above);
        if (directory == "EGG-INFO") {
            const std::string_view egg = take_last(above);
            if (!egg.ends_with(".egg") || !is_site_directory(above)) return PythonFile::none;
            kind = PythonFile::egg_info;
        } else {
            if (!directory.ends_with(".egg-info")) return PythonFile::none;
            kind = is_site_directory(above) ? PythonFile::egg_info : PythonFile::source_egg_info;
        }
    } else if (name.ends_with(".egg-info") || name.ends_with(".egg-link")) {
        if (!is_site_directory(parent)) return PythonFile::none;
        kind = name.ends_with(".egg-info") ? PythonFile::egg_info : PythonFile::egg_link;
    } else {
        return PythonFile::none;
    }
    // An interrupted uninstall leaves its files under a name with a tilde in front; what they lead to is no longer of interest.
    if (kind == PythonFile::egg_link && name.starts_with('~')) return PythonFile::none;
    if (kind == PythonFile::direct_url && take_last(parent).starts_with('~')) return PythonFile::none;
    return is_in_conda_cache(path) ? PythonFile::none : kind;
}

bool is_egg_archive(std::string_view path) noexcept {
    std::string_view parent = path;
    return take_last(parent).ends_with(".egg") && is_site_directory(parent) && !is_in_conda_cache(path);
}

}  // namespace veritag::detect
