// Text for terminals: columns, wrapping, colours, and nothing that could move the cursor.
#pragma once

#include "model/report.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

enum class Colour { none, red, yellow, green, magenta, bold, dim };

Colour colour_of(Verdict verdict) noexcept;
Colour colour_of(Severity severity) noexcept;

std::string paint(std::string_view text, Colour colour, bool enabled);

/// Terminal columns of UTF-8 text: East Asian wide characters take two, combining ones none (Unicode TR 11).
std::size_t display_width(std::string_view text) noexcept;

/// Lines of at most `width` columns. Breaks at spaces and between wide characters, never inside a word; a word that is wider
/// than a line stands alone and whole, so that a reference or path can still be copied.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// Text of an image for a terminal: control bytes, invalid UTF-8 and characters that turn the direction of writing or have no
/// width are escaped, and it is cut to `max_bytes`.
std::string printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace veritag::report
