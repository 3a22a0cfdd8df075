// The digest of a blob, taken while its bytes pass.
#pragma once

#include "base/byte_source.h"
#include "base/digest.h"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace veritag::stream {

/// Hands on what `inner` gives. Only after its end are digest and size those of the whole blob.
class HashingSource final : public ByteSource {
public:
    HashingSource(ByteSource& inner, std::string_view algorithm) : inner_(inner), hasher_(algorithm) {}
    Result<std::span<const std::byte>> next() override {
        Result<std::span<const std::byte>> piece = inner_.next();
        if (!piece) return piece;
        const auto start = std::chrono::steady_clock::now();
        hasher_.update(*piece);
        time_ += std::chrono::steady_clock::now() - start;
        size_ += piece->size();
        return piece;
    }
    [[nodiscard]] Digest digest() const { return hasher_.finish(); }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::chrono::nanoseconds time() const noexcept { return time_; }  ///< spent on hashing

private:
    ByteSource& inner_;
    Hasher hasher_;
    std::uint64_t size_ = 0;
    std::chrono::nanoseconds time_{};
};

}  // namespace veritag::stream
