// A layer of which only the table of contents and the wanted files are read, in place of decode_layer().
#pragma once

#include "base/limits.h"
#include "base/range_source.h"
#include "base/result.h"
#include "stream/tar.h"
#include "stream/toc_reference.h"

#include <cstddef>
#include <cstdint>
#include <stop_token>

namespace veritag::stream {

/// A TarSink that can wait for the content of its files until all entries are known.
class DeferringSink : public TarSink {
public:
    /// After on_entry() asked for bytes: they come later. Returns the number by which take_up() knows the entry.
    virtual std::size_t set_aside() = 0;
    /// The bytes of that entry come now, as if on_entry() had just asked for them.
    virtual void take_up(std::size_t number) = 0;
};

struct PartialFacts {
    std::uint64_t entries = 0;
    std::uint64_t bytes_read = 0;  ///< of the blob
};

/// Reads the table, gives its entries to `sink`, and then the content that the sink asked for, as the blob has it in order. The table's
/// digest and the digest of every chunk are verified; whether the blob itself has its digest nobody can know. Errors leave the choice of a
/// full read: `unsupported` where it is the better way, because most of the blob is wanted.
Result<PartialFacts> decode_partial_layer(RangeSource& blob, std::uint64_t blob_size, const TocReference& toc, DeferringSink& sink, const Limits& limits,
                                          std::stop_token stop = {});

}  // namespace veritag::stream
