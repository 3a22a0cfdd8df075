// Whether a layer's table of contents tells what its tar holds. Only a full read can know.
#pragma once

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/layer_analysis.h"
#include "stream/tar.h"
#include "stream/toc_reference.h"

#include <memory>
#include <optional>
#include <string>

namespace veritag::detect {

/// Stands around a full read: the blob comes through `blob()`, the tar's entries go through `tar()` to `inner`, and names, types, sizes, link
/// targets and contents are compared at the end. It keeps 16 to 20 bytes an entry of each side; a file's content is hashed as it passes.
class TocCheck {
public:
    /// Everything must outlive it. `index` is what `inner` fills, to name entries by.
    TocCheck(ByteSource& blob, stream::TarSink& inner, const stream::TocReference& toc, const PathIndex& index, const Limits& limits);
    ~TocCheck();
    TocCheck(const TocCheck&) = delete;
    TocCheck& operator=(const TocCheck&) = delete;

    [[nodiscard]] ByteSource& blob() noexcept;
    [[nodiscard]] stream::TarSink& tar() noexcept;
    /// After the last byte: what is wrong with the table, as one line; nullopt where it tells the truth.
    [[nodiscard]] std::optional<std::string> lie();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace veritag::detect
