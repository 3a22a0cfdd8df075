// Where in an image something is installed, told by a path alone.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace veritag {

/// `opt/conda` of `opt/conda/lib/libx.so`, `usr/local/cuda-12.2` of what lies there, `usr/local` of `usr/local/bin/node`, `usr` of what
/// the system has. Two things of one place may belong to one installation, two of different places do not.
inline std::string place_of(std::string_view path) {
    constexpr std::array<std::string_view, 8> kShared{"bin", "sbin", "lib", "lib64", "libexec", "include", "share", "etc"};
    const auto take = [&path] {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        return part;
    };
    const auto is_shared = [&](std::string_view part) { return std::find(kShared.begin(), kShared.end(), part) != kShared.end(); };
    const std::string first(take());
    if (is_shared(first)) return "usr";
    const std::string second(take());
    if (first != "usr") return path.empty() ? first : first + "/" + second;
    if (second != "local") return "usr";
    const std::string third(take());
    return path.empty() || is_shared(third) ? "usr/local" : "usr/local/" + third;
}

}  // namespace veritag
