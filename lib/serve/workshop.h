// Everything that looks at images: rules, the processes that parse layers, the scanner, the connections. A change of settings makes a new
// workshop; runs that are under way end in the old one.
#pragma once

#include "audit/auditor.h"
#include "cage/caged_reader.h"
#include "config/settings.h"
#include "registry/clients.h"
#include "rules/rules.h"
#include "scan/progress.h"
#include "scan/scanner.h"
#include "store/store.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace veritag::serve {

class Workshop {
public:
    /// `settings` gives rules, registries and limits; `observer` may be null. Errors are `config`: rules that cannot be read.
    static Result<std::shared_ptr<Workshop>> make(const config::Settings& settings, std::shared_ptr<store::AuditStore> store, scan::Progress& progress,
                                                  std::shared_ptr<registry::TrafficObserver> observer, bool confined);
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;

    const Limits limits;
    const rules::RuleSet rules;
    const std::shared_ptr<registry::Clients> clients;
    const std::map<std::string, registry::ClientOptions, std::less<>> registries;  ///< of the clients for configured ones; copies share their pace
    cage::CagedReader reader;
    scan::Scanner scanner;         ///< of audits
    scan::Scanner prompt_scanner;  ///< of single references, which do not wait behind an audit's layers
    audit::Auditor auditor;
    audit::Auditor prompt_auditor;

private:
    Workshop(const config::Settings& settings, rules::RuleSet rule_set, std::shared_ptr<registry::Clients> connections, std::map<std::string, registry::ClientOptions, std::less<>> options,
             std::shared_ptr<store::AuditStore> store, scan::Progress& progress, bool confined);
};

/// The settings of connections to one registry, as a workshop makes them; null: to one that nobody configured.
registry::ClientOptions client_options(const config::Settings& settings, const config::RegistrySettings* own, std::shared_ptr<registry::TrafficObserver> observer);

}  // namespace veritag::serve
