// What reading and writing of tags share inside this module.
#pragma once

#include "tag/tag.h"

#include <optional>
#include <string_view>
#include <vector>

namespace veritag::tag {

/// `read_tag` without the mended spelling in its messages, which only `write_tag` can tell; and that one reads what it wrote.
Reading parse_tag(const rules::RuleSet& rules, std::string_view registry, std::string_view repository, std::string_view tag);

/// The claim that a piece makes; nullptr for text that claims nothing.
const Claim* claim_of(const Reading& reading, const Piece& piece) noexcept;

/// Kinds of parts, in the tag's order, as the grammar wants them. Kinds that `order` does not list may stand anywhere before the
/// innermost one.
bool in_order(const std::vector<ComponentKind>& order, const std::vector<ComponentKind>& kinds) noexcept;

/// Place of a kind in `order`, nullopt where it is not listed.
std::optional<std::size_t> rank_of(const std::vector<ComponentKind>& order, ComponentKind kind) noexcept;

/// The name that stands before the version in a glued part (`cann` of `cann8.0.RC1`), empty where the part is not glued.
std::string_view glued_name(const rules::Component& component, std::string_view part) noexcept;

bool has_finding(const Reading& reading, std::string_view code) noexcept;

}  // namespace veritag::tag
