// Paths of an image as text: normal, without a slash in front.
#pragma once

#include <string_view>

namespace veritag::detect {

/// What stands before the last slash; empty at the root.
inline std::string_view directory_of(std::string_view path) noexcept {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace veritag::detect
