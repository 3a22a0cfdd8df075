#include "server/target.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::server {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Error refusal(ErrorCode code, std::string_view seen, std::string_view why) {
    return Error{code, "read the request target", "", quote(seen) + ": " + std::string(why), ""};
}

bool has_control(std::string_view text, std::string_view allowed) noexcept {
    return std::any_of(text.begin(), text.end(), [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 || byte == 0x7F) && allowed.find(c) == std::string_view::npos;
    });
}

// One part of a path or query, decoded and checked.
Result<std::string> decode(std::string_view raw, Plus plus, std::string_view allowed_controls) {
    std::optional<std::string> text = percent_decode(raw, plus);
    if (!text) return refusal(ErrorCode::malformed, raw, "a percent sign without two hexadecimal digits");
    if (!is_valid_utf8(*text)) return refusal(ErrorCode::malformed, raw, "not UTF-8, or a NUL in it");
    if (has_control(*text, allowed_controls)) return refusal(ErrorCode::malformed, raw, "a control character in it");
    return std::move(*text);
}

Result<void> read_path(std::string_view raw, Target& target) {
    if (raw == "/") {
        target.path = "/";
        return ok();
    }
    for (const std::string_view part : split(raw.substr(1), '/')) {
        if (target.segments.size() == kMaxSegments)
            return refusal(ErrorCode::over_limit, raw, "more than " + std::to_string(kMaxSegments) + " segments");
        VERITAG_TRY(std::string segment, decode(part, Plus::literal, ""));
        if (!segment.empty() && segment.size() <= 2 && segment.find_first_not_of('.') == std::string::npos)
            return refusal(ErrorCode::malformed, raw, "a segment that leads to another path");
        target.path += '/';
        for (const char c : segment) {
            if (c == '/' || c == '%')
                target.path += c == '/' ? "%2F" : "%25";
            else
                target.path += c;
        }
        target.segments.push_back(std::move(segment));
    }
    return ok();
}

}  // namespace

std::optional<std::string_view> Query::first(std::string_view name) const noexcept {
    for (const auto& [key, value] : parameters_)
        if (key == name) return value;
    return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [key, value] : parameters_)
        if (key == name) values.push_back(value);
    return values;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::is_space) {
            result += ' ';
        } else if (text[i] == '%') {
            const int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
            const int low = text.size() - i > 2 ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) return std::nullopt;
            result += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            result += text[i];
        }
    }
    return result;
}

Result<Query> parse_query(std::string_view text) {
    Query query;
    if (text.empty()) return query;
    for (const std::string_view pair : split(text, '&')) {
        if (pair.empty()) continue;
        if (query.parameters().size() == kMaxParameters)
            return refusal(ErrorCode::over_limit, text, "more than " + std::to_string(kMaxParameters) + " parameters");
        const auto parts = split_once(pair, '=').value_or(std::pair{pair, std::string_view()});
        VERITAG_TRY(std::string name, decode(parts.first, Plus::is_space, ""));
        VERITAG_TRY(std::string value, decode(parts.second, Plus::is_space, "\t\r\n"));
        query.add(std::move(name), std::move(value));
    }
    return query;
}

Result<Target> parse_target(std::string_view target) {
    if (!target.starts_with('/')) return refusal(ErrorCode::malformed, target, "it must begin with a slash");
    if (!std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7F' && c != '#'; }))
        return refusal(ErrorCode::malformed, target, "a byte that must be escaped");
    Target result;
    const std::size_t question = std::min(target.find('?'), target.size());
    VERITAG_CHECK(read_path(target.substr(0, question), result));
    if (question < target.size()) {
        VERITAG_TRY(result.query, parse_query(target.substr(question + 1)));
    }
    return result;
}

}  // namespace veritag::server
