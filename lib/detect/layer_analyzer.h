// One layer's bytes become one LayerAnalysis.
#pragma once

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/range_source.h"
#include "base/result.h"
#include "model/layer_analysis.h"
#include "rules/wanted_files.h"
#include "stream/layer_decoder.h"
#include "stream/toc_reference.h"

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::detect {

/// Files to read as if they lay elsewhere: real path in the layer to the path a rule or detector knows. Needed where a link
/// leads from a wanted path to one that nobody wants (`var/lib/rpm -> ../../opt/db`); found when layers are folded.
/// A path that stands for itself asks for the file's ELF head, which a partial reading leaves out.
using ExtraPaths = std::map<std::string, std::string, std::less<>>;

struct AnalyzedLayer {
    LayerAnalysis analysis;
    stream::StageTimes times;
};

/// Raised when the analysis of the same bytes changes by anything but a detector, which has a version of its own: reading of tars,
/// ELF files and model files, what is captured or derived. tests/unit/detect/recipe_test.cpp notices most of that.
inline constexpr int kAnalysisVersion = 1;

/// A digest of all that an analysis hangs on beside the layer's bytes: what the rules want of its files, every detector's version,
/// kAnalysisVersion, the serial form, the limits, and what was asked for on top. The same blob by the same recipe gives the same.
std::string analysis_recipe(const rules::WantedFiles& wanted, const ExtraPaths& extra, const Limits& limits);

/// The same without what the rules want: which parsers read it, within which limits, and what was asked for on top.
std::string parser_recipe(const ExtraPaths& extra, const Limits& limits);

/// Reads the blob to its last byte. The diff_id in the result is what was computed; comparing it with the config is the caller's, and
/// so is the blob's own digest, which the result lacks. `expected_compression` as in stream::decode_layer. Where the layer has a table
/// of contents (`toc`), the tar is compared with it: engines that read the table would see other files where it lies, so a lie is one
/// of the layer's problems.
Result<AnalyzedLayer> analyze_layer(ByteSource& blob, std::string_view expected_compression, const rules::WantedFiles& wanted, const ExtraPaths& extra,
                                    const Limits& limits, std::stop_token stop = {}, const stream::TocReference* toc = nullptr);

/// Reads the table of contents and the wanted files only; `partial` in the result. It tells the same as analyze_layer() but for what only
/// the whole blob can tell: its digests, and the architecture of code whose head nobody wanted (kArchitectureUnread). Every error leaves
/// the choice of reading the layer whole.
Result<AnalyzedLayer> analyze_partial_layer(RangeSource& blob, std::uint64_t blob_size, const stream::TocReference& toc, const rules::WantedFiles& wanted,
                                            const ExtraPaths& extra, const Limits& limits, std::stop_token stop = {});

/// Makes libraries read now what they would read from files at their first use (configuration, random seeds), for a process that soon
/// cannot open files any more.
void load_what_parsers_need();

}  // namespace veritag::detect
