// The rules for reading a blob in several goes: what was delivered, and what the next answer may be. No sockets.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::registry {

/// `bytes 5-9/10` of a Content-Range header (RFC 9110, 14.4).
struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::optional<std::uint64_t> total;  ///< absent for `*`
};
std::optional<ContentRange> parse_content_range(std::string_view text);

/// A part of a blob that one request asks for; `length` is at least 1.
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint64_t blob_size = 0;
    [[nodiscard]] std::string header() const;  ///< the value of Range: `bytes=5-9`
};
/// Judges the answer to a request for `range`. Status 200 is `unsupported`: the server ignores Range and would send everything.
Result<void> accept_range(const ByteRange& range, unsigned status, std::string_view content_range, std::optional<std::uint64_t> content_length);

/// Where a blob of a known size stands. A cut is resumed with Range; a server that ignores Range (200) is read from the start
/// once more, and what was delivered already is dropped.
class BlobProgress {
public:
    explicit BlobProgress(std::uint64_t size) noexcept : size_(size) {}

    [[nodiscard]] std::uint64_t delivered() const noexcept { return delivered_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] bool complete() const noexcept { return delivered_ == size_; }
    /// The Range header of the next request; nullopt for the first byte.
    [[nodiscard]] std::optional<std::string> range() const;

    /// Judges status 200 or 206 of the request that `range()` made. Every error is final.
    Result<void> accept(unsigned status, std::string_view content_range, std::optional<std::uint64_t> content_length);

    /// How many of `count` bytes just received are not to be handed on: they were before. The rest counts as delivered.
    /// More than the blob's size is an error.
    Result<std::size_t> take(std::size_t count);

private:
    std::uint64_t size_;
    std::uint64_t delivered_ = 0;
    std::uint64_t to_drop_ = 0;
    bool restarted_ = false;
};

}  // namespace veritag::registry
