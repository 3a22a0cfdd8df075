#include "base/byte_reader.h"

#include "base/text.h"

#include <utility>

namespace veritag {

std::uint64_t ByteReader::number(std::size_t width, bool big_endian) noexcept {
    if (remaining() < width) {
        ok_ = false;
        return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        const std::size_t at = big_endian ? i : width - 1 - i;
        value = (value << 8) | std::to_integer<std::uint64_t>(data_[pos_ + at]);
    }
    pos_ += width;
    return value;
}

std::span<const std::byte> ByteReader::bytes(std::uint64_t count) noexcept {
    if (count > remaining()) {
        ok_ = false;
        return {};
    }
    const auto view = data_.subspan(pos_, static_cast<std::size_t>(count));
    pos_ += static_cast<std::size_t>(count);
    return view;
}

std::string_view ByteReader::text(std::uint64_t count) noexcept { return as_text(bytes(count)); }

std::string_view ByteReader::line() noexcept {
    const std::string_view left = as_text(data_.subspan(pos_, remaining()));
    const std::size_t end = left.find('\n');
    std::string_view found = text(end == std::string_view::npos ? left.size() : end);
    if (end != std::string_view::npos) skip(1);
    if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
    return found;
}

std::string_view ByteReader::c_string() noexcept {
    const std::string_view left = as_text(data_.subspan(pos_, remaining()));
    const std::size_t end = left.find('\0');
    if (end == std::string_view::npos) {
        ok_ = false;
        return {};
    }
    const std::string_view found = text(end);
    skip(1);
    return found;
}

void ByteReader::seek(std::uint64_t position) noexcept {
    if (position > data_.size()) ok_ = false;
    if (ok_) pos_ = static_cast<std::size_t>(position);
}

ByteReader ByteReader::sub(std::uint64_t position, std::uint64_t count) const noexcept {
    if (!ok_ || position > data_.size() || count > data_.size() - position) {
        ByteReader bad(std::span<const std::byte>{}, origin_, base_ + position);
        bad.ok_ = false;
        return bad;
    }
    return ByteReader(data_.subspan(static_cast<std::size_t>(position), static_cast<std::size_t>(count)), origin_, base_ + position);
}

std::string ByteReader::place() const { return quote(origin_) + " @" + std::to_string(offset()); }

Error ByteReader::truncated(std::string_view what) const {
    return {ErrorCode::truncated, std::string(what), place(), "the data end here, " + std::to_string(data_.size()) + " bytes in all", ""};
}

Error ByteReader::malformed(std::string_view what, std::string_view saw) const {
    return {ErrorCode::malformed, std::string(what), place(), std::string(saw), ""};
}

Error ByteReader::over_limit(std::string_view what, std::uint64_t saw, std::string_view key, std::uint64_t limit) const {
    return limit_error(what, place(), saw, key, limit);
}

namespace {

// What a limit counts, as its key says; nothing where the place says it.
std::string unit_of(std::string_view key) {
    constexpr std::pair<std::string_view, const char*> kUnits[] = {{"_bytes", " bytes"}, {"_seconds", " seconds"}, {"_depth", " levels deep"}, {"_entries", " entries"}, {"_pages", " pages"}, {"_names", " names"},
                                                                   {"_layers", " layers"}, {"_platforms", " platforms"}, {"packages", " packages"}, {"_read", " reports"}, {"referrers", " reports"}, {"_events", " events"}};
    for (const auto& [end, unit] : kUnits)
        if (key.ends_with(end)) return unit;
    return "";
}

}  // namespace

Error limit_error(std::string_view what, std::string_view where, std::uint64_t saw, std::string_view key, std::uint64_t limit) {
    return {ErrorCode::over_limit, std::string(what), std::string(where),
            std::to_string(saw) + unit_of(key) + " (limit " + std::to_string(limit) + ")",
            "raise " + std::string(key) + " if this image is trusted"};
}

}  // namespace veritag
