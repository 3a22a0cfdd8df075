// Flags that several subcommands share, and how they become the library's options.
#pragma once

#include "base/limits.h"
#include "base/log.h"
#include "base/result.h"
#include "model/report.h"
#include "registry/client.h"
#include "report/writers.h"
#include "rules/rules.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace veritag::daemon {

/// Exit statuses of the contract, section 3.
enum ExitCode : int { kClean = 0, kFindings = 1, kUsage = 2, kUnread = 3, kInterrupted = 130 };

struct RuleOptions {
    std::vector<std::string> directories;  ///< --rules, after the packs inside the executable
    void add_to(CLI::App& command);
    [[nodiscard]] Result<rules::RuleSet> load() const;
};

struct OutputOptions {
    std::string format = "table";
    std::string file;  ///< -o; empty: stdout
    std::string language;  ///< by default that of the locale's messages
    OutputOptions();
    void add_to(CLI::App& command, const std::vector<std::string>& formats = report::known_formats());
    /// Options for the writers; colour only for a table on a terminal, without NO_COLOR.
    /// `fail_on` of --fail-on, for formats that say themselves what fails.
    [[nodiscard]] report::WriteOptions write_options(const std::string& fail_on = "error") const;
    /// Whether the file can be written, before any work is done for it. It stays as it is.
    [[nodiscard]] Result<void> check_place() const;
    /// To the file or stdout; an unwritable file is an error.
    [[nodiscard]] Result<void> write(const std::string& text) const;
};

struct RegistryOptions {
    registry::ClientOptions client;
    bool password_stdin = false;
    void add_to(CLI::App& command);
    /// Reads the password where asked to.
    [[nodiscard]] Result<registry::ClientOptions> finish() const;
};

struct LimitFlags {
    std::vector<std::string> changes;  ///< KEY=VALUE each
    void add_to(CLI::App& command);
    [[nodiscard]] Result<Limits> load() const;
};

struct StoreFlags {
    std::string file;  ///< --store; empty: the default place
    bool none = false;
    void add_to(CLI::App& command);
    /// Where it lies or would; nothing with --no-store, or where no default place is known.
    [[nodiscard]] std::optional<std::string> place() const;
    /// Null with --no-store, and with a warning where the store cannot be used. A store that must not be used is an error.
    [[nodiscard]] Result<std::shared_ptr<store::AuditStore>> open(const Limits& limits) const;
};

struct LogOptions {
    std::string level = "warn";
    std::string format = "text";
    void add_to(CLI::App& command);
    void apply() const;
};

/// A line for people on stderr, with the program's name; with --log-format json a line of the log.
void say(const std::string& line, log::Level level);

/// Prints an error to stderr and gives the exit status that fits it.
int complain(const Error& error);

/// Whether a finding counts for --fail-on: error, warning, never. A waived one does not.
bool is_at_or_above(const Finding& finding, const std::string& fail_on) noexcept;

/// Requested by SIGINT and SIGTERM.
std::stop_token interruption();
void watch_signals();

// One function a subcommand: adds it to the application; what it returns becomes the exit status.
void add_scan(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_token(CLI::App& app, int& exit_code);
void add_attach(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_audit(CLI::App& app, int& exit_code);
void add_catalog(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_lint(CLI::App& app, int& exit_code);
void add_rules(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

/// `0.1.0`, from the build.
const char* version() noexcept;

}  // namespace veritag::daemon
