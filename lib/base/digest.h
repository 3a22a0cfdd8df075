// Content digests as OCI writes them: `algorithm:lower-case hex` (opencontainers/image-spec: descriptor.md).
#pragma once

#include "base/result.h"

#include <compare>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace veritag {

/// A checked digest of sha256 or sha512. The default value is empty and equal to no content.
class Digest {
public:
    Digest() = default;
    /// Refuses other algorithms, wrong lengths and upper-case hex (`malformed`; an unknown algorithm is `unsupported`).
    static Result<Digest> parse(std::string_view text);
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    [[nodiscard]] const std::string& str() const noexcept { return text_; }  ///< `sha256:…`
    [[nodiscard]] std::string_view algorithm() const noexcept;               ///< `sha256`
    [[nodiscard]] std::string_view hex() const noexcept;
    friend bool operator==(const Digest&, const Digest&) = default;
    friend auto operator<=>(const Digest&, const Digest&) = default;

private:
    friend class Hasher;
    explicit Digest(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Incremental hash. Copying it forks the state, so that several possible endings can be tried.
class Hasher {
public:
    explicit Hasher(std::string_view algorithm = "sha256");  ///< sha256 or sha512
    Hasher(const Hasher& other);
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(const Hasher& other);
    Hasher& operator=(Hasher&&) noexcept;
    ~Hasher();
    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    [[nodiscard]] Digest finish() const;  ///< of everything so far; more may follow

private:
    struct State;
    std::unique_ptr<State> state_;
};

Digest sha256_of(std::string_view text);
/// `ok()` where `text` hashes to `expected` (in its own algorithm), else `digest_mismatch` naming both.
Result<void> verify_digest(std::string_view what, std::string_view where, std::string_view text, const Digest& expected);

}  // namespace veritag

template <>
struct std::hash<veritag::Digest> {
    std::size_t operator()(const veritag::Digest& digest) const noexcept { return std::hash<std::string>()(digest.str()); }
};
