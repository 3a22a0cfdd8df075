// Heads of model files for tests, field by field as lib/detect/model_file.cpp says they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace veritag::test {

/// A number of `width` bytes, little endian; what is beyond its 8 bytes is zero.
inline std::string le(std::uint64_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i, value >>= 8) bytes += static_cast<char>(value & 0xff);
    return bytes;
}

inline std::string gguf_word(std::string_view text) { return le(text.size(), 8) + std::string(text); }
inline std::string gguf_pair(std::string_view key, std::uint32_t type, const std::string& value) { return gguf_word(key) + le(type, 4) + value; }
inline std::string gguf_text_pair(std::string_view key, std::string_view value) { return gguf_pair(key, 8, gguf_word(value)); }
inline std::string gguf_array(std::uint32_t type, std::uint64_t count, const std::string& items) { return le(type, 4) + le(count, 8) + items; }
inline std::string gguf_head(std::uint64_t pairs, const std::string& body, std::uint32_t version = 3, std::uint64_t tensors = 2) {
    return "GGUF" + le(version, 4) + le(tensors, 8) + le(pairs, 8) + body;
}
inline std::string safetensors_head(const std::string& json, std::string_view tensors = {}) { return le(json.size(), 8) + json + std::string(tensors); }

}  // namespace veritag::test
