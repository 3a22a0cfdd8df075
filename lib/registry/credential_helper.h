// Runs Docker credential helpers (docker/docker-credential-helpers: README.md).
#pragma once

#include "base/result.h"
#include "registry/credentials.h"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::registry {

/// Only [A-Za-z0-9._-], and not `.` or `..`: the name becomes part of a program's name.
bool is_helper_name(std::string_view name) noexcept;

/// What a helper printed: `{"ServerURL","Username","Secret"}`; the user `<token>` marks an identity token. nullopt for its
/// "credentials not found". Errors never quote the output.
Result<std::optional<Credential>> parse_helper_output(const std::string& helper, bool exited_well, std::string_view output);

/// Runs `docker-credential-<name> get` (found by PATH, without a shell) with `server` on its stdin. Kills it after `timeout` or when
/// `stop` is requested. Blocks.
Result<std::optional<Credential>> run_credential_helper(const std::string& name, const std::string& server,
                                                        std::chrono::milliseconds timeout, std::stop_token stop);

}  // namespace veritag::registry
