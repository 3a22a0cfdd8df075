// The sources behind `oci:`, `oci-archive:` and `docker-archive:`, and the registry's; open_image() chooses.
#pragma once

#include "source/image_source.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::source {

/// A local name taken apart: `oci:build/out:8.0` is {"oci", "build/out", "8.0"}.
struct LocalName {
    std::string display;  ///< as the user wrote it
    std::string path;
    std::string tag;      ///< empty where none was given
    std::string as;       ///< REPO:TAG of --as, or empty
};

Result<std::unique_ptr<ImageSource>> open_layout_directory(const LocalName& name, const Limits& limits);
Result<std::unique_ptr<ImageSource>> open_layout_archive(const LocalName& name, const Limits& limits);
Result<std::unique_ptr<ImageSource>> open_docker_archive(const LocalName& name, const Limits& limits);
Result<std::unique_ptr<ImageSource>> open_registry_image(const std::string& image, const std::string& as,
                                                         std::shared_ptr<registry::RegistryClient> client, const Limits& limits);

/// The same for one of a registry: --as, else its own tag.
Result<ImageName> registry_name_for_judging(const oci::Reference& reference, const std::string& as);

/// The name under which a local image is judged: --as, else the one whole name among `own_names`, else a usage error for --as.
Result<ImageName> name_for_judging(const LocalName& name, const std::vector<std::string>& own_names);

/// True where `own_name` (`latest`, `quay.io/a/b:latest`) is what `tag` asks for: the whole of it, or its tag. Docker Hub's short
/// and whole names are the same.
bool names_tag(std::string_view own_name, std::string_view tag);

/// "a, b and 3 more", each quoted.
std::string list_names(const std::vector<std::string>& names);

}  // namespace veritag::source
