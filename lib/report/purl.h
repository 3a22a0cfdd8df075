// Package URLs: one line that names a package, or an image, in every ecosystem. Rules and examples: package-url/purl-spec:
// docs/specification (ECMA-427) and types/*-definition.json. Only the canonical form is written.
#pragma once

#include "model/report.h"

#include <string>
#include <string_view>

namespace veritag::report {

/// `os` is the component name of the image's operating system (`openeuler`), empty where it is not known. Empty where the
/// type demands a namespace and none is known (deb, apk), or where nothing is left of the name.
std::string package_url(const Package& package, std::string_view os);

/// `pkg:oci/…`; empty without a digest or a repository, for then it would name nothing.
std::string image_url(const ImageReport& image);

/// The one operating system that the image proves; empty where there is none, or where two are seen.
std::string proven_os(const ImageReport& image);

}  // namespace veritag::report
