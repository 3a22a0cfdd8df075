#include "base/log.h"

#include "base/text.h"

#include <atomic>
#include <cstdio>
#include <mutex>

namespace veritag::log {
namespace {

std::atomic<Level> g_level{Level::warn};
std::atomic<bool> g_json{false};
std::mutex g_mutex;

std::string_view name(Level level) {
    switch (level) {
        case Level::error: return "error";
        case Level::warn: return "warn";
        case Level::info: return "info";
        case Level::debug: return "debug";
    }
    return "info";
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : to_valid_utf8(text)) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char buffer[8];
            std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
            out += buffer;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

}  // namespace

void set_level(Level level) noexcept { g_level = level; }
void set_json(bool json) noexcept { g_json = json; }
bool enabled(Level level) noexcept { return level <= g_level; }

void write(Level level, std::string_view text, std::initializer_list<Field> fields) {
    if (!enabled(level)) return;
    std::string line;
    if (g_json) {
        line = "{\"time\":\"" + rfc3339_now() + "\",\"level\":\"" + std::string(name(level)) + "\",\"message\":" + json_string(text);
        for (const Field& field : fields) line += "," + json_string(field.key) + ":" + json_string(field.value);
        line += "}\n";
    } else {
        line = "veritag: " + std::string(name(level)) + ": " + std::string(text);
        for (const Field& field : fields) line += " " + std::string(field.key) + "=" + quote(field.value, 400);
        line += "\n";
    }
    const std::lock_guard lock(g_mutex);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace veritag::log
