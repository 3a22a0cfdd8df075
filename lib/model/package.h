// An installed package as its database lists it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace veritag {

enum class PackageType : std::uint8_t { rpm, deb, apk, python, conda };
std::string_view to_string(PackageType type) noexcept;  ///< `rpm`, `deb`, `apk`, `python`, `conda`

struct Package {
    PackageType type = PackageType::rpm;
    std::string name;     ///< as written; Python names are compared after PEP 503 normalisation
    std::string version;  ///< rpm: [epoch:]version-release; deb: as in status; python: PEP 440 text
    std::string arch;     ///< as the database writes it (`aarch64`, `amd64`, `noarch`, `all`), empty where it has none
    std::string path;     ///< the database file, relative to the image root
    int layer = -1;       ///< the layer that brought it; -1 until layers are folded
    friend auto operator<=>(const Package&, const Package&) = default;
};

}  // namespace veritag
