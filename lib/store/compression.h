// Text as one zstd frame that knows its own size and checksum.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::store {

std::string compress(std::string_view text);
/// nullopt where the frame is not whole, its checksum is wrong, or it would be longer than `most_bytes`.
std::optional<std::string> decompress(std::string_view frame, std::uint64_t most_bytes);

}  // namespace veritag::store
