#include "store/random.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace veritag::store {

std::string random_bytes(std::size_t count) {
    constexpr std::size_t kAtOnce = 256;  // getentropy(3) gives no more
    std::string bytes(count, '\0');
    for (std::size_t at = 0; at < count; at += kAtOnce)
        if (::getentropy(bytes.data() + at, std::min(kAtOnce, count - at)) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
    return bytes;
}

std::string random_hex(std::size_t bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : random_bytes(bytes)) {
        text += kDigits[static_cast<unsigned char>(c) >> 4];
        text += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

}  // namespace veritag::store
