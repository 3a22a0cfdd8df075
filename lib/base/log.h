// Structured log lines on stderr: constant text plus fields, never secrets or raw input.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace veritag::log {

enum class Level { error, warn, info, debug };

struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    template <class N>
        requires std::is_arithmetic_v<N>
    Field(std::string_view k, N v) : key(k), value(std::to_string(v)) {}
};

void set_level(Level level) noexcept;
void set_json(bool json) noexcept;  ///< one JSON object a line instead of text
[[nodiscard]] bool enabled(Level level) noexcept;

void write(Level level, std::string_view text, std::initializer_list<Field> fields = {});
inline void error(std::string_view text, std::initializer_list<Field> fields = {}) { write(Level::error, text, fields); }
inline void warn(std::string_view text, std::initializer_list<Field> fields = {}) { write(Level::warn, text, fields); }
inline void info(std::string_view text, std::initializer_list<Field> fields = {}) { write(Level::info, text, fields); }
inline void debug(std::string_view text, std::initializer_list<Field> fields = {}) { write(Level::debug, text, fields); }

}  // namespace veritag::log
