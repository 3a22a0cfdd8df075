// Text of images and servers inside of HTML, XML and Markdown: it stays text there. All of it has passed printable() before, so control
// bytes, invalid UTF-8 and characters that turn the direction of writing are visible escapes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace veritag::report {

inline constexpr std::size_t kMarkupBytes = 4000;  ///< what is longer is cut

/// Element content or a quoted attribute of HTML or XML 1.0.
std::string markup_text(std::string_view text, std::size_t max_bytes = kMarkupBytes);

/// A sentence of Markdown (CommonMark with GitHub's tables and automatic links): no markup, no mention, no link comes out of it.
std::string markdown_text(std::string_view text, std::size_t max_bytes = kMarkupBytes);

/// A code span. In a cell of a table its bars need a backslash still.
std::string markdown_code(std::string_view text, std::size_t max_bytes = kMarkupBytes);

/// Lines of a fenced block of Markdown, whose fence is longer than any run of backticks inside.
std::string markdown_block(std::string_view kind, std::string_view lines);

}  // namespace veritag::report
