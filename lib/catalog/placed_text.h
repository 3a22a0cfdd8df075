// Text that knows where in its file it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::catalog {

/// Every byte carries its offset in the file, so that a value put together from several places can be mended at its source.
struct PlacedText {
    std::string text;
    std::vector<std::uint32_t> at;  ///< offset in the file, one for each byte of `text`

    void add(char c, std::uint32_t offset) {
        text += c;
        at.push_back(offset);
    }
    void add(const PlacedText& other) {
        text += other.text;
        at.insert(at.end(), other.at.begin(), other.at.end());
    }
    void add(std::string_view piece, std::size_t offset) {
        for (std::size_t i = 0; i < piece.size(); ++i) add(piece[i], static_cast<std::uint32_t>(offset + i));
    }
    [[nodiscard]] PlacedText part(std::size_t from, std::size_t count = std::string::npos) const {
        PlacedText result;
        if (from >= text.size()) return result;
        result.text = text.substr(from, count);
        const auto first = at.begin() + static_cast<std::ptrdiff_t>(from);
        result.at.assign(first, first + static_cast<std::ptrdiff_t>(result.text.size()));
        return result;
    }
    [[nodiscard]] bool empty() const noexcept { return text.empty(); }
};

}  // namespace veritag::catalog
