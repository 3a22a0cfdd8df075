#include "options.h"

#include "base/log.h"
#include "base/text.h"
#include "config/limits.h"
#include "registry/client_files.h"
#include "report/language.h"
#include "report/messages.h"
#include "rules/load_all.h"
#include "store/place.h"

#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

namespace veritag::daemon {
namespace {

std::string_view variable(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

report::Language language_of_locale() { return report::language_of_locales(variable("LC_ALL"), variable("LC_MESSAGES"), variable("LANG")); }

// What the command line asks for, as soon as that is read.
report::Language& language_of_errors() {
    static report::Language language = language_of_locale();
    return language;
}

bool& json_lines() noexcept {
    static bool wanted = false;
    return wanted;
}

}  // namespace

OutputOptions::OutputOptions() : language(report::name_of(language_of_locale())) {}

void RuleOptions::add_to(CLI::App& command) {
    command.add_option("--rules", directories, "Directory with rule packs; they replace built-in ones of the same name (repeatable)")
        ->type_name("DIR")->allow_extra_args(false);
}

Result<rules::RuleSet> RuleOptions::load() const { return rules::load_all(directories); }

void OutputOptions::add_to(CLI::App& command, const std::vector<std::string>& formats) {
    command.add_option("--format", format, "Output format: " + join(formats, ", "))->type_name("NAME")->capture_default_str();
    command.add_option("-o,--output", file, "Write the result to FILE instead of stdout")->type_name("FILE");
    command.add_option("--lang", language, "Language of the texts: en, zh (by default that of the locale)")->check(CLI::IsMember({"en", "zh"}))->capture_default_str()->each([](const std::string& name) {
        language_of_errors() = report::language_from(name).value_or(report::Language::en);
    });
}

report::WriteOptions OutputOptions::write_options(const std::string& fail_on) const {
    report::WriteOptions options;
    if (fail_on != "error") options.fails_from = fail_on == "warning" ? std::optional(Severity::warning) : std::nullopt;
    options.language = report::language_from(language).value_or(report::Language::en);
    const bool terminal = file.empty() && isatty(STDOUT_FILENO) == 1;
    const char* no_colour = std::getenv("NO_COLOR");  // no-color.org: any value that is not empty
    const char* kind = std::getenv("TERM");
    options.colour = terminal && (no_colour == nullptr || *no_colour == '\0') && (kind == nullptr || std::strcmp(kind, "dumb") != 0);
    winsize size{};
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) options.width = size.ws_col;
    return options;
}

Result<void> OutputOptions::check_place() const {
    const auto refused = [&](const std::string& why) { return Error{ErrorCode::usage, "write result", quote(file), why, "name another file with -o"}; };
    if (file.empty()) return ok();
    std::error_code error;
    const std::filesystem::path path(file);
    if (std::filesystem::is_directory(path, error)) return refused("it is a directory");
    const bool is_there = std::filesystem::exists(path, error);
    const std::string directory = path.parent_path().empty() ? "." : path.parent_path().string();
    if (!is_there && !std::filesystem::is_directory(directory, error)) return refused("its directory is not there");
    if (::access(is_there ? file.c_str() : directory.c_str(), W_OK) != 0) return refused(std::strerror(errno));
    return ok();
}

Result<void> OutputOptions::write(const std::string& text) const {
    const auto failed = [&](const std::string& where) {
        return Error{ErrorCode::io, "write result", where, std::strerror(errno), ""};
    };
    if (file.empty()) {
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) return failed("standard output");
        return ok();
    }
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) return failed(quote(file));
    return ok();
}

void RegistryOptions::add_to(CLI::App& command) {
    command.add_flag("--plain-http", client.plain_http, "Talk HTTP without TLS to the registry");
    command.add_option("--ca-file", client.ca_file, "PEM file with certificate authorities to trust beside the system's")->type_name("FILE");
    command.add_flag("--insecure-skip-verify", client.insecure_skip_verify, "Do not verify the registry's certificate");
    auto* username = command.add_option("--username", client.username, "User name for the registry")->type_name("NAME");
    command.add_flag("--password-stdin", password_stdin, "Read the password from standard input")->needs(username);
    command.add_option("--authfile", client.auth_file, "Credentials file of Docker's or containers' form")->type_name("FILE");
}

