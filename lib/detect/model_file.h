// The heads of model files as text lines, which rules read like any other text. Huge files: only the head is ever looked at.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"

#include <string>

namespace veritag::detect {

inline constexpr std::size_t kMostModelText = 64 << 10;  ///< about the bytes of text made of one file: no line begins behind them

/// GGUF (ggml-org/ggml: docs/gguf.md): `gguf=VERSION`, `tensors=COUNT`, then `KEY=VALUE` for every text, number and boolean among the
/// metadata, in the file's order; arrays are passed over. What lies beyond the bytes at hand is left out. Empty: no GGUF file.
std::string gguf_text(ByteReader head);

/// Safetensors (huggingface/safetensors: README.md, "Format"): `metadata.KEY=VALUE`, then `tensor NAME DTYPE D0,D1,…` in the file's order.
/// Empty: no safetensors file, or its header is longer than the bytes at hand.
std::string safetensors_text(ByteReader head, const Limits& limits);

}  // namespace veritag::detect
