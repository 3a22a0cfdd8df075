// A Dockerfile as far as it tells where an image comes from (moby/buildkit: frontend/dockerfile/docs/reference.md). Any bytes may go in.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "catalog/expansion.h"
#include "catalog/mistake.h"
#include "catalog/swallowed_line.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::catalog {

/// ARG or ENV: a name and what it is set to.
struct Setting {
    std::string name;
    Value value;
    bool set = true;           ///< false: ARG without a default, and none before the first FROM
    bool environment = false;  ///< ENV, which stages built on this one inherit
    bool written = true;       ///< false: the value is that of the ARG before the first FROM
    int line = 0;
};

/// COPY --from=…: another stage, or another image.
struct CopySource {
    Value from;
    std::optional<std::size_t> stage;  ///< an earlier stage
    bool whole_root = false;           ///< `/` to `/`: what the stage started from is overlaid by it
    int line = 0;
};

/// One of the other instructions; its here-documents belong to it.
struct Instruction {
    std::string name;  ///< in capitals
    std::string text;  ///< its arguments in one line, unexpanded, and the here-documents
    int line = 0;
};

struct Stage {
    std::string written;              ///< the image as it stands after FROM
    Value base;                       ///< what that is with the defaults of all build arguments
    std::optional<std::size_t> from;  ///< the earlier stage of that name
    std::string name;                 ///< AS …
    std::optional<std::string> platform;  ///< --platform=…, as written
    int line = 0;
    std::vector<Setting> settings;
    std::vector<CopySource> copies;
    std::vector<Instruction> instructions;  ///< all but FROM, ARG and ENV
};

struct Dockerfile {
    std::vector<Setting> arguments;  ///< ARG before the first FROM
    std::vector<Stage> stages;       ///< the last one is the image
    std::vector<Mistake> mistakes;  ///< no builder would take it
    std::vector<SwallowedLine> swallowed;
    std::vector<std::uint32_t> line_starts;  ///< offset of each line

    [[nodiscard]] int line_of(std::uint32_t offset) const noexcept;  ///< from 1
};

/// Fails only where a limit is passed; what a builder would refuse is among the `mistakes`.
Result<Dockerfile> parse_dockerfile(std::string_view text, const Limits& limits);

/// The image that the last stage is built on, through all stages in between.
struct FinalBase {
    std::size_t stage = 0;  ///< the one whose FROM names it
    Value image;
    bool scratch = false;
    bool overlaid = false;  ///< a stage on the way copies a whole root file system over it
};
/// nullopt where there is no stage.
std::optional<FinalBase> final_base(const Dockerfile& file);

}  // namespace veritag::catalog
