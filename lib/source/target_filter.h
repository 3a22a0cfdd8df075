// What of a registry is wanted: globs over repositories and tags, and lists of targets in two forms. Pure: text becomes tables.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::source {

/// Globs of rules/pattern.h (`*` stays within one part of a path, `**` is any depth) over the repository's path and the tag. An empty
/// list keeps all; what a `not_` list matches is dropped whatever the other one says.
struct TargetFilter {
    std::vector<std::string> repositories, not_repositories, tags, not_tags;
};

/// Whether all globs can work; the others below take only filters that passed.
Result<void> check_filter(const TargetFilter& filter);
bool keeps_repository(const TargetFilter& filter, std::string_view repository);
bool keeps_tag(const TargetFilter& filter, std::string_view tag);

/// Targets by name. Where two entries name one tag, the later one counts, as it does for the community's own scanner.
struct TargetList {
    struct Entry {
        std::string registry;
        std::string repository;              ///< full path
        std::vector<std::string> tags;       ///< empty: all
        std::vector<std::string> platforms;  ///< `linux/arm64`; empty: as the command line says
        int line = 1;
    };
    std::vector<Entry> entries;
    std::vector<std::string> notes;  ///< what the list holds and no entry is made of
};

/// The community's image-scanning-config.yml, accepted unchanged (opensourceways/image-scanning: scanning/domain/scan_config.go), or a
/// plain list: one HOST/REPOSITORY[:TAG] a line, comments from `#` on. `origin` is the file's name for messages, which name the line.
Result<TargetList> parse_target_list(std::string_view text, std::string_view origin);

}  // namespace veritag::source
