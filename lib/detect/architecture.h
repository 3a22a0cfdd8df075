// Package and platform words for CPUs.
#pragma once

#include <string>
#include <string_view>

namespace veritag::detect {

/// rpm's, dpkg's and apk's word as OCI's (`x86_64` and `amd64` are `amd64`); empty for `noarch`, `all` and unknown words.
std::string oci_architecture(std::string_view package_architecture);
/// True where a platform runs code of that architecture: the same, or the 32-bit one of its family (multilib).
bool runs(std::string_view platform_architecture, std::string_view code_architecture) noexcept;

}  // namespace veritag::detect