Result<registry::ClientOptions> RegistryOptions::finish() const {
    registry::ClientOptions options = client;
    options.user_agent = std::string("veritag/") + version();
    if (!options.username.empty() && !password_stdin)
        return Error{ErrorCode::usage, "read credentials", "--username", "no password was given", "add --password-stdin and pass the password on standard input"};
    VERITAG_CHECK(registry::check_files(options));  // now, and not as an error of every image
    if (password_stdin) {
        std::getline(std::cin, options.password);
        if (!options.password.empty() && options.password.back() == '\r') options.password.pop_back();
        if (options.password.empty())
            return Error{ErrorCode::usage, "read credentials", "--password-stdin", "standard input holds no password", ""};
    }
    return options;
}

void LimitFlags::add_to(CLI::App& command) {
    command.add_option("--limit", changes, "Another limit, as json_depth=128 for what a message calls limits.json_depth; the keys are those of `limits:` in the daemon's configuration (repeatable)")
        ->type_name("KEY=VALUE")->allow_extra_args(false);
}

Result<Limits> LimitFlags::load() const { return config::parse_limits(changes); }

void StoreFlags::add_to(CLI::App& command) {
    auto* option = command.add_option("--store", file, "Remember layers between runs in this file (default: veritag/store.sqlite under $XDG_CACHE_HOME or ~/.cache)")->type_name("FILE");
    command.add_flag("--no-store", none, "Remember nothing between runs")->excludes(option);
}

std::optional<std::string> StoreFlags::place() const {
    if (none) return std::nullopt;
    return file.empty() ? store::default_store_path() : file;
}

Result<std::shared_ptr<store::AuditStore>> StoreFlags::open(const Limits& limits) const {
    std::shared_ptr<store::AuditStore> no_store;
    if (none) return no_store;
    const std::optional<std::string> path = place();
    if (!path) {
        log::warn("nothing is remembered between runs: neither XDG_CACHE_HOME nor HOME names a place; use --store or --no-store");
        return no_store;
    }
    store::StoreOptions options;
    options.limits = limits;
    Result<std::unique_ptr<store::AuditStore>> opened = store::open_sqlite_store(*path, std::move(options));
    if (opened) return std::shared_ptr<store::AuditStore>(std::move(*opened));
    if (opened.error().code != ErrorCode::io) return opened.error();
    log::warn("nothing is remembered between runs: the store cannot be used", {{"error", opened.error().message()}});
    return no_store;
}

void LogOptions::add_to(CLI::App& command) {
    command.add_option("--log-level", level, "error, warn, info or debug")->check(CLI::IsMember({"error", "warn", "info", "debug"}));
    if (!level.empty()) command.get_option("--log-level")->capture_default_str();
    command.add_option("--log-format", format, "text or json")->check(CLI::IsMember({"text", "json"}))->each([](const std::string& name) {
        json_lines() = name == "json";  // of what is said of the command line itself, too
        log::set_json(json_lines());
    });
    if (!format.empty()) command.get_option("--log-format")->capture_default_str();
}

void LogOptions::apply() const {
    json_lines() = format == "json";
    log::set_json(json_lines());
    log::set_level(level == "error"   ? log::Level::error
                   : level == "info"  ? log::Level::info
                   : level == "debug" ? log::Level::debug
                                      : log::Level::warn);
}

void say(const std::string& line, log::Level level) {
    if (json_lines())
        log::write(level, line);
    else
        std::fprintf(stderr, "veritag: %s\n", line.c_str());
}

int complain(const Error& error) {
    say(report::message_for(error, language_of_errors()), log::Level::error);
    return error.code == ErrorCode::usage || error.code == ErrorCode::config ? kUsage : kUnread;
}

bool is_at_or_above(const Finding& finding, const std::string& fail_on) noexcept {
    return !finding.waived && fail_on != "never" && (finding.severity == Severity::error || (fail_on == "warning" && finding.severity == Severity::warning));
}

namespace {
std::stop_source& stop_source() {
    static std::stop_source source;
    return source;
}
}  // namespace

std::stop_token interruption() { return stop_source().get_token(); }

// A thread waits for the signals, so that no handler runs code that is not safe in one. The second signal ends the process at once.
void watch_signals() {
    static sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    (void)stop_source();
    std::thread([] {
        int received = 0;
        sigwait(&signals, &received);
        stop_source().request_stop();
        sigwait(&signals, &received);
        std::_Exit(kInterrupted);
    }).detach();
}

}  // namespace veritag::daemon
