// The API's description, as the file openapi.json beside this one has it.
#pragma once

#include <string_view>

namespace veritag::api {

/// OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0).
std::string_view openapi_document() noexcept;

}  // namespace veritag::api
