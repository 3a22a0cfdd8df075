#include "registry/listing.h"

#include "base/text.h"
#include "oci/reference.h"

#include <algorithm>
#include <array>
#include <utility>

namespace veritag::registry {
namespace {

constexpr std::array<std::pair<ListingDriver, std::string_view>, 5> kDrivers{{{ListingDriver::automatic, "automatic"},
                                                                              {ListingDriver::catalog, "catalog"},
                                                                              {ListingDriver::docker_hub, "docker-hub"},
                                                                              {ListingDriver::quay, "quay"},
                                                                              {ListingDriver::harbor, "harbor"}}};
constexpr std::string_view kForm = "write HOST[:PORT][/PATH], as quay.io/openeuler or 127.0.0.1:5000";

Error bad_target(std::string_view text, std::string saw, std::string hint = std::string(kForm)) {
    return Error{ErrorCode::usage, "read listing target", "\"" + quote(text) + "\"", std::move(saw), std::move(hint)};
}

bool looks_like_host(std::string_view text) noexcept {
    return text.find_first_of(".:[") != std::string_view::npos || equals_ignoring_case(text, "localhost");
}

}  // namespace

std::string_view to_string(ListingDriver driver) noexcept {
    for (const auto& [each, name] : kDrivers)
        if (each == driver) return name;
    return "unknown";
}

std::optional<ListingDriver> listing_driver_from(std::string_view text) noexcept {
    for (const auto& [driver, name] : kDrivers)
        if (name == text) return driver;
    return std::nullopt;
}

Result<ListingTarget> parse_listing_target(std::string_view text) {
    std::string_view rest = trim(text);
    if (rest.empty()) return bad_target(text, "empty");
    if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos)
        return bad_target(text, "a target is no URL", "leave out \"" + quote(rest.substr(0, scheme + 3)) + "\"");
    if (rest.find('@') != std::string_view::npos) return bad_target(text, "a target has no digest", "leave out what stands from \"@\" on");
    const std::size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (path.ends_with('/')) path.remove_suffix(1);

    if (!looks_like_host(host))
        return bad_target(text, "\"" + quote(host) + "\" is no registry host",
                          "put a host in front, as quay.io/" + quote(rest) + " or docker.io/" + quote(rest));
    // The grammar of hosts, and the one name that Docker Hub's three have, are the reference's.
    const Result<oci::Reference> reference = oci::parse_reference(std::string(host) + "/x/x");
    if (!reference) return bad_target(text, "\"" + quote(host) + "\" is no host[:port]");
    if (path.find(':') != std::string_view::npos)
        return bad_target(text, "a target has no tag", "leave out what stands from the last \":\" on");
    if (!path.empty() && !oci::is_valid_repository(path)) {
        const bool upper = std::any_of(path.begin(), path.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
        return bad_target(text, "\"" + quote(path) + "\" is no path of a repository",
                          upper ? "write it in lower case: " + quote(to_lower(path)) : std::string(kForm));
    }
    return ListingTarget{reference->registry, std::string(path), ListingDriver::automatic};
}

}  // namespace veritag::registry
