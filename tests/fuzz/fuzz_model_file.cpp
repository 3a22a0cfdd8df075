// modules: detect
// Any bytes as the head of a GGUF or safetensors file: text ends, lines are lines, and less of the head never tells something else.
#include "base/result.h"
#include "detect/model_file.h"

#include <cstdint>
#include <string>

namespace {

using namespace veritag;

void check_lines(const std::string& text) {
    VERITAG_ASSERT(text.empty() || text.back() == '\n');
    VERITAG_ASSERT(text.size() < detect::kMostModelText + (128 << 10));
    for (const char c : text) VERITAG_ASSERT(c == '\n' || static_cast<unsigned char>(c) >= ' ');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const std::string text = detect::gguf_text(ByteReader(bytes, "m.gguf"));
    check_lines(text);
    VERITAG_ASSERT(text.empty() || text.starts_with("gguf="));
    VERITAG_ASSERT(text.starts_with(detect::gguf_text(ByteReader(bytes.first(size / 2), "m.gguf"))));

    const std::string tensors = detect::safetensors_text(ByteReader(bytes, "m.safetensors"), Limits{});
    check_lines(tensors);
    VERITAG_ASSERT(tensors.empty() || tensors.starts_with("metadata.") || tensors.starts_with("tensor "));
    return 0;
}
