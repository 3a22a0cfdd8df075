// Small text helpers that know no locale.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag {

std::string to_lower(std::string_view text);            ///< ASCII only
std::string_view trim(std::string_view text) noexcept;  ///< ASCII white space at both ends
std::vector<std::string_view> split(std::string_view text, char separator);  ///< keeps empty parts
std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Every `what` of the text, which is not empty, replaced; what comes in its place is not looked at again.
std::string replace_all(std::string text, std::string_view what, std::string_view with);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept;
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Before and after the first `separator`; nullopt where there is none.
std::optional<std::pair<std::string_view, std::string_view>> split_once(std::string_view text, char separator) noexcept;

/// A whole decimal number without sign, white space or overflow.
std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;

/// Text of a server or an image made safe for a message: control bytes and invalid UTF-8 escaped as \xNN, cut to `max_bytes` with "…".
std::string quote(std::string_view text, std::size_t max_bytes = 200);

/// True for well-formed UTF-8 without NUL.
bool is_valid_utf8(std::string_view text) noexcept;

/// Invalid bytes replaced by U+FFFD, so that any text may stand in JSON.
std::string to_valid_utf8(std::string_view text);

/// "did you mean": the candidate with the smallest edit distance, empty where none is near (distance over a third of the length).
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// 1234567 -> "1.2 MB" (decimal units).
std::string human_bytes(std::uint64_t bytes);

/// Now, as RFC 3339 in UTC with seconds: 2026-08-22T10:00:00Z.
std::string rfc3339_now();
std::string rfc3339(std::chrono::sys_seconds time);

}  // namespace veritag
