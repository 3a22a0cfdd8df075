// Local files and parts of them, read by position so that several readers may share one file.
#pragma once

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace veritag::source {

/// An open regular file. Thread-safe: it has no position of its own.
class LocalFile {
public:
    static Result<std::shared_ptr<const LocalFile>> open(const std::string& path);
    ~LocalFile();
    LocalFile(const LocalFile&) = delete;
    LocalFile& operator=(const LocalFile&) = delete;

    [[nodiscard]] const std::string& label() const noexcept { return label_; }  ///< the path, quoted for messages
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Fills `out` from `offset`; fewer bytes are `truncated`, since the caller asks only for what size() allows.
    Result<void> read_at(std::uint64_t offset, std::span<std::byte> out) const;

private:
    LocalFile(int descriptor, std::uint64_t size, std::string label) : descriptor_(descriptor), size_(size), label_(std::move(label)) {}
    int descriptor_;
    std::uint64_t size_;
    std::string label_;
};

/// A run of bytes of a file: a whole file, or a member of an archive.
struct FilePart {
    std::shared_ptr<const LocalFile> file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string label;  ///< for messages: `image.tar manifest.json`
};

FilePart whole_file(std::shared_ptr<const LocalFile> file);
/// All bytes, at most `max_bytes` (`limit_key` names that limit).
Result<std::string> read_whole(std::string_view what, const FilePart& part, std::uint64_t max_bytes, std::string_view limit_key,
                               const std::stop_token& stop);
/// Exactly `length` bytes from `offset` of the part; `truncated` where it has fewer.
Result<std::string> read_part(std::string_view what, const FilePart& part, std::uint64_t offset, std::uint64_t length, const std::stop_token& stop);
/// The bytes in pieces of at most 256 KiB.
std::unique_ptr<ByteSource> stream_part(FilePart part, std::stop_token stop);

Error cancelled_error(std::string_view what, std::string_view where);

}  // namespace veritag::source
