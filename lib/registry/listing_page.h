// The bodies of one page of a listing, in the five forms that registries have. Pure: bytes become names.
#pragma once

#include "base/limits.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

enum class PageForm : std::uint8_t {
    catalog,     ///< `{"repositories":["a/b",…]}` (distribution/distribution: docs/content/spec/api.md)
    tags,        ///< `{"name":"a/b","tags":["1",…]}`; `tags` may be null or absent (opencontainers/distribution-spec: spec.md)
    docker_hub,  ///< `{"count":1,"next":URL|null,"results":[{"namespace","name","repository_type",…}]}` (Docker Hub API reference)
    quay,        ///< `{"repositories":[{"namespace","name","kind",…}],"next_page":"…"}` (quay/quay: endpoints/api/repository.py)
    harbor,      ///< `[{"name":"project/repository",…}]` (goharbor/harbor: api/v2.0/swagger.yaml)
};

struct ListingPage {
    std::vector<std::string> names;  ///< valid ones, in order; a name may stand twice
    std::size_t entries = 0;         ///< all that the page held, the skipped ones too
    std::size_t nulls = 0;           ///< skipped: Nexus lists them
    std::size_t digests = 0;         ///< skipped: Artifactory lists them among tags
    std::size_t foreign = 0;         ///< skipped: repositories of something else than images (Quay's applications, Docker Hub's plugins)
    std::size_t unusable = 0;        ///< skipped: nothing that could be a repository or a tag
    std::string unusable_example;    ///< quoted
    std::string next;                ///< docker_hub: the next page's URL; quay: its cursor
    std::optional<std::uint64_t> total;  ///< docker_hub: how many there are in all

    [[nodiscard]] std::size_t skipped() const noexcept { return nulls + digests + foreign + unusable; }
};

/// `where` is for messages. A body of another form is `protocol`.
Result<ListingPage> parse_listing_page(PageForm form, std::string_view what, std::string_view where, std::string_view body, const Limits& limits);

}  // namespace veritag::registry
