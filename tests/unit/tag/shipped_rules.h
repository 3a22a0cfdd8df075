// The shipped rule packs, loaded once, and readings as text.
#pragma once

#include "base/text.h"
#include "tag/tag.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace veritag::tag {

inline const rules::RuleSet& shipped_rules() {
    static const rules::RuleSet rules = [] {
        Result<rules::RuleSet> loaded = rules::load_rules(rules::embedded_packs());
        if (!loaded) {
            ADD_FAILURE() << loaded.error().message();
            std::abort();
        }
        return std::move(*loaded);
    }();
    return rules;
}

inline std::string claims_of(const Reading& reading) {
    std::vector<std::string> words;
    for (const Claim& claim : reading.claims) words.push_back(claim.component + "=" + claim.version);
    return join(words, " ");
}

inline std::string codes_of(const Reading& reading) {
    std::vector<std::string> words;
    for (const Finding& finding : reading.findings) words.push_back(finding.code);
    return join(words, " ");
}

inline std::string parents_of(const Reading& reading) {
    std::vector<std::string> words;
    for (const auto& [component, version] : reading.expected_parents) words.push_back(component + "=" + version);
    return join(words, " ");
}

inline std::string pieces_of(const Reading& reading) {
    std::string text;
    for (const Piece& piece : reading.pieces) text += piece.text;
    return text;
}

}  // namespace veritag::tag
