// What all rules together want of a layer's files. It is all that reading a layer needs of the rules, so it can be handed to another process.
#pragma once

#include "base/result.h"
#include "rules/pattern.h"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::rules {

/// What is made of the head of a binary file before a rule's `when` and `read` see it.
enum class Decode : std::uint8_t { none, gguf, safetensors };

/// Something made of a file instead of keeping it.
struct Derivation {
    std::string how;                 ///< names it: `gguf`, `safetensors`, or `strings ` and the expression
    Decode decode = Decode::none;
    std::optional<Pattern> strings;  ///< searched in all bytes of an ELF file
    std::uint64_t head = 0;          ///< decode: so many bytes from the file's start
};

class WantedFiles {
public:
    /// A glob and what it wants of the files it matches.
    struct Want {
        std::string glob;
        std::uint64_t head = 0;          ///< bytes from the start; 0: the whole file
        std::uint64_t smaller_than = 0;  ///< only of files below this size; 0: of all
        auto operator<=>(const Want&) const = default;
    };
    struct DerivationWant {
        std::string glob;
        Derivation derivation;
    };

    WantedFiles() : WantedFiles({}, {}) {}
    WantedFiles(std::vector<Want> wants, std::vector<DerivationWant> derivations);  ///< globs have passed check_glob

    /// How many bytes of this file any rule wants to keep, from its start; 0: none.
    [[nodiscard]] std::uint64_t bytes(std::string_view path, std::uint64_t size) const;
    /// What rules want made of this file instead of kept, each once and with the longest head.
    [[nodiscard]] std::vector<const Derivation*> derivations(std::string_view path) const;
    /// Some wanted path could lie below this directory by a glob without `**` up to there.
    [[nodiscard]] bool below(std::string_view directory) const;
    /// sha256 over the set: two rule sets with the same one give the same layer analyses.
    [[nodiscard]] const std::string& digest() const noexcept { return digest_; }

    /// A binary form for a process of the same executable. What it refuses is not our own, so errors are `malformed`.
    [[nodiscard]] std::string serialise() const;
    static Result<WantedFiles> deserialise(std::string_view bytes);

private:
    std::vector<Want> wants_;
    std::vector<DerivationWant> derivations_;
    std::shared_ptr<const GlobSet> wanted_;   // ids are places in `wants_`
    std::shared_ptr<const GlobSet> derived_;  // ids are places in `derivations_`
    std::string digest_;
};

}  // namespace veritag::rules
