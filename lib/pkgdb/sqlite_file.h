// SQLite database files as bytes: what must be right before SQLite itself may look at them.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"
#include "pkgdb/problem_log.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace veritag::pkgdb {

/// Applies the committed frames of the write-ahead log to `image`, a copy of the database file, which grows or shrinks to the
/// size that the last commit names. What of the log cannot be used goes to `problems`; an empty log is none.
void apply_sqlite_wal(std::vector<std::byte>& image, ByteReader wal, const Limits& limits, ProblemLog& problems);

/// Checks magic, page size and that no page is missing at the end. Then sets the file format to the rollback-journal one:
/// with the WAL one in its header SQLite looks for a log and its shared memory, which an image in memory cannot have.
Result<void> prepare_sqlite_image(std::vector<std::byte>& image, std::string_view origin);

}  // namespace veritag::pkgdb
