// What `scan` and `audit` share: the flags that say how images are looked at, and the parts put together by them.
#pragma once

#include "options.h"
#include "progress.h"

#include "cage/caged_reader.h"
#include "registry/clients.h"
#include "scan/scanner.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace veritag::daemon {

struct EngineFlags {
    std::string platform = "all";
    std::string created_since;  ///< a date, or an age such as 90d; empty: all
    std::string fail_on = "error";
    bool partial = false;
    bool no_progress = false;
    bool no_sandbox = false;
    std::size_t jobs;  ///< by default as many as there are processors
    StoreFlags store;
    LimitFlags limits;
    RuleOptions rules;
    RegistryOptions registry;
    LogOptions log;
    EngineFlags();
    void add_to(CLI::App& command);
};

/// Everything behind a scan, in the order in which it must end. Built in place: its parts refer to each other.
class Engine {
public:
    static Result<std::unique_ptr<Engine>> make(const EngineFlags& flags, std::size_t images);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    const Limits limits;
    const scan::Wanted wanted;
    const rules::RuleSet rules;
    const std::shared_ptr<store::AuditStore> store;  ///< may be null
    const std::shared_ptr<registry::Clients> clients;
    ConsoleProgress progress;
    cage::CagedReader reader;
    scan::Scanner scanner;

private:
    Engine(const EngineFlags& flags, const Limits& wanted_limits, scan::Wanted wanted_images, rules::RuleSet rule_set, registry::ClientOptions connections, std::shared_ptr<store::AuditStore> opened,
           std::size_t images);
};

/// Names of images as they stand on a command line, before the first byte is fetched: a typing mistake in the last one costs nothing then.
/// Archives are not opened for that. Where nothing is judged, a digest may stand without a tag.
Result<void> check_images(const std::vector<std::string>& images, const std::string& as, const RegistryOptions& registry, bool judged = true);

/// What a report says of an image that was not looked at.
ImageReport unread_image(const std::string& name, Error error);

/// Opens and scans one image. Whatever is wrong with it, also what only its content shows of how it should be named, is an image with an error.
scan::ScanResult scan_image(const std::string& name, const std::string& as, Engine& engine, std::stop_token stop);
/// It could not be opened as it was named: `usage`. Where nothing else was to be scanned, that is wrong usage altogether.
bool is_misuse(const scan::ScanResult& scanned);

/// What --created-since says: a day, a time of RFC 3339, or an age in days before `now`. Nothing for an empty text.
Result<std::optional<std::chrono::sys_seconds>> parse_since(const std::string& text, std::chrono::sys_seconds now);

/// An error where no writer has that name.
Result<void> check_format(const std::string& format);

/// The contract's exit status for what was reported.
int exit_code_of(const Report& report, const std::string& fail_on);

}  // namespace veritag::daemon
