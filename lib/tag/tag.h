// A tag, its repository and the grammar from the rules become claims.
#pragma once

#include "model/report.h"
#include "rules/rules.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::tag {

/// One piece of the tag in order; the pieces and the text between them make the tag again.
struct Piece {
    std::string text;       ///< as written
    std::string component;  ///< empty: literal text, separators, pieces read but not judged
    bool bare = false;      ///< the component's version alone: its name is left to the repository or to the form
    bool dev = false;       ///< the mark of a development image, its separator included
};

struct Reading {
    std::string registry;  ///< as given: `write_tag` reads again what it wrote
    std::string repository;
    std::string grammar;
    std::optional<Tier> tier;
    bool dev = false;
    bool readable = true;  ///< false: `tag-syntax`
    std::vector<Claim> claims;
    std::vector<Finding> findings;  ///< tag-* only
    std::vector<Piece> pieces;
    std::string version_text;  ///< the tag without its OS and `-dev` parts: `2.1.0-cann7.0.RC1`
    /// What the image below must claim, outermost first: all claims of the tiers below this image's own, without tools.
    std::vector<std::pair<std::string, std::string>> expected_parents;
};

/// Never fails: a tag that cannot be read carries the finding `tag-syntax`. Pure.
Reading read_tag(const rules::RuleSet& rules, std::string_view registry, std::string_view repository, std::string_view tag);

/// The tag in the same grammar and dialect with other versions: `truth` maps claimed components to the version to write, or to
/// nullopt where the part must go. nullopt where the tag cannot be written with certainty (a bare part must go, an unreadable tag).
/// A tag out of order or misspelt comes back in order and well spelt. `dev` says whether it must mark a development image; not set: as it
/// does. (A mark can be taken away; none is added, since a tag without one may be right.)
std::optional<std::string> write_tag(const rules::RuleSet& rules, const Reading& reading,
                                     const std::map<std::string, std::optional<std::string>>& truth, std::optional<bool> dev = std::nullopt);

/// Runs the examples of all packs (`rules test`): evidence, versions and tags.
rules::ExampleRun run_examples(const rules::RuleSet& rules);

}  // namespace veritag::tag
