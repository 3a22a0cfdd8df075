// What somebody types who wants a tag explained.
#pragma once

#include "base/result.h"
#include "rules/rules.h"
#include "tag/tag.h"

#include <string>
#include <string_view>

namespace veritag::tag {

struct Named {
    std::string reference;   ///< what was read: as given, or with the tag that a scan would add
    bool tag_alone = false;  ///< no repository was given
    Reading reading;
};

/// A reference, whose digest says nothing beside its tag; a repository, of which a scan reads `latest`; or a tag of the long form alone, which is
/// read as one of an AI image. Errors: `usage`.
Result<Named> read_name(const rules::RuleSet& rules, std::string_view name);

}  // namespace veritag::tag
