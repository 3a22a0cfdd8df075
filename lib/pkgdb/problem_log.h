// Problems of one database, kept short.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::pkgdb {

/// Collects what could not be read. Only the first few are kept as text, since a hostile file has room for millions of broken
/// entries; the rest is counted, so that nothing is dropped in silence.
class ProblemLog {
public:
    explicit ProblemLog(std::string_view path) : path_(path) {}
    void add(const Error& error);
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// Everything added, once; the log is empty afterwards.
    std::vector<Problem> take();

private:
    std::string path_;
    std::vector<Problem> kept_;
    std::uint64_t count_ = 0;
};

/// The size check that every database passes before anything else reads it.
Result<void> check_database_size(std::string_view what, const ByteReader& reader, const Limits& limits);

}  // namespace veritag::pkgdb
