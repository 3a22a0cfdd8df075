// What all commands have in common on the command line: flags that each of them takes, `help`, and what is said of a mistake.
#pragma once

#include "base/result.h"

namespace CLI {
class App;
class ParseError;
}

namespace veritag::daemon {

/// `--no-progress`, `--log-level` and `--log-format` for the commands that have none of their own, so that a wrapper may always add them.
void add_common_flags(CLI::App& app);

/// `veritag help [COMMAND]…`.
void add_help(CLI::App& app, int& exit_code);

/// What is wrong with a command line, in our words where those of the parser do not help.
Error usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace veritag::daemon
