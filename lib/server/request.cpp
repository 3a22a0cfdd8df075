#include "server/request.h"

#include "base/result.h"

#include <sys/random.h>

#include <algorithm>
#include <array>

namespace veritag::server {

bool is_clean_request_id(std::string_view text) noexcept {
    constexpr std::size_t kMaxBytes = 64;
    return !text.empty() && text.size() <= kMaxBytes && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    });
}

std::string make_request_id() {
    std::array<unsigned char, 16> bytes{};
    VERITAG_ASSERT(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));  // so few are always given whole
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string id;
    for (const unsigned char byte : bytes) {
        id += kHex[byte >> 4];
        id += kHex[byte & 15];
    }
    return id;
}

}  // namespace veritag::server
