// Which file of a layer feeds which package database parser. The list in all_detectors.cpp is explicit and can be stepped through.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"
#include "model/layer_analysis.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::detect {

/// A stateless choice of files and a parser for them. Called on the thread that reads the layer.
class Detector {
public:
    virtual ~Detector() = default;
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Raised when the parser's answer for the same bytes changes: stored results of older versions are stale.
    [[nodiscard]] virtual int version() const noexcept = 0;
    [[nodiscard]] virtual bool wants(std::string_view path) const = 0;
    /// A file that must be read together with `path` (a journal), or empty.
    [[nodiscard]] virtual std::string companion_of(std::string_view path) const;
    /// The whole content of a wanted file; `companion` where this layer has one.
    [[nodiscard]] virtual PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>> companion,
                                               const Limits& limits) const = 0;
};

const std::vector<const Detector*>& all_detectors();

/// Paths at which an image keeps its operating system's package databases, for links that lead to other places.
const std::vector<std::string>& system_database_paths();

}  // namespace veritag::detect
