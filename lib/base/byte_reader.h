// Bounds-checked reading of fixed layouts. Every fixed-layout read of untrusted bytes goes through here.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace veritag {

/// A cursor over bytes that someone else keeps alive. Sticky: after one short read every read gives zero or an empty view,
/// and `ok()` stays false. `origin` names the bytes in messages, as `var/lib/rpm/Packages.db`.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> data, std::string_view origin = {}, std::uint64_t base_offset = 0) noexcept
        : data_(data), origin_(origin), base_(base_offset) {}
    explicit ByteReader(std::string_view data, std::string_view origin = {}, std::uint64_t base_offset = 0) noexcept
        : ByteReader(std::as_bytes(std::span(data.data(), data.size())), origin, base_offset) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool at_end() const noexcept { return !ok_ || pos_ == data_.size(); }
    [[nodiscard]] std::size_t remaining() const noexcept { return ok_ ? data_.size() - pos_ : 0; }
    [[nodiscard]] std::size_t position() const noexcept { return pos_; }
    [[nodiscard]] std::uint64_t offset() const noexcept { return base_ + pos_; }  ///< absolute, for messages
    [[nodiscard]] std::size_t size() const noexcept { return data_.size(); }
    [[nodiscard]] std::string_view origin() const noexcept { return origin_; }

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1, false)); }
    std::uint16_t u16le() noexcept { return static_cast<std::uint16_t>(number(2, false)); }
    std::uint16_t u16be() noexcept { return static_cast<std::uint16_t>(number(2, true)); }
    std::uint32_t u32le() noexcept { return static_cast<std::uint32_t>(number(4, false)); }
    std::uint32_t u32be() noexcept { return static_cast<std::uint32_t>(number(4, true)); }
    std::uint64_t u64le() noexcept { return number(8, false); }
    std::uint64_t u64be() noexcept { return number(8, true); }

    std::span<const std::byte> bytes(std::uint64_t count) noexcept;  ///< a view into the input; empty on a short read
    std::string_view text(std::uint64_t count) noexcept;             ///< the same as text
    std::string_view line() noexcept;                                ///< up to the next '\n' (eaten) or the end; "\r\n" loses both
    std::string_view c_string() noexcept;                            ///< up to a NUL (eaten); a missing NUL is a short read
    std::string_view rest() noexcept { return text(remaining()); }
    void skip(std::uint64_t count) noexcept { (void)bytes(count); }
    void seek(std::uint64_t position) noexcept;  ///< from the start of this reader's data; past the end is a short read
    /// An independent reader over part of the data; not ok() where it does not fit.
    [[nodiscard]] ByteReader sub(std::uint64_t position, std::uint64_t count) const noexcept;

    [[nodiscard]] Error truncated(std::string_view what) const;
    [[nodiscard]] Error malformed(std::string_view what, std::string_view saw) const;
    [[nodiscard]] Error over_limit(std::string_view what, std::uint64_t saw, std::string_view key, std::uint64_t limit) const;

private:
    std::uint64_t number(std::size_t width, bool big_endian) noexcept;
    [[nodiscard]] std::string place() const;

    std::span<const std::byte> data_;
    std::string_view origin_;
    std::uint64_t base_ = 0;
    std::size_t pos_ = 0;
    bool ok_ = true;
};

/// The message for a passed limit, for code that has no ByteReader.
Error limit_error(std::string_view what, std::string_view where, std::uint64_t saw, std::string_view key, std::uint64_t limit);

/// Text as bytes and back; the one place for the cast.
inline std::span<const std::byte> as_byte_span(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace veritag
