// The files that a client's options name, looked at before anything depends on them.
#pragma once

#include "base/result.h"
#include "registry/client.h"

namespace veritag::registry {

/// Opens the CA file and the auth file as the client will. `config` for one that is not there or cannot be read.
Result<void> check_files(const ClientOptions& options);

}  // namespace veritag::registry
