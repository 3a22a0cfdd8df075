// Percent-encoding (RFC 3986, 2.1), as query values and forms use it.
#pragma once

#include <string>
#include <string_view>

namespace veritag {

/// Text for a query value or a form field: everything but RFC 3986's unreserved characters encoded.
std::string percent_encode(std::string_view text);

/// The reverse; text with a broken escape stays as it is there.
std::string percent_decode(std::string_view text);

/// A name or value of application/x-www-form-urlencoded: as above, and "+" is a space.
std::string form_decode(std::string_view text);

}  // namespace veritag
