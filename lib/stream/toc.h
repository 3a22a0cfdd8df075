// The table of contents of a zstd:chunked or eStargz layer: JSON text in, entries out, without memory that grows with the table.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "stream/tar.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace veritag::stream {

/// A run of a file's content and where it lies in the blob.
struct TocChunk {
    std::uint64_t offset = 0;        ///< of its frame or gzip member in the blob
    std::uint64_t end = 0;           ///< where the next one starts; 0: the table does not say
    std::uint64_t inner_offset = 0;  ///< bytes of what the member inflates to that come before it
    std::uint64_t size = 0;          ///< inflated
    Digest digest;                   ///< empty where the table gives none
    bool zeros = false;              ///< a hole: nothing of the blob is needed for it
};

struct TocEntry {
    TarEntry entry;                ///< as a tar would give it
    Digest digest;                 ///< of a file's whole content; empty where the table gives none
    std::vector<TocChunk> chunks;  ///< of a file, in order; their sizes add up to the file's
};

/// Takes entries in order. An error ends the reading with that error.
class TocSink {
public:
    virtual ~TocSink() = default;
    virtual Result<void> on_toc_entry(TocEntry entry) = 0;
    virtual void on_toc_problem(Problem problem) = 0;  ///< as TarSink::on_problem
};

/// Push parser; pieces of any size give the same result. Entries are not what they say until the text's digest was checked.
class TocReader {
public:
    TocReader(TocSink& sink, const Limits& limits);
    ~TocReader();
    TocReader(const TocReader&) = delete;
    TocReader& operator=(const TocReader&) = delete;

    Result<void> write(std::span<const std::byte> json);
    Result<void> finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace veritag::stream
