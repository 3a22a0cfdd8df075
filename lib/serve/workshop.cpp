#include "serve/workshop.h"

#include "rules/load_all.h"

#include <algorithm>
#include <utility>

namespace veritag::serve {

registry::ClientOptions client_options(const config::Settings& settings, const config::RegistrySettings* own, std::shared_ptr<registry::TrafficObserver> observer) {
    registry::ClientOptions options = own == nullptr ? settings.other_registries : own->client;
    if (own == nullptr) {
        // Named by whoever may ask for a scan: it leads to no internal address.
        options.use_environment_auth = false;
        options.registries_may_be_internal = false;
    }
    options.limits = settings.limits;
    options.user_agent = settings.other_registries.user_agent;
    options.observer = std::move(observer);
    if (options.requests_per_second > 0) options.pace = std::make_shared<registry::Pace>(options.requests_per_second);
    // A place for each layer that is read, and one more, so that manifests do not wait for layers. Who wrote down fewer gets fewer: then they do.
    if (own == nullptr || !own->own_connections) options.connections_per_host = std::max(options.connections_per_host, settings.jobs + 1);
    return options;
}

Result<std::shared_ptr<Workshop>> Workshop::make(const config::Settings& settings, std::shared_ptr<store::AuditStore> store, scan::Progress& progress,
                                                 std::shared_ptr<registry::TrafficObserver> observer, bool confined) {
    Result<rules::RuleSet> rules = rules::load_all(settings.rules);
    if (!rules) {
        Error error = rules.error();
        error.code = ErrorCode::config;  // also where a directory is not there: it is the configuration that names it
        return error;
    }
    const auto clients = std::make_shared<registry::Clients>(client_options(settings, nullptr, observer));
    std::map<std::string, registry::ClientOptions, std::less<>> registries;
    for (const config::RegistrySettings& each : settings.registries) {
        const registry::ClientOptions& options = registries.insert_or_assign(each.registry, client_options(settings, &each, observer)).first->second;
        clients->add(each.registry, options);
    }
    return std::shared_ptr<Workshop>(new Workshop(settings, std::move(*rules), clients, std::move(registries), std::move(store), progress, confined));
}

Workshop::Workshop(const config::Settings& settings, rules::RuleSet rule_set, std::shared_ptr<registry::Clients> connections, std::map<std::string, registry::ClientOptions, std::less<>> options,
                   std::shared_ptr<store::AuditStore> store, scan::Progress& progress, bool confined)
    : limits(settings.limits),
      rules(std::move(rule_set)),
      clients(std::move(connections)),
      registries(std::move(options)),
      reader(rules.wanted(), {.limits = limits, .confined = confined}),
      scanner(rules, {.wanted = {}, .jobs = settings.jobs, .partial = settings.partial, .limits = limits, .store = store}, reader, progress),
      prompt_scanner(rules, {.wanted = {}, .jobs = std::max<std::size_t>(settings.jobs / 2, 1), .partial = settings.partial, .limits = limits, .store = store}, reader, progress),
      auditor(rules, scanner, clients, store),
      prompt_auditor(rules, prompt_scanner, clients, store) {}

}  // namespace veritag::serve
