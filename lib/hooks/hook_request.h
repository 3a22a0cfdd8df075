// One request to `/hooks/NAME` as the server received it, without any HTTP library's types.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::hooks {

/// Views: whoever makes it keeps the bytes alive. Nothing here was looked at yet, so nothing here is trusted.
struct HookRequest {
    std::string_view method;                                             ///< `POST`
    std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< names in any case, a name may stand several times
    std::string_view path_rest;                                          ///< what follows `/hooks/NAME`, not decoded: empty, or from "/" on
    std::string_view query;                                              ///< without "?", not decoded
    std::string_view body;                                               ///< all of it, without transfer coding, else byte for byte

    /// All values of a header in order, without white space around them.
    [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
    /// The first value of a header; nullopt where it is absent.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    /// Content-Type without parameters, in lower case.
    [[nodiscard]] std::string content_type() const;
};

/// A media type without parameters, in lower case.
std::string plain_media_type(std::string_view text);

/// A field of application/x-www-form-urlencoded text (a form's body, a query), decoded; the first where it stands several times.
std::optional<std::string> form_field(std::string_view text, std::string_view name);

}  // namespace veritag::hooks
