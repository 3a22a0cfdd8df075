// What a path says about an installed Python distribution.
#pragma once

#include <cstdint>
#include <string_view>

namespace veritag::detect {

enum class PythonFile : std::uint8_t {
    none,
    dist_info,        ///< `…/site-packages/**/<x>.dist-info/METADATA`
    egg_info,         ///< in site-packages: `<x>.egg-info`, `<x>.egg-info/PKG-INFO`, `<x>.egg/EGG-INFO/PKG-INFO`
    source_egg_info,  ///< `<x>.egg-info/PKG-INFO` anywhere else: installed only if an egg-link leads to it
    egg_link,         ///< in site-packages: `<x>.egg-link`
    direct_url,       ///< `direct_url.json` of a dist-info
};

/// `site-packages` stands for `dist-packages` too. What conda keeps unpacked in its cache is `none`: it is not installed.
PythonFile python_file(std::string_view path) noexcept;

/// A file `<x>.egg` in site-packages: a zip with a whole distribution in it, where it is no directory.
bool is_egg_archive(std::string_view path) noexcept;

/// Below `pkgs/<name>-<version>-<build>/{info,site-packages,lib/python*/site-packages}/`, where conda keeps what it once unpacked.
bool is_in_conda_cache(std::string_view path) noexcept;

}  // namespace veritag::detect
