#include "hooks/hook_request.h"

#include "base/percent.h"
#include "base/text.h"

namespace veritag::hooks {

std::vector<std::string_view> HookRequest::values(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const auto& [key, value] : headers)
        if (equals_ignoring_case(key, name)) found.push_back(trim(value));
    return found;
}

std::optional<std::string_view> HookRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (equals_ignoring_case(key, name)) return trim(value);
    return std::nullopt;
}

std::string HookRequest::content_type() const { return plain_media_type(header("Content-Type").value_or("")); }

std::string plain_media_type(std::string_view text) { return to_lower(trim(text.substr(0, text.find(';')))); }

std::optional<std::string> form_field(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const std::size_t end = text.find('&');
        const std::string_view field = text.substr(0, end);
        const std::size_t equals = field.find('=');
        if (field.substr(0, equals) == name) return form_decode(equals == std::string_view::npos ? "" : field.substr(equals + 1));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

}  // namespace veritag::hooks
