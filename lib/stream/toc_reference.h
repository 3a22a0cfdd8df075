// Where a layer's table of contents lies, and the digest that the manifest gives it. A table without one is never trusted.
// zstd:chunked: containers/storage: pkg/chunked/internal/minimal/compression.go; eStargz: containerd/stargz-snapshotter: docs/estargz.md.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace veritag::stream {

enum class TocFormat : std::uint8_t { zstd_chunked, estargz };
std::string_view to_string(TocFormat format) noexcept;  ///< `zstd:chunked`, `eStargz`

struct TocReference {
    TocFormat format = TocFormat::zstd_chunked;
    Digest digest;              ///< zstd:chunked: of the table as compressed; eStargz: of the JSON text
    std::uint64_t offset = 0;   ///< zstd:chunked: of the compressed table, behind its frame's header; eStargz: only the footer knows
    std::uint64_t length = 0;   ///< zstd:chunked: of the compressed table
    bool alone = true;          ///< false: the layer names a table of the other format too, and engines differ in which they read
};

/// The table that a layer's annotations name and that fits its compression (`zstd`, `gzip`); nullopt where there is none. `malformed`
/// where an annotation is there and says nothing usable.
Result<std::optional<TocReference>> find_toc(const std::map<std::string, std::string>& annotations, std::string_view compression, std::uint64_t blob_size);

constexpr std::uint64_t kEstargzFooterBytes = 51;
/// The table's offset from the last kEstargzFooterBytes of an eStargz blob. `unsupported` where the table lies in another image.
Result<std::uint64_t> parse_estargz_footer(std::span<const std::byte> footer);

/// The name of the table among the tar's entries in eStargz.
inline constexpr std::string_view kEstargzTocName = "stargz.index.json";

using TextConsumer = std::function<Result<void>(std::span<const std::byte>)>;
/// Unpacks the compressed table and hands its JSON text on, in pieces; at most limits.toc_bytes.
Result<void> unpack_toc(TocFormat format, std::span<const std::byte> compressed, const Limits& limits, const TextConsumer& take);

}  // namespace veritag::stream
