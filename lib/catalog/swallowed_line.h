// An instruction of a Dockerfile that the one before it takes in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace veritag::catalog {

/// A line that begins like an instruction and is none: the line above it goes on (`\` at its end), and the blank and comment lines between
/// the two do not change that. The builder joins it to the instruction before and never carries it out (moby/buildkit:
/// frontend/dockerfile/parser/parser.go; the linter's rule NoEmptyContinuation).
struct SwallowedLine {
    int line = 0;
    std::string name;        ///< RUN, ENV, …
    int continued_line = 0;  ///< the one that goes on
    std::string into;        ///< the instruction that it becomes a part of
    int into_line = 0;
};

/// The name of the instruction that `line` would be, and of the one that stands in `before`, all of it so far; for a line behind blank or
/// comment lines inside an instruction. nullopt where it may well be meant as arguments: in small letters, indented, a word alone, inside
/// quotes, or behind an instruction that takes others.
std::optional<std::pair<std::string, std::string>> find_swallowed(std::string_view line, std::string_view before);

}  // namespace veritag::catalog
