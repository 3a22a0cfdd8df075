// The files that a configuration names, looked at before anything depends on them.
#pragma once

#include "base/result.h"
#include "config/settings.h"

namespace veritag::serve {

/// Opens authorities and auth files as their users will. `config`, with the key that names the file. Certificates of the server itself are
/// server::check_tls's, rule packs the workshop's.
Result<void> check_files(const config::Settings& settings);

}  // namespace veritag::serve
