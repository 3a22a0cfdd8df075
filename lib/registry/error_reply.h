// What an HTTP error of a registry means (opencontainers/distribution-spec: spec.md, "Error Codes").
#pragma once

#include "base/limits.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

ErrorCode code_of_status(unsigned status) noexcept;

/// What the user can do, empty where nothing comes to mind.
std::string hint_of_status(unsigned status);
/// The same for a push.
std::string hint_of_refused_push(unsigned status);

/// The server's own words: `MANIFEST_UNKNOWN "manifest unknown"` of `{"errors":[{code,message}]}`, other one-line shapes, or the
/// start of the text. Quoted; never fails. `secrets` that the server echoes are masked.
std::string describe_error_body(std::string_view body, const std::vector<std::string>& secrets, const Limits& limits);

}  // namespace veritag::registry
