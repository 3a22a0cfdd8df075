// The header fields of one message, in order.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::server {

/// Names compare without case; a name may stand there more than once. Small enough that a walk is quicker than a map.
class Headers {
public:
    struct Field {
        std::string name;
        std::string value;
    };

    void add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
    void set(std::string_view name, std::string value);  ///< one value instead of all that were there
    void remove(std::string_view name);

    [[nodiscard]] bool has(std::string_view name) const noexcept;
    [[nodiscard]] std::string_view get(std::string_view name) const noexcept;  ///< the first value; empty where absent
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
    /// The elements of a list that commas part (RFC 9110, 5.6.1), over all fields of that name; trimmed, without empty ones. Not for
    /// fields whose elements may hold quoted commas.
    [[nodiscard]] std::vector<std::string_view> elements(std::string_view name) const;
    [[nodiscard]] bool has_element(std::string_view name, std::string_view element) const;  ///< without case

    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
    [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
    [[nodiscard]] auto end() const noexcept { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

bool is_token(std::string_view text) noexcept;        ///< of RFC 9110, 5.6.2: what a field name or a method is made of
bool is_field_value(std::string_view text) noexcept;  ///< no control bytes but tabs: nothing that could begin another line

}  // namespace veritag::server
