// The one executable: subcommands, flags and signals. Logic lives in lib/.
#include "command_line.h"
#include "options.h"

#include "cage/worker.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

#include <malloc.h>

int main(int argc, char** argv) {
    using namespace veritag::daemon;
    if (veritag::cage::is_worker(argc, argv)) return veritag::cage::run_worker();
#ifdef M_ARENA_MAX
    // glibc gives each thread a heap of its own and keeps what was freed there; with layers and images on many threads that was a third
    // of all memory. Small blocks have their per-thread cache all the same.
    ::mallopt(M_ARENA_MAX, 2);
#endif
    CLI::App app("veritag tells whether a container image is what its tag says.");
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "Help of every subcommand");
    app.set_version_flag("--version", std::string("veritag ") + version());
    int exit_code = kUsage;
    add_scan(app, exit_code);
    add_attach(app, exit_code);
    add_verify(app, exit_code);
    add_audit(app, exit_code);
    add_serve(app, exit_code);
    add_token(app, exit_code);
    add_report(app, exit_code);
    add_catalog(app, exit_code);
    add_explain(app, exit_code);
    add_lint(app, exit_code);
    add_rules(app, exit_code);
    add_version(app, exit_code);
    add_help(app, exit_code);
    add_common_flags(app);
    watch_signals();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return error.get_exit_code() == 0 ? app.exit(error) : complain(usage_error(app, error));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "veritag: %s\n", error.what());
        return kUnread;
    }
    return exit_code;
}
