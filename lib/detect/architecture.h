// Package and platform words for CPUs.
#pragma once

#include <string>
#include <string_view>

namespace veritag::detect {

/// rpm's, dpkg's and apk's word as OCI's (`x86_64` and `amd64` are `amd64`); empty for `noarch`, `all` and unknown words.
std::string oci_architecture(std::string_view package_architecture);

}  // namespace veritag::detect
