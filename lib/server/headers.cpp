#include "server/headers.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::server {

void Headers::set(std::string_view name, std::string value) {
    remove(name);
    add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return equals_ignoring_case(field.name, name); });
}

bool Headers::has(std::string_view name) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) { return equals_ignoring_case(field.name, name); });
}

std::string_view Headers::get(std::string_view name) const noexcept {
    for (const Field& field : fields_)
        if (equals_ignoring_case(field.name, name)) return field.value;
    return {};
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const Field& field : fields_)
        if (equals_ignoring_case(field.name, name)) values.push_back(field.value);
    return values;
}

std::vector<std::string_view> Headers::elements(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const std::string_view value : all(name))
        for (const std::string_view part : split(value, ','))
            if (const std::string_view element = trim(part); !element.empty()) found.push_back(element);
    return found;
}

bool Headers::has_element(std::string_view name, std::string_view element) const {
    const std::vector<std::string_view> found = elements(name);
    return std::any_of(found.begin(), found.end(), [&](std::string_view each) { return equals_ignoring_case(each, element); });
}

bool is_token(std::string_view text) noexcept {
    const auto is_token_byte = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
}

bool is_field_value(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

}  // namespace veritag::server
