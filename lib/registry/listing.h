// What a listing is asked for and what it answers. The calls are members of RegistryClient (client.h); what registries differ in stands
// in lister.cpp.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

/// How the repositories of a target are found.
enum class ListingDriver : std::uint8_t { automatic, catalog, docker_hub, quay, harbor };

std::string_view to_string(ListingDriver driver) noexcept;  ///< `automatic`, `catalog`, `docker-hub`, `quay`, `harbor`
std::optional<ListingDriver> listing_driver_from(std::string_view text) noexcept;

/// What is asked for: a registry and a path below it. An empty path is all of it, `openeuler` a namespace, `openeuler/cann` one
/// repository or a namespace.
struct ListingTarget {
    std::string registry;
    std::string path;
    ListingDriver driver = ListingDriver::automatic;
};

/// `quay.io/openeuler`, `127.0.0.1:5000`, `hub.oepkgs.net/openeuler/cann`, `docker.io/openeuler`. The host must be there; a tag or a
/// digest must not.
Result<ListingTarget> parse_listing_target(std::string_view text);

struct RepositoryListing {
    std::string driver;                     ///< that was used: `catalog`, `docker-hub`, `quay`, `harbor`, or `tags` where the path itself is a repository
    std::vector<std::string> repositories;  ///< full names below the registry, sorted, each once
    std::size_t pages = 0;
    std::vector<std::string> notes;         ///< for people: what was left out or odd (a paging loop that was ended, null entries)
};

struct TagListing {
    std::vector<std::string> tags;  ///< as listed, each once
    std::size_t pages = 0;
    std::vector<std::string> notes;
    bool whole = true;              ///< false: it ended in an odd way, and there may be more tags
};

}  // namespace veritag::registry
