#include "base/hmac.h"

#include "base/result.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

namespace veritag {

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::array<unsigned char, 32> mac{};
    unsigned int length = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), mac.data(), &length) == nullptr) throw std::bad_alloc();
    VERITAG_ASSERT(length == mac.size());
    std::string hex;
    for (const unsigned char byte : mac) hex += {kHex[byte >> 4U], kHex[byte & 15U]};
    return hex;
}

}  // namespace veritag
