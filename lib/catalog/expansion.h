// Variables in the words of a Dockerfile: $x, ${x}, ${x:-y}, ${x-y}, ${x:+y}, ${x+y}, ${x:?y}, ${x?y} (moby/buildkit:
// frontend/dockerfile/shell/lex.go). What removes or replaces patterns (${x#y}, ${x%y}, ${x/y/z}) is not worked out: such a value is unknown.
#pragma once

#include "catalog/placed_text.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace veritag::catalog {

/// A value, or why there is none. Nothing is guessed: a build argument without a default is unknown.
struct Value {
    PlacedText text;
    bool known = true;
    std::string unknown;  ///< what could not be told, for a message: `$TAG has no default`
};

/// The variables that are set; one may be set and its value unknown (TARGETARCH).
using Scope = std::map<std::string, Value, std::less<>>;

/// A word without its quotes, its variables replaced.
Value expand(const PlacedText& word, const Scope& scope, char escape);

/// Words between blanks that stand in no quotes; quotes and escapes are kept.
std::vector<PlacedText> split_words(const PlacedText& text, char escape);

}  // namespace veritag::catalog
